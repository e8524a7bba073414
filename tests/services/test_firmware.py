"""A change of firmware is written down once, however it shows."""

from __future__ import annotations

from gateway.domain.events import FirmwareChanged, LoginProved
from gateway.domain.firmware import Running
from gateway.domain.ids import Serial
from tests.support.desks import Bench, run
from tests.support.reports import NOW
from tests.support.sessions import RecordingSession


def login(bench: Bench, firmware: str, *, unproven: bool = False) -> RecordingSession:
    session = RecordingSession()
    event = LoginProved(
        serial=Serial("YLS-00000001"),
        model="FACE-IRIS-A",
        firmware=firmware,
        quirks=("zone",),
        unproven=unproven,
    )
    bench.services.desk.login(session, event, "192.0.2.1", NOW)
    return session


def changes(bench: Bench) -> list[tuple[object, object]]:
    return [(f["before"], f["firmware"]) for f in bench.log.named("device.firmware_changed")]


def test_a_change_between_logins_is_audited_once() -> None:
    async def body(bench: Bench) -> None:
        for firmware in ("1.0", "1.0", "1.1", "1.1", ""):
            login(bench, firmware)
        assert changes(bench) == [("1.0", "1.1")]
        assert bench.log.named("device.firmware_changed")[0]["quirks"] == "zone"
        assert bench.services.common.tally.firmware_changes == 1

    run(body)


def test_a_change_while_the_gateway_was_down_is_noticed() -> None:
    async def body(bench: Bench) -> None:
        terminals = bench.services.common.terminals
        known = bench.services.desk.directory.devices[Serial("YLS-00000001")].id
        terminals._firmwares = {known: Running(version="0.9", quirks=("zone",))}
        login(bench, "1.0")
        assert changes(bench) == [("0.9", "1.0")]
        assert [one.firmware for one in terminals.other_firmware()] == [
            Running(version="1.0", quirks=("zone",))
        ]

    run(body)


def test_a_change_inside_a_session_is_audited_too() -> None:
    async def body(bench: Bench) -> None:
        session = login(bench, "1.0")
        desk = bench.services.desk
        desk.firmware_changed(session, FirmwareChanged(firmware="1.1"))
        assert changes(bench) == [("1.0", "1.1")]
        stale = RecordingSession(session.device)
        desk.firmware_changed(stale, FirmwareChanged(firmware="1.2"))
        assert changes(bench) == [("1.0", "1.1")]

    run(body)


def test_a_firmware_without_a_recording_is_flagged() -> None:
    async def body(bench: Bench) -> None:
        session = login(bench, "9.0", unproven=True)
        terminal = bench.services.common.terminals.get(session.device)
        assert terminal is not None
        assert terminal.firmware == Running(version="9.0", unproven=True, quirks=("zone",))
        assert bench.log.named("device.firmware_unproven")[0]["firmware"] == "9.0"
        login(bench, "1.0")
        assert terminal.firmware == Running(version="1.0", quirks=("zone",))

    run(body)
