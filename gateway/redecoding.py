"""Reads stored raw records again after a codec was mended: what would change, then new versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import pack
from typing import Any

from gateway.codecs.api import Dialect
from gateway.domain.errors import GatepostError
from gateway.domain.events import PassageReported
from gateway.domain.vocabulary import Direction
from gateway.storage.versions import READ, Reading, Value, Version, Versions

PAGE = 200
"""Records read at once; between two pages the gateway does its other work."""
MOST_EXAMPLES = 10


@dataclass(slots=True)
class Outcome:
    """What a run found; counts of records."""

    read: int = 0
    changed: int = 0
    erased: int = 0
    """Their bytes are gone."""
    unreadable: int = 0
    """The codec finds no passage in the bytes, or another record: never applied."""
    fields: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)


class Redecoding:
    """One dialect's stored passages, read again by the codec that is installed now."""

    def __init__(self, versions: Versions, dialect: Dialect, now_ms: Callable[[], int]) -> None:
        """Raises GatepostError ``codec.no_reread`` when the dialect cannot read bare records."""
        if dialect.reread is None:
            raise GatepostError(
                "codec.no_reread",
                "the dialect declares no way to read a stored record by itself.",
                place=f"codec {dialect.name}",
                remedy="Give Dialect(reread=…), a function from raw bytes to the event.",
            )
        self._versions = versions
        self._dialect = dialect
        self._reread = dialect.reread
        self._now_ms = now_ms

    async def run(self, since_ms: int, *, apply: bool) -> Outcome:
        """Compare everything received since then; with ``apply`` store what differs."""
        outcome, after = Outcome(), 0
        name = self._dialect.name
        while page := await self._versions.page(name, since_ms, after, PAGE):
            after = page[-1].passage
            fresh = [one for reading in page if (one := self._read(reading, outcome)) is not None]
            if apply and fresh:
                await self._versions.add(fresh)
        return outcome

    def _read(self, reading: Reading, outcome: Outcome) -> Version | None:
        outcome.read += 1
        if reading.raw is None:
            outcome.erased += 1
            return None
        try:
            report = self._reread(reading.raw)
        except Exception:
            report = None
        same = (reading.series, reading.number)
        if not isinstance(report, PassageReported) or (report.series, report.number) != same:
            outcome.unreadable += 1
            return None
        values = _values(report, reading)
        changes = [name for name in READ if not _equal(reading.values[name], values[name])]
        if not changes:
            return None
        outcome.changed += 1
        outcome.fields.update(changes)
        if len(outcome.examples) < MOST_EXAMPLES:
            shown = {name: [reading.values[name], values[name]] for name in changes}
            outcome.examples.append({"passage": reading.passage, "changes": shown})
        return Version(
            passage=reading.passage,
            version=reading.version + 1,
            adapter=f"{self._dialect.name}/{self._dialect.version}",
            decoded_ms=self._now_ms(),
            values=values,
        )


def _values(report: PassageReported, reading: Reading) -> dict[str, Value]:
    """Return the columns the report stands for.

    The clock correction is kept as it was measured then, and a direction that the message does not
    tell stays what the mounting said.
    """
    before = reading.values
    moved = report.device_ms - int(before["device_ms"] or 0)
    direction = report.direction
    return {
        "device_ms": report.device_ms,
        "corrected_ms": int(before["corrected_ms"] or 0) + moved,
        "claim": report.claim,
        "score": report.score,
        "liveness": report.liveness,
        "temperature_c": report.temperature_c,
        "means": int(report.means),
        "direction": before["direction"] if direction is Direction.UNKNOWN else int(direction),
        "decision": int(report.decision),
        "verified_by": int(report.verified_by),
        "door": report.door,
        "helmet": report.helmet,
        "clock_synchronised": report.clock_synchronised,
    }


def _equal(stored: Value, read: Value) -> bool:
    """Compare as the database keeps it: a float has 32 bits there."""
    if isinstance(stored, float) and isinstance(read, float):
        return pack("f", stored) == pack("f", read)
    return stored == read
