"""People sent to a terminal by a whole gateway: what leaves, what is kept, and who is not sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from gateway.codecs.hikvision.device_events import LoggedIn, PushStyle
from gateway.codecs.hikvision.double import HikvisionDouble
from gateway.codecs.hikvision.isapi_device.terminal import IsapiTerminal
from gateway.storage.layout import Layout
from gateway.storage.opening import Storage, open_storage

from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.workers import Subject
from tests.commands.registered import KEY, SERIAL
from tests.commands.test_dialled import SETTINGS, Unit, reach, unit
from tests.commands.test_orders import gatepost
from tests.support.directories import MODEL, SUPPLIER, document
from tests.support.gateways import Gateway, Site, running
from tests.support.jpegs import jpeg
from tests.support.people import GIVEN, NAME, consent, make_member
from tests.support.push_units import push_unit
from tests.support.waiting import wait_for

YLS = "YLS-00000001"
PHOTO = jpeg(20_000, "somebody")
REASON = ("--reason", "new on site")


@pytest.fixture
def settings() -> str:
    return SETTINGS


def register(gateway: Gateway, mode: str = "verify_and_forget") -> None:
    """A dialled terminal on P1, one that follows revisions, and P2 without any."""
    listed = document(YLS)
    first = {"serial": SERIAL, "supplier": SUPPLIER, "model": MODEL, "dialect": "hikvision"}
    listed["devices"].append({**first, "secret": KEY.hex()})
    listed["areas"] = [{"code": "990000", "name": "Nowhere"}]
    listed["projects"] = [
        {"code": code, "name": code, "area": "990000", "verification": mode, "channels": ["gate"]}
        for code in ("P1", "P2")
    ]
    since = datetime.now(UTC).isoformat()
    for one in listed["devices"]:
        one.update(project="P1", channel="gate", direction="in", since=since)
    gateway.ask("directory.import", document=listed, place="test")


def keep(site: Site, what: Callable[[Storage, ProjectId, ProjectId], Awaitable[PersonId]]) -> int:
    """Do something with the gateway's own store."""

    async def main() -> int:
        storage = await open_storage(site.dsn, Layout(root=site.data).master_key)
        try:
            projects = (await storage.directory.load()).projects.values()
            one, other = sorted(projects, key=lambda project: project.code)
            return int(await what(storage, one.id, other.id))
        finally:
            await storage.close()

    return asyncio.run(main())


async def member(storage: Storage, one: ProjectId, other: ProjectId) -> PersonId:
    """Somebody of P1 who agreed to both and has a photo."""
    del other
    person = await make_member(storage, one)
    await storage.workers.consent(consent(person, Subject.FACE_LOCAL))
    await storage.photos.keep(person, PHOTO, source="photo", now_ms=GIVEN)
    return person


async def stranger(storage: Storage, one: ProjectId, other: ProjectId) -> PersonId:
    """Somebody of P2."""
    del one
    return await make_member(storage, other, 2)


def inside(terminal: Unit) -> IsapiTerminal:
    double = terminal.double
    assert isinstance(double, HikvisionDouble)
    return double._served().terminal


def order(site: Site, *words: str) -> tuple[int, str]:
    return gatepost(site, "command", words[0], SERIAL, *words[1:], *REASON, "--wait", "30")


def kept(site: Site) -> str:
    """All that is stored of orders, and everything that was logged."""
    rows = site.query("select row_to_json(c)::text as t from command c")
    rows += site.query("select row_to_json(a)::text as t from audit a")
    return "\n".join([*(row["t"] for row in rows), site.log.read_text()])


def test_somebody_is_sent_with_the_face_and_removed(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        reach(site, terminal.url)
        person = str(keep(site, member))
        for _ in range(2):
            code, said = order(site, "person-put", "--person", person)
            assert code == 0, said
        known = inside(terminal).people
        assert known.known[person]["name"] == NAME
        assert known.known[person]["Valid"]["beginTime"] == "2020-09-13T20:26:40"
        assert known.faces == {person: PHOTO}
        code, said = order(site, "person-remove", "--person", person)
        assert (code, known.known, known.faces) == (0, {}, {}), said
        stored = kept(site)
        assert f'"person": {person}' in stored.replace("\\", "")
        assert NAME not in stored
        assert NAME.encode("unicode_escape").decode() not in stored


def test_who_left_or_withdrew_is_not_sent(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        reach(site, terminal.url)
        person, other = str(keep(site, member)), str(keep(site, stranger))
        known = inside(terminal).people.known

        def refused(number: str, code: str, *more: str) -> None:
            status, said = order(site, "person-put", "--person", number, *more)
            assert (status, f"refused ({code})" in said, known) == (1, True, {}), said

        refused(other, "command.not_engaged")
        refused("4000000000", "command.no_person")
        register(gateway, "device_only")
        refused(person, "command.device_only")
        register(gateway)
        assert gatepost(site, "person", "withdraw", person, "bio_network")[0] == 0
        refused(person, "command.no_consent")
        code, said = order(site, "person-put", "--person", person, "--without-face")
        assert (code, list(known), inside(terminal).people.faces) == (0, [person], {}), said
        known.clear()
        assert gatepost(site, "person", "dismiss", person, "--project", "P1")[0] == 0
        refused(person, "command.not_engaged", "--without-face")


def test_who_withdraws_or_leaves_is_removed_without_an_order(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        reach(site, terminal.url)
        person = str(keep(site, member))
        people = inside(terminal).people
        assert order(site, "person-put", "--person", person)[0] == 0
        assert gatepost(site, "person", "withdraw", person, "bio_network")[0] == 0
        wait_for(lambda: not people.known, "the terminal forgot who withdrew", 60)
        assert people.faces == {}
        assert order(site, "person-put", "--person", person, "--without-face")[0] == 0
        assert list(people.known) == [person]
        terminal.close()
        assert gatepost(site, "person", "dismiss", person, "--project", "P1")[0] == 0
        wait_for(lambda: gateway.logged("terminal.unreachable"), "it is tried", 60)
        terminal.open()
        wait_for(lambda: not people.known, "the terminal forgot who was dismissed", 60)
        issuers = site.query("select issued_by from command where kind = 'person_remove'")
        assert [one["issued_by"] for one in issuers] == ["gateway", "gateway"]


def test_what_the_terminal_says_is_told(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        reach(site, terminal.url)
        person = str(keep(site, member))
        full = inside(terminal).people
        full._most = 0
        code, said = order(site, "person-put", "--person", person)
        assert (code, "refused (store_full)" in said) == (1, True), said
        assert "the terminal has 0 people" in said
        code, said = gatepost(site, "command", "person-put", YLS, "--person", person, *REASON)
        assert (code, "[command.unsupported]" in said) == (1, True), said


def test_a_terminal_that_fetches_its_orders_is_sent_people_too(site: Site) -> None:
    site.configure('[dialects]\nenabled = ["yls", "hikvision"]\n[hikvision]\npoll_seconds = 1\n')
    with running(site) as gateway:
        register(gateway)
        person = str(keep(site, member))
        with push_unit(SERIAL, KEY, site.port, PushStyle(security=4)) as terminal:
            wait_for(lambda: LoggedIn() in terminal.told, "the terminal is there")
            code, said = order(site, "person-put", "--person", person)
            assert (code, terminal.served.people.faces) == (0, {person: PHOTO}), said
            code, said = order(site, "person-remove", "--person", person)
            assert (code, terminal.served.people.known) == (0, {}), said
