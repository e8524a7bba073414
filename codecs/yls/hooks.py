"""What the conformance kit may know of YLS/1 beyond its transcripts.

Owns the pairs of fast code and declared layout, messages to write and read, and the way a frame of
a later version looks. Nothing of it is loaded where the gateway runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from gateway.codecs.kit.hooks import Dice, Hooks, Messages, Twin
from gateway.codecs.yls import keys, layout, persons
from gateway.codecs.yls.bench import ACTIONS, BenchDevice
from gateway.codecs.yls.body import put
from gateway.codecs.yls.bus import BROADCAST
from gateway.codecs.yls.clauses import CLAUSES
from gateway.codecs.yls.examiner import YlsExaminer
from gateway.codecs.yls.frame import CHECKED, Frame, close, pack, whole
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.records import CORE
from gateway.codecs.yls.registers import PROTECTION, Command
from gateway.codecs.yls.status import STATUS

_LATER = put(0x7A01, b"later")
"""An element of a type nobody knows yet, without the critical bit."""


def _fast(size: int, unpack: Any) -> Any:
    def decode(data: bytes) -> tuple[int, ...]:
        if len(data) != size:
            raise ValueError("length")
        return tuple(unpack(data))

    return decode


def _declared(size: int, parse: Any) -> Any:
    def decode(data: bytes) -> tuple[int, ...]:
        if len(data) != size:
            raise ValueError("length")
        found = parse(data)
        return tuple(value for name, value in found.items() if not name.startswith("_"))

    return decode


def _twins() -> Iterator[Twin]:
    """Yield the values with a layout of their own that are of one size."""
    pairs = (
        ("TEMPLATE_REF", persons.REFERENCE, layout.TEMPLATE_REF),
        ("SYNC_STATE", persons.SYNC_STATE, layout.SYNC_STATE),
        ("VALIDITY", persons.VALIDITY, layout.VALIDITY),
        ("KEY_BLOB", keys.KEY_BLOB, layout.KEY_BLOB),
        ("QR_KEY", keys.QR_KEY, layout.QR_KEY),
    )
    for name, fast, declared in pairs:
        yield Twin(
            name=name,
            fast=_fast(fast.size, fast.unpack),
            layout=_declared(fast.size, declared.parse),
            samples=(bytes(fast.size), b"\xff" * fast.size, bytes(range(fast.size))),
        )


def _frame(dice: Dice) -> Frame:
    """Make a frame; body sizes include none and the largest."""
    size = (0, 1, dice.randrange(2, 600), MOST_FRAME - 20)[dice.randrange(0, 4)]
    flags, address = dice.randrange(0, 256), (0, 0xFFFF)[dice.randrange(0, 2)]
    seq, sid = (0, dice.randrange(1, 1 << 32))[dice.randrange(0, 2)], dice.randrange(0, 1 << 16)
    body, command = dice.randbytes(size), dice.randrange(0, 1 << 16)
    raw = pack(flags, address, command, seq, sid, body)
    return Frame(flags, address, command, seq, sid, body, raw)


def _decode(raw: bytes) -> Frame:
    frame = whole(raw, MOST_FRAME)
    if frame is None:
        raise ValueError("no frame")
    return frame


def _encode(frame: Frame) -> bytes:
    return pack(*frame[:6])


def lengthen(raw: bytes) -> bytes | None:
    """Return the frame with an element of a later version at the end of its body.

    None for a sealed frame or one with a group's tag, which only its sender can change, for HELLO,
    whose bytes the proof covers, and for what is no longer a frame of ours afterwards.
    """
    frame = whole(raw, MOST_FRAME)
    sealed = frame is None or frame.flags & PROTECTION or frame.address == BROADCAST
    if frame is None or sealed or frame.command == Command.HELLO or not frame.body:
        return None
    body = frame.body + _LATER
    return close(raw[: CHECKED - 2] + len(body).to_bytes(2, "big"), body)


HOOKS = Hooks(
    device=BenchDevice,
    requests=ACTIONS,
    messages=(Messages(name="frame", generate=_frame, encode=_encode, decode=_decode),),
    twins=(
        Twin(
            name="REC_CORE",
            fast=_fast(CORE.size, CORE.unpack),
            layout=_declared(CORE.size, layout.REC_CORE.parse),
            samples=(bytes(CORE.size), b"\xff" * CORE.size),
        ),
        Twin(
            name="STATUS",
            fast=_fast(STATUS.size, STATUS.unpack),
            layout=_declared(STATUS.size, layout.STATUS.parse),
            samples=(bytes(STATUS.size), b"\xff" * STATUS.size),
        ),
        *_twins(),
    ),
    examine=partial(YlsExaminer, clauses=CLAUSES),
    lengthen=lengthen,
)
