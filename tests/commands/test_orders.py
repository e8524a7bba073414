"""Orders from the command line to a terminal's door, through a real gateway, also a killed one."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.directories import document
from tests.support.gateways import Gateway, Site, running
from tests.support.recorders import Recorder
from tests.support.waiting import wait_for

SERIAL = "ORD-00000001"


class Deaf(Recorder):
    """A terminal that, once told to, hears nothing any more and keeps its connection."""

    deaf = False

    def data_received(self, data: bytes) -> None:
        if not self.deaf:
            super().data_received(data)


@contextmanager
def terminal(site: Site) -> Iterator[Deaf]:
    """Keep a terminal dialling, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    recorder = Deaf(SERIAL, site.port, "127.0.0.1", "orders", 0x51)
    recorder.stop_recording()
    loop.call_soon_threadsafe(recorder.begin)
    try:
        yield recorder
    finally:
        asyncio.run_coroutine_threadsafe(recorder.end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def gatepost(site: Site, *words: str) -> tuple[int, str]:
    """Run the command as an operator does."""
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", *words, "--config", str(site.config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def register(gateway: Gateway) -> None:
    gateway.ask("directory.import", document=document(SERIAL), place="test")


def state(site: Site, number: int) -> dict[str, Any]:
    code, said = gatepost(site, "command", "show", str(number))
    assert code == 0, said
    found: dict[str, Any] = json.loads(said[said.index("{") :])
    return found


def test_an_operator_opens_a_door_and_sees_what_its_sensor_saw(site: Site) -> None:
    with running(site) as gateway, terminal(site) as gate:
        register(gateway)
        gateway.await_logged("session.opened", serial=SERIAL)
        gate.station.panel.config[0x0101] = b"\x0a"
        code, said = gatepost(site, "command", "door", SERIAL, "--reason", "delivery of steel")
        assert (code, gate.station.panel.doors[1].pulses) == (0, 1), said
        assert said == f"Order 1 to {SERIAL}: done.\ndoor: open\n"
        code, said = gatepost(site, "command", "door", SERIAL, "--reason", "x", "--door", "9")
        assert code == 1
        assert "refused (out_of_range)" in said
        code, said = gatepost(site, "command", "door", SERIAL)
        assert code == 1
        assert "[command.reason]" in said
        code, said = gatepost(
            site, "command", "config-write", SERIAL, "--set", "0101=1e", "--reason", "longer"
        )
        assert code == 0, said
        assert gate.station.panel.config == {0x0101: b"\x1e"}
        code, said = gatepost(site, "audit", "verify")
        assert code == 0
        assert said.startswith("6 lines, each follows from the one before.")
        assert gateway.figure('gatepost_commands_ended_total{state="done"}') == 2


def test_an_order_waits_for_a_terminal_that_is_not_there(site: Site) -> None:
    with running(site) as gateway:
        register(gateway)
        code, said = gatepost(
            site, "command", "door", SERIAL, "--reason", "test", "--within", "600", "--wait", "0"
        )
        assert (code, said) == (0, f"Order 1 to {SERIAL}: queued.\n")
        with terminal(site) as gate:
            wait_for(lambda: state(site, 1)["state"] == "done", "the order is carried out")
            assert gate.station.panel.doors[1].pulses == 1


def test_a_gateway_killed_with_an_order_under_way_never_gives_it_again(site: Site) -> None:
    with terminal(site) as gate:
        gateway = Gateway(site)
        try:
            gateway.await_started()
            register(gateway)
            gateway.await_logged("session.opened", serial=SERIAL)
            gate.deaf = True
            code, said = gatepost(
                site, "command", "door", SERIAL, "--reason", "x", "--within", "600", "--wait", "0"
            )
            assert code == 0, said
            wait_for(lambda: state(site, 1)["state"] == "sent", "the order leaves")
        finally:
            gateway.kill()
        gate.deaf = False
        with running(site) as gateway:
            gateway.await_logged("session.opened", serial=SERIAL)
            code, said = gatepost(site, "command", "prompt", SERIAL, "--text", "hello")
            assert code == 0, said  # had the first one been given again, it would have come before
            assert state(site, 1)["state"] == "unknown"
            assert gate.station.panel.doors[1].pulses == 0
            assert gate.station.panel.shown == ["hello"]
            gateway.await_logged("command.unknown_after_restart", count=1)


def test_what_cannot_be_ordered_is_said_at_once(site: Site) -> None:
    with running(site) as gateway:
        register(gateway)
        code, said = gatepost(site, "command", "reboot", "NOBODY", "--reason", "test")
        assert code == 1
        assert "[device.unknown]" in said
    code, said = gatepost(site, "command", "reboot", SERIAL, "--reason", "test")
    assert code == 1
    assert "[command.not_running]" in said
    code, said = gatepost(site, "command", "list", "--json")
    assert code == 0
    assert said.startswith("[]\n")
