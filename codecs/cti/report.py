"""From an attendance record to the event the gateway stores, and what makes two of them one.

There is no log number on the wire, so a record is named by what it says (our decision): the digest
of device, worker, time, means and picture. Two passages of one worker within one second, by the
same means and with the same picture or none, are therefore one record.
"""

from __future__ import annotations

from hashlib import sha256

from gateway.codecs.cti.attendance import Attendance
from gateway.codecs.cti.content import read_time
from gateway.codecs.cti.limits import LIVE_MS
from gateway.codecs.cti.registers import LEAVING, MEANS
from gateway.codecs.jpeg import judge

from gateway.domain.events import PassageReported, PictureRef
from gateway.domain.ids import Receipt, Serial
from gateway.domain.vocabulary import Decision, Direction, Lane, Means

NO_SERIES = 0
"""This interface has no numbered series."""
NO_TIME_MS = 0
"""Stands for bytes that are no time. The gateway holds 1970 for impossible and keeps the record in
quarantine; refusing it would stop the terminal's queue for ever."""
_NUMBER = 6
"""Bytes of the identity that serve as the record's number in logs: a name, never a count."""


def report(device: Serial, record: Attendance, receipt: Receipt, wall_ms: int) -> PassageReported:
    """Return the event; ``wall_ms`` decides whether the record counts as live."""
    picture = sha256(record.picture).digest()
    identity = identify(device, record, picture)
    time_ms = read_time(record.time)
    device_ms = NO_TIME_MS if time_ms is None else time_ms
    return PassageReported(
        receipt=receipt,
        lane=Lane.LIVE if wall_ms - device_ms <= LIVE_MS else Lane.BACKFILL,
        identity=identity,
        digest=sha256(record.raw + picture).digest(),
        series=NO_SERIES,
        number=int.from_bytes(identity[:_NUMBER], "big"),
        device_ms=device_ms,
        raw=record.raw,
        direction=Direction.OUT if record.means == LEAVING else Direction.UNKNOWN,
        # Inferred: only people the terminal let through are reported as attendance.
        decision=Decision.GRANTED,
        means=MEANS.get(record.means, Means.NONE),
        claim=str(record.worker),
        temperature_c=record.temperature_c,
        picture=_picture(record.picture, picture),
    )


def identify(device: Serial, record: Attendance, picture: bytes | None = None) -> bytes:
    """Return what names a record; ``picture`` is the SHA-256 of its picture, where known."""
    picture = sha256(record.picture).digest() if picture is None else picture
    told = record.worker.to_bytes(4, "little") + record.time + bytes((record.means,))
    return sha256(device.encode() + b"\0" + told + picture).digest()


def _picture(data: bytes, digest: bytes) -> PictureRef | None:
    if not data:
        return None
    return PictureRef(digest=digest, size=len(data), data=data, damage=judge(data))
