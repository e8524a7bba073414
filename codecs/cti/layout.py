"""The layouts of `frame`, `login` and `attendance` declared with construct, for readers and proof.

The struct decoders are what runs; property P9 of `gatepost codec check cti` holds them against
these declarations. Nothing here is loaded where the gateway runs.
"""

from __future__ import annotations

from construct import Bytes, Const, GreedyRange, Int8ul, Int16ul, Int32ul, Struct, Terminated, this

FRAME = Struct(
    "start" / Const(1, Int8ul),
    "length" / Int32ul,
    "part" / Int32ul,
    "parts" / Int32ul,
    "version" / Const(1, Int8ul),
    "command" / Int16ul,
    "session" / Bytes(16),
    "content" / Bytes(this.length),
    "state" / Int8ul,
    "end" / Const(1, Int8ul),
    Terminated,
)
"""Certain; state 0 is well, 1 failed."""

LOGIN = Struct("factory" / Bytes(32), "device" / Bytes(32), "xor" / Int8ul)
"""823 and 843; certain."""

_RECORD = (
    "worker" / Int32ul,
    "time" / Bytes(7),
    "means" / Int8ul,
    "size" / Int32ul,
    "picture" / Bytes(this.size),
)

PLACED = Struct(
    "longitude" / Bytes(10), "latitude" / Bytes(10), "temperature" / Bytes(4), "hot" / Int8ul
)
"""What 844 adds to a record, the first three in ASCII; certain, their padding unknown."""

ATTENDANCE = Struct("records" / GreedyRange(Struct(*_RECORD)), Terminated)
"""848 without its XOR byte; one record certain, several inferred."""

ATTENDANCE_PLACED = Struct(
    "records" / GreedyRange(Struct(*_RECORD, "placed" / Bytes(PLACED.sizeof()))), Terminated
)
"""844 without its XOR byte; certain."""
