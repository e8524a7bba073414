"""TIME_SYNC in both directions: the four instants and what follows from them (YLS/1 9)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from gateway.codecs.yls.body import RESULT_OK, Body, Refused
from gateway.codecs.yls.registers import CRITICAL, Result, Tlv

from gateway.domain.times import Instant

_TIMES = Struct(">HHQQQ")
_KIND = Tlv.TIMES4 | CRITICAL
_SIZE = 24


class Measurement(NamedTuple):
    """The answerer's clock against the asker's, in milliseconds."""

    offset: int
    """Answerer minus asker."""
    delay: int
    """Time on the way, both ways together; the true offset lies within half of it."""


def ask(now: Instant) -> bytes:
    """Return the body of a request: T1 is our clock, T2 and T3 are zero."""
    return _TIMES.pack(_KIND, _SIZE, now.wall, 0, 0)


def answer(body: bytes, now: Instant) -> bytes:
    """Return the body of the answer to a request; raises Refused."""
    asked = _read(Body(body))[0]
    return RESULT_OK + _TIMES.pack(_KIND, _SIZE, asked, now.wall, now.wall)


def measure(fields: Body, asked: Instant, now: Instant) -> Measurement:
    """Evaluate an answer; raises Refused for one that does not belong to our question.

    The round trip is taken from the monotonic clock, so a step of our wall clock meanwhile does
    not pass for one of the terminal's.
    """
    first, second, third = _read(fields)
    if first != asked.wall or third < second:
        raise Refused(Result.OUT_OF_RANGE)
    elapsed = max(0, round((now.mono - asked.mono) * 1000))
    fourth = first + elapsed
    offset = ((second - first) + (third - fourth)) // 2
    return Measurement(offset=offset, delay=max(0, elapsed - (third - second)))


def _read(fields: Body) -> tuple[int, int, int]:
    value = fields.bytes(Tlv.TIMES4, _SIZE)
    return (
        int.from_bytes(value[:8], "big"),
        int.from_bytes(value[8:16], "big"),
        int.from_bytes(value[16:], "big"),
    )
