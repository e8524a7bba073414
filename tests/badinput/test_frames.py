"""Bytes that are no frame, from strangers and from terminals that are logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gateway.codecs.yls.frame import HEAD, SOF, VERSION_AND_LENGTH, close
from gateway.codecs.yls.registers import Command, Result

from tests.badinput.bench import Bench

DIALECT = "yls/1.0"


def wrong_magic(raw: bytes) -> bytes:
    return b"XL" + raw[2:]


def bad_header_crc(raw: bytes) -> bytes:
    return raw[:8] + bytes((raw[8] ^ 0x10,)) + raw[9:]


def bad_frame_crc(raw: bytes) -> bytes:
    return raw[:-1] + bytes((raw[-1] ^ 0x10,))


def oversized(raw: bytes) -> bytes:
    """A header whose own check holds and that announces all a length can say."""
    head = HEAD.pack(SOF, VERSION_AND_LENGTH, 0, 0, Command.HELLO, 1, 0, 0xFFFF)
    return close(head, b"")[:-2] + raw[18:]


@pytest.mark.parametrize(
    ("name", "spoil", "reason", "result"),
    [
        ("wrong magic", wrong_magic, "magic", Result.BAD_FRAME),
        ("bad header CRC", bad_header_crc, "header", Result.BAD_FRAME),
        ("bad frame CRC", bad_frame_crc, "checksum", Result.BAD_FRAME),
        ("oversized length", oversized, "length", Result.BAD_LENGTH),
    ],
)
def test_what_is_no_frame_ends_its_connection_and_no_record(
    bench: Bench, name: str, spoil: Callable[[bytes], bytes], reason: str, result: Result
) -> None:
    unit = bench.unit()
    with bench.row(name) as row:
        stranger = unit.dial()
        stranger.send(spoil(stranger.logging_in.hello))
        assert stranger.rest() == b""
        terminal = unit.login()
        assert terminal.record(unit.group(1)).holds(1)
        terminal.send(spoil(terminal.request(Command.REC_REALTIME, unit.group(2))))
        row.told(terminal.violation(), result)
        row.counted("gatepost_frame_errors_total", 2, reason=reason)
        row.logged("session.protocol_error", peer=unit.source, code=reason, dialect=DIALECT)
        row.logged("session.protocol_error", serial=unit.serial, code=reason)
        again = unit.login()
        assert [again.record(unit.group(number)).holds(number) for number in (1, 2)] == [True] * 2
        bench.assert_stored(unit)
