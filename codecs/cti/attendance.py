"""Attendance records, 848 and 844, between bytes and values. Knows nothing of events.

Certain: 848 is worker number 4, time 7 BCD, means 1, picture length 4, picture, and one XOR byte
over the whole content; 844 has longitude 10, latitude 10, temperature 4 (all ASCII) and a flag of
high temperature 1 behind each picture, and may hold several records. Inferred: 848 may hold several
too. Unknown: how the ASCII fields are padded; anything that is no number counts as not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from struct import Struct
from typing import NamedTuple

from gateway.codecs.cti.content import Refused, seal, unseal
from gateway.codecs.cti.datum import Position
from gateway.codecs.cti.registers import Command

FIXED = Struct("<I7sBI")
"""Worker number, time, means, picture length."""
PLACED = Struct("<10s10s4sB")
"""Longitude, latitude, temperature, high-temperature flag."""


class Attendance(NamedTuple):
    """One record as it stands on the wire."""

    worker: int
    time: bytes
    means: int
    picture: bytes
    placed: bytes = b""
    """The 25 bytes of position and temperature of an 844 record, none of an 848."""

    @property
    def raw(self) -> bytes:
        """The record without its picture."""
        fixed = FIXED.pack(self.worker, self.time, self.means, len(self.picture))
        return fixed + self.placed

    @property
    def baidu(self) -> Position | None:
        """Where the terminal stands, in BD-09."""
        if not self.placed:
            return None
        longitude, latitude, _, _ = PLACED.unpack(self.placed)
        x, y = _number(longitude), _number(latitude)
        return None if x is None or y is None or not x or not y else Position(x, y)

    @property
    def temperature_c(self) -> float | None:
        """Body temperature, in °C (inferred: the unit is not stated)."""
        return _number(PLACED.unpack(self.placed)[2]) if self.placed else None


def read_attendances(command: int, content: bytes) -> list[Attendance]:
    """Read all records of an 848 or 844; raises Refused for a content that is not exactly that.

    A list that ends inside a record is refused whole: the terminal still has all of it.
    """
    data = unseal(content)
    extra = PLACED.size if command == Command.ATTENDANCE_PLACED else 0
    found = list(_split(data, extra))
    if not found:
        raise Refused("length", "没有记录 the content holds no record")
    return found


def put_attendances(records: Iterable[Attendance]) -> bytes:
    """Write the content of an 848 or 844."""
    return seal(b"".join(_put(record) for record in records))


def _split(data: bytes, extra: int) -> Iterator[Attendance]:
    at = 0
    while at < len(data):
        if len(data) - at < FIXED.size:
            raise _short(at, FIXED.size, len(data))
        worker, time, means, size = FIXED.unpack_from(data, at)
        at += FIXED.size
        if len(data) - at < size + extra:
            raise _short(at, size + extra, len(data))
        end = at + size
        yield Attendance(worker, time, means, data[at:end], data[end : end + extra])
        at = end + extra


def _short(at: int, wanted: int, size: int) -> Refused:
    return Refused(
        "length", f"记录不完整 {wanted} bytes are wanted at {at}, but the content has {size}"
    )


def _put(record: Attendance) -> bytes:
    fixed = FIXED.pack(record.worker, record.time, record.means, len(record.picture))
    return fixed + record.picture + record.placed


def _number(field: bytes) -> float | None:
    try:
        value = float(field.strip(b"\0 "))
    except ValueError:
        return None
    return value if isfinite(value) else None
