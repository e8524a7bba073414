"""A terminal that speaks PUSH at a whole gateway: events once, orders fetched, outages survived."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from gateway.codecs.hikvision.device_events import Answered, LoggedIn, PushStyle

from tests.commands.registered import KEY, SERIAL, register
from tests.commands.test_orders import gatepost
from tests.support.gateways import Gateway, Site, running
from tests.support.push_units import push_unit
from tests.support.waiting import wait_for

SETTINGS = '[dialects]\nenabled = ["yls", "hikvision"]\n[hikvision]\npoll_seconds = 1\n'
STORED = """
select p.claim, i.picture is not null as pictured from passage p
join device d on d.id = p.device
left join picture_identity i on i.device = p.device and i.digest = p.picture_digest
where d.serial = $1 order by p.number
"""


@pytest.fixture
def settings() -> str:
    return SETTINGS


def order(site: Site) -> None:
    """Open the door as an operator does."""
    code, said = gatepost(site, "command", "door", SERIAL, "--reason", "delivery of steel")
    assert (code, "done" in said) == (0, True), said


def people(site: Site) -> list[str]:
    return [row["claim"] for row in site.query(STORED, SERIAL)]


@pytest.mark.parametrize("closes", [False, True])
def test_a_day_by_push_with_an_outage(site: Site, closes: bool) -> None:
    push = PushStyle(security=4, seals_login=True)
    with ExitStack() as stack:
        first = Gateway(site)
        stack.callback(first.kill)
        first.await_started()
        register(first)
        unit = stack.enter_context(push_unit(SERIAL, KEY, site.port, push, closes=closes))
        for person in range(1, 11):
            unit.happen(person)
        wait_for(lambda: len(people(site)) == 10, "the first events are stored")
        order(site)
        for person in range(11, 16):
            unit.happen(person)
        first.kill()
        for person in range(16, 26):
            unit.happen(person)
        with running(site):
            for person in range(26, 31):
                unit.happen(person)
            wait_for(lambda: unit.kept == 0, "the terminal was told that everything is stored")
            order(site)
            assert people(site) == [str(person) for person in range(1, 31)]
            assert all(row["pictured"] for row in site.query(STORED, SERIAL))
            (aside,) = site.query("select count(*) as n from quarantined_record")
            assert aside["n"] == 0
            assert unit.moved == ["open", "open"]
            assert unit.told.count(LoggedIn()) >= 2


def test_a_wrong_password_is_told_so_and_locked_out(site: Site) -> None:
    with running(site) as gateway:
        register(gateway)
        with push_unit(SERIAL, bytes(32), site.port, PushStyle()) as unit:
            unit.happen(1)
            gateway.await_logged("device.login_failed", serial=SERIAL, reason="push")
            wait_for(lambda: Answered(status=401) in unit.told, "the terminal is told")
            assert people(site) == []
            assert LoggedIn() not in unit.told
