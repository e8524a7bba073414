"""What happened at a terminal, before it has a number, and its bytes (YLS/1 10.2, 14)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.codecs.yls.body import put
from gateway.codecs.yls.records import CORE, FAULT
from gateway.codecs.yls.registers import NOT_AN_ACCESS, Tlv


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One event in wire units; defaults mean "not told"."""

    time_ms: int
    person: int = 0
    direction: int = 0
    decision: int = 1
    method: int = 0
    score: int = 0xFFFF
    liveness: int = 0xFFFF
    door: int = 1
    rflags: int = 0x01
    temperature: int = 0x7FFF
    helmet: int | None = None
    fault: bytes = b""
    """Value of the FAULT element; see `fault_draft`."""
    picture: bytes | None = None
    """A JPEG."""

    def encode(self, epoch: int, number: int) -> list[bytes]:
        """Return the elements of the record, REC_CORE first and without its picture."""
        core = CORE.pack(
            number,
            epoch,
            self.time_ms,
            self.person,
            self.direction,
            self.decision,
            self.method,
            self.score,
            self.liveness,
            self.door,
            self.rflags,
            self.temperature,
        )
        elements = [put(Tlv.REC_CORE, core, critical=True)]
        if self.helmet is not None:
            elements.append(put(Tlv.HELMET, bytes((self.helmet,))))
        if self.fault:
            elements.append(put(Tlv.FAULT, self.fault, critical=True))
        return elements


def fault_draft(
    time_ms: int,
    code: int,
    *,
    severity: int = 1,
    raised: bool = True,
    count: int = 1,
    text: str = "",
) -> Draft:
    """Return a fault as a numbered record; ``text`` is at most 128 bytes of UTF-8."""
    value = FAULT.pack(code, severity, raised, count, time_ms) + text.encode()
    return Draft(time_ms=time_ms, decision=NOT_AN_ACCESS, fault=value)
