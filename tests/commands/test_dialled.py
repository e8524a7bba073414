"""Orders to a terminal that is a server: dialled by a whole gateway, over real sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gateway.codecs.double import Persona
from gateway.codecs.hikvision import DIALECT
from gateway.codecs.hikvision.double import HikvisionDouble
from gateway.codecs.hikvision.keys import password
from gateway.protocols.clock import read_clock

from gateway.simulator.serving import Serving, serve
from tests.commands.registered import KEY, SERIAL, register
from tests.commands.test_orders import gatepost, state
from tests.support.gateways import Gateway, Site, free_port, running
from tests.support.waiting import wait_for
from tests.support.web_units import named, raw, says, served

SETTINGS = '[dialects]\nenabled = ["yls", "hikvision"]\n[dialling]\nbackoff_seconds = 1\n'


class Unit:
    """A terminal with its web server, in a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int) -> None:
        made = DIALECT.device and DIALECT.device(Persona(serial=SERIAL, secret=KEY, served=True))
        assert isinstance(made, HikvisionDouble)
        self.double = made
        self.port = port
        self._loop = loop
        self._serving: Serving | None = None

    def open(self) -> None:
        coming = serve(self.double, read_clock, port=self.port)
        self._serving = asyncio.run_coroutine_threadsafe(coming, self._loop).result(10)

    def close(self) -> None:
        serving, self._serving = self._serving, None
        if serving is not None:
            asyncio.run_coroutine_threadsafe(_shut(serving), self._loop).result(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def _shut(serving: Serving) -> None:
    serving.close()
    await asyncio.sleep(0)  # what was aborted hears of it in the next turn


@contextmanager
def unit() -> Iterator[Unit]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    one = Unit(loop, free_port())
    try:
        yield one
    finally:
        one.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def settings() -> str:
    return SETTINGS


def reach(site: Site, url: str, secret: str = "") -> tuple[int, str]:
    file = site.config.with_name("password")
    file.write_text((secret or password(KEY)) + "\n")
    return gatepost(
        site,
        *("device", "reach", SERIAL, "--url", url, "--user", "admin"),
        *("--password-file", str(file)),
    )


def test_an_operator_sets_a_terminal_up_and_moves_its_door(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        code, said = gatepost(site, "command", "door", SERIAL, "--reason", "x")
        assert (code, "[command.no_way]" in said) == (1, True), said
        assert "gatepost device reach" in said
        code, said = reach(site, terminal.url)
        assert (code, said) == (0, f"{SERIAL} is reached at {terminal.url} as admin.\n")
        code, said = gatepost(
            site,
            *("device", "provision", SERIAL, "--to", f"127.0.0.1:{site.port}"),
            *("--questions", "answered", "--reason", "new", "--wait", "30"),
        )
        assert code == 0, said
        assert "questions: answered" in said
        assert "trial: ok" in said
        code, said = gatepost(site, "command", "describe", SERIAL, "--topic", "reporting")
        assert code == 0, said
        assert f"/hik/5s/{SERIAL}/…" in said
        code, said = gatepost(site, "command", "door", SERIAL, "--reason", "delivery")
        assert code == 0, said
        code, said = gatepost(site, "command", "clock", SERIAL, "--reason", "off")
        assert code == 0, said
        code, said = gatepost(site, "command", "door", SERIAL, "--reason", "x", "--door", "9")
        assert (code, "refused (bad_value)" in said) == (1, True), said
        assert gateway.figure('gatepost_calls_total{end="answered"}') > 10
        assert gateway.figure('gatepost_commands_ended_total{state="done"}') == 4
        code, said = gatepost(site, "device", "show", SERIAL)
        assert terminal.url in said
        assert password(KEY) not in said + gateway.text()
        code, said = gatepost(site, "device", "unreach", SERIAL)
        assert (code, said) == (0, "Forgotten.\n")
        code, said = gatepost(site, "command", "reboot", SERIAL, "--reason", "x")
        assert "[command.no_way]" in said


def test_an_order_waits_for_a_terminal_that_is_away(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        register(gateway)
        reach(site, terminal.url)
        code, said = gatepost(
            site,
            *("command", "door", SERIAL, "--reason", "x", "--within", "600", "--wait", "0"),
        )
        assert (code, said) == (0, f"Order 1 to {SERIAL}: queued.\n")
        gateway.await_logged("terminal.unreachable")
        wait_for(lambda: calls(gateway, "unreachable") >= 5, "it is tried again and again")
        terminal.open()
        wait_for(lambda: state(site, 1)["state"] == "done", "the order is carried out")
        gateway.await_logged("terminal.reached")
        assert state(site, 1)["attempts"] == 1


def test_an_order_whose_answer_a_killed_gateway_missed_is_unknown_and_not_repeated(
    site: Site,
) -> None:
    unsupported = says(b'{"statusCode":4,"subStatusCode":"notSupport"}', "403 Forbidden")
    with served(named(SERIAL, unsupported), unsupported, raw(b"")) as terminal:
        gateway = Gateway(site)
        gateway.await_started()
        register(gateway)
        reach(site, f"http://127.0.0.1:{terminal.port}")
        gatepost(site, "command", "door", SERIAL, "--reason", "x", "--wait", "0")
        wait_for(lambda: len(terminal.asked) == 3, "the order is at the terminal")
        gateway.kill()
        with running(site):
            found = wait_for(lambda: over(site, 1), "the order is over")
            assert (found["state"], found["code"]) == ("unknown", "restart")
            assert [one.split(b" ")[0] for one in terminal.asked] == [b"GET", b"GET", b"PUT"]


def over(site: Site, number: int) -> dict[str, object] | None:
    found = state(site, number)
    return None if found["state"] in ("queued", "sent") else found


def test_a_wrong_password_is_tried_once(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        reach(site, terminal.url, "Wrong-2026!")
        for code_wanted in ("password", "locked", "locked"):
            code, said = gatepost(site, "command", "door", SERIAL, "--reason", "x")
            assert (code, f"refused ({code_wanted})" in said) == (1, True), said
        gateway.await_logged("terminal.account_refused")
        assert (calls(gateway, "password"), calls(gateway, "locked")) == (1, 2)
        reach(site, terminal.url)
        code, said = gatepost(site, "command", "door", SERIAL, "--reason", "x")
        assert code == 0, said


def calls(gateway: Gateway, end: str) -> float:
    return gateway.figure(f'gatepost_calls_total{{end="{end}"}}')


def refusals() -> list[tuple[list[str], str]]:
    return [
        (["--url", "ftp://192.0.2.1"], "access.url"),
        (["--url", "http://192.0.2.1/ISAPI"], "access.url"),
        (["--url", "http://admin@192.0.2.1"], "access.url"),
        (["--url", "https://192.0.2.1"], "access.fingerprint"),
        (["--url", "http://192.0.2.1", "--certificate", "00" * 32], "access.fingerprint"),
        (["--url", "http://192.0.2.1", "--user", "a:b"], "access.account"),
    ]


def test_an_address_that_cannot_be_is_refused_with_what_to_do(site: Site) -> None:
    with running(site) as gateway:
        register(gateway)
        for words, code in refusals():
            given = ["device", "reach", SERIAL, "--user", "admin", *words]
            file = site.config.with_name("password")
            file.write_text("Gate-2026!\n")
            status, said = gatepost(site, *given, "--password-file", str(file))
            assert (status, f"[{code}]" in said) == (1, True), said
