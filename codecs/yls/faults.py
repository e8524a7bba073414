"""FAULT outside the record store: told at once, and not the one that counts (YLS/1 14.5)."""

from __future__ import annotations

from gateway.codecs.yls.body import Body, Refused, put
from gateway.codecs.yls.records import FAULT
from gateway.codecs.yls.registers import Result, Tlv
from gateway.codecs.yls.texts import MOST_TEXT, read_text

from gateway.domain.maintenance import FaultNoticed
from gateway.domain.vocabulary import FaultSeverity

_SEVERITIES = tuple(FaultSeverity)


def read_fault(body: bytes) -> FaultNoticed:
    """Read FAULT; raises Refused."""
    value = Body(body).bytes(Tlv.FAULT)
    if len(value) < FAULT.size:
        raise Refused(Result.BAD_LENGTH)
    code, severity, state, count, first = FAULT.unpack_from(value)
    text = Body(put(Tlv.TEXT, value[FAULT.size :]))
    return FaultNoticed(
        code=code,
        severity=_SEVERITIES[min(severity, len(_SEVERITIES) - 1)],
        raised=state != 0,
        count=count,
        first_ms=first or None,
        text=read_text(text, Tlv.TEXT, MOST_TEXT),
    )
