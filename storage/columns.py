"""Turns domain records into rows: which column holds what, in the order COPY sends them.

Conversion is on the hot path, so a row is one flat tuple of plain values; its last three columns,
where the raw bytes lie, are known only once a batch is being written.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from gateway.domain.passages import FaultRecord, Passage, Record
from gateway.domain.redaction import redact

Values = tuple[object, ...]
Identity = tuple[int, bytes, bytes, int, int]
"""Device, identity, digest, record and kind."""

PASSAGE_COLUMNS = (
    "id", "received_ms", "device_ms", "corrected_ms", "offset_ms", "series", "number", "device",
    "mounting", "channel", "project", "claim", "adapter", "score", "liveness", "temperature_c",
    "picture_digest", "picture_size", "flags", "means", "lane", "verdict", "direction",
    "direction_source", "decision", "verified_by", "door", "helmet", "clock_synchronised",
    "committed_ms", "raw_batch", "raw_offset", "raw_length",
)  # fmt: skip
FAULT_COLUMNS = (
    "id", "received_ms", "device_ms", "corrected_ms", "offset_ms", "first_ms", "series", "number",
    "device", "mounting", "channel", "project", "text", "adapter", "code", "count", "lane",
    "verdict", "severity", "raised", "committed_ms", "raw_batch", "raw_offset", "raw_length",
)  # fmt: skip
IDENTITY_COLUMNS = ("device", "identity", "digest", "record", "kind")


class Kind(IntEnum):
    """What an identity stands for; kept in record_identity.kind."""

    PASSAGE = 1
    FAULT = 2
    QUARANTINED = 3
    REJECTED = 4


# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_PASSAGE, _FAULT = Kind.PASSAGE, Kind.FAULT


class Row(NamedTuple):
    """A record on its way into the store; a plain tuple, because hundreds are made per commit."""

    record: Record
    kind: Kind
    identity: Identity
    """Its row of record_identity."""
    values: Values
    """Its columns up to, and without, ``committed_ms``."""

    @property
    def key(self) -> tuple[int, bytes]:
        """Device and identity: what makes it the same record."""
        return self.identity[:2]


def row_of(record: Record) -> Row:
    """Convert a record; cheap, and blind to whether the values fit the columns."""
    if isinstance(record, Passage):
        kind, values = _PASSAGE, _passage(record)
    else:
        kind, values = _FAULT, _fault(record)
    report = record.report
    identity = (record.place.device, report.identity, report.digest, record.id, kind)
    return Row(record, kind, identity, values)


def _passage(passage: Passage) -> Values:
    report, place, time, picture = (
        passage.report, passage.place, passage.time, passage.report.picture
    )  # fmt: skip
    return (
        passage.id, passage.received_ms, time.device_ms, time.corrected_ms, time.offset_ms,
        report.series, report.number, place.device, place.mounting, place.channel, place.project,
        report.claim, passage.adapter, report.score, report.liveness, report.temperature_c,
        picture and picture.digest, picture and picture.size, passage.flags, report.means,
        report.lane, time.verdict, passage.direction, passage.direction_source, report.decision,
        report.verified_by, report.door, report.helmet, report.clock_synchronised,
    )  # fmt: skip


def _fault(fault: FaultRecord) -> Values:
    report, place, time = fault.report, fault.place, fault.time
    return (
        fault.id, fault.received_ms, time.device_ms, time.corrected_ms, time.offset_ms,
        report.first_ms, report.series, report.number,
        place.device, place.mounting, place.channel, place.project, redact(report.text),
        fault.adapter, report.code, report.count, report.lane,
        time.verdict, report.severity, report.raised,
    )  # fmt: skip
