"""Somebody at a gate: what is read at all, and that an answer comes although nobody decides yet."""

from __future__ import annotations

from struct import pack

import pytest
from gateway.codecs.yls.body import put, put_number
from gateway.codecs.yls.inquiry import Inquiry
from gateway.codecs.yls.registers import ENC, Command, Result, Tlv

from gateway.domain.verification import CardRef
from tests.badinput.bench import Bench


def face(*elements: float) -> bytes:
    value = pack(">HHBBf", 1, len(elements), 3, 0, 1.0)
    return put_number(Tlv.METHOD, 1, 2) + put(
        Tlv.FACE_EMB, value + pack(f"<{len(elements)}f", *elements), critical=True
    )


def test_a_face_sent_unencrypted(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("a face or an iris sent unencrypted") as row:
        terminal = unit.login()
        row.told(terminal.ask(Command.VERIFY_REQ, face(1.0, 2.0)).result, Result.FORBIDDEN)
        row.counted("gatepost_protocol_errors_total")
        row.logged("session.protocol_error", serial=unit.serial, code="forbidden")
        answer = terminal.ask(Command.VERIFY_REQ, face(1.0, 2.0), flags=ENC)
        assert answer.result == Result.BUSY
        assert terminal.record(unit.group(1)).holds(1)
        bench.assert_stored(unit)


@pytest.mark.parametrize("elements", [(0.0, 0.0), (float("nan"), 1.0), (float("inf"), 1.0)])
def test_a_face_nobody_could_compare(bench: Bench, elements: tuple[float, ...]) -> None:
    terminal = bench.unit().login()
    answer = terminal.ask(Command.VERIFY_REQ, face(*elements), flags=ENC)
    assert answer.result == Result.BAD_TEMPLATE


def test_a_card_is_answered_although_nobody_decides_yet(bench: Bench) -> None:
    terminal = bench.unit().login()
    asked = Inquiry(means=8, cards=(CardRef(kind=1, number=b"\4\xa1"),), candidate=7)
    assert terminal.ask(Command.VERIFY_REQ, asked.encode()).result == Result.BUSY
