"""The fixed layouts, declared: the specification that the fast paths are tested against.

Owns the readable form of the header, REC_CORE, STATUS, FAULT and of the values that have a layout
of their own (YLS/1 3.2, 10.2, 10.8, 13, 14, 16).
Nothing on the hot path imports it; `tests/codecs/yls/test_layout.py` proves it equal to the
`struct` code that runs.
"""

from __future__ import annotations

from construct import (
    BitStruct,
    Bytes,
    Const,
    Float32b,
    GreedyBytes,
    GreedyRange,
    GreedyString,
    Int8ub,
    Int16sb,
    Int16ub,
    Int16ul,
    Int32ub,
    Int64ub,
    Nibble,
    Prefixed,
    Struct,
    this,
)

HEADER = Struct(
    "sof" / Const(b"YL"),
    "version" / BitStruct("major" / Nibble, "words" / Nibble),
    "flags" / Int8ub,
    "address" / Int16ub,
    "command" / Int16ub,
    "seq" / Int32ub,
    "sid" / Int16ub,
    "length" / Int16ub,
    "hcrc" / Int16ul,
)
"""18 bytes; ``words`` counts 2-byte units of the header."""

REC_CORE = Struct(
    "number" / Int32ub,
    "epoch" / Int32ub,
    "time" / Int64ub,
    "person" / Int32ub,
    "direction" / Int8ub,
    "decision" / Int8ub,
    "method" / Int16ub,
    "score" / Int16ub,
    "liveness" / Int16ub,
    "door" / Int8ub,
    "rflags" / Int8ub,
    "temperature" / Int16sb,
)
"""32 bytes; time in milliseconds since 1970 UTC, temperature in 0.01 °C."""

STATUS = Struct(
    "uptime" / Int32ub,
    "persons" / Int32ub,
    "unacknowledged" / Int32ub,
    "cpu" / Int16ub,
    "free_ram" / Int16ub,
    "free_store" / Int16ub,
    "temperature" / Int16sb,
    "time_quality" / Int8ub,
    "power" / Int8ub,
    "faults" / Int32ub,
)
"""26 bytes; uptime in s, CPU and free store in ‰, free RAM in KiB, temperature in 0.1 °C."""

FAULT = Struct(
    "code" / Int16ub,
    "severity" / Int8ub,
    "state" / Int8ub,
    "count" / Int16ub,
    "first" / Int64ub,
    "text" / GreedyString("utf-8"),
)
"""14 bytes and a text; state 1 raised, 0 cleared; first occurrence in ms since 1970 UTC."""

FACE_EMB = Struct(
    "algorithm" / Int16ub,
    "dimensions" / Int16ub,
    "elements" / Int8ub,
    "normalised" / Int8ub,
    "scale" / Float32b,
    "data" / GreedyBytes,
)
"""10 bytes and the elements, little-endian: 1 float16, 2 int8 times scale, 3 float32."""

IRIS_CODE = Struct(
    "eye" / Int8ub,
    "algorithm" / Int16ub,
    "bits" / Int16ub,
    "masked" / Int8ub,
    "code" / Bytes(this.bits // 8),
    "mask" / Bytes(this.masked * this.bits // 8),
)
"""6 bytes, the code, and where ``masked`` is 1 a mask of the same size; bit 1 = usable."""

TEMPLATE_REF = Struct("kind" / Int8ub, "algorithm" / Int16ub, "digest" / Bytes(32))
"""1 face, 2 iris, 3 finger, 4 face photo; SHA-256 of the object."""

SYNC_STATE = Struct("revision" / Int32ub, "count" / Int32ub, "digest" / Bytes(16))

VALIDITY = Struct("from" / Int64ub, "to" / Int64ub)
"""Milliseconds since 1970 UTC; 0 is open."""

CONFIG = GreedyRange(Struct("key" / Int16ub, "value" / Prefixed(Int8ub, GreedyBytes)))
"""A row of settings."""

KEY_BLOB = Struct("kind" / Int8ub, "id" / Int8ub, "key" / Bytes(32))
"""1 the device's own, 2 its group's."""

QR_KEY = Struct("id" / Int8ub, "from" / Int64ub, "to" / Int64ub, "key" / Bytes(32))
"""Good between two instants, milliseconds since 1970 UTC."""

FW_SIGNED = Struct(
    "label" / Const(b"YLS1FW"),
    "hardware_mask" / Int32ub,
    "version" / Prefixed(Int8ub, GreedyBytes),
    "least_version" / Prefixed(Int8ub, GreedyBytes),
    "size" / Int32ub,
    "digest" / Bytes(32),
)
"""What the maker's signature covers."""
