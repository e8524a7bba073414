"""A parser written by hand for two messages: struct, hmac and nothing else, a tuple as the result.

It makes the same checks as the gateway's codec on the same bytes and returns the same facts, so the
difference is the price of the codec's structure.
"""

from __future__ import annotations

import hmac
from hashlib import blake2b
from struct import Struct

from fastcrc import crc16

_HEAD = Struct(">HBBHHIHH")
_STATUS = Struct(">IIIHHHhBBI")
_CORE = Struct(">IIQIBBHHHBBh")
_REF = Struct(">BI32s")
_TLV = Struct(">HH")
_crc = crc16.mcrf4xx
_KNOWN = frozenset(
    (
        *range(0x01, 0x1B),
        *range(0x20, 0x24),
        *range(0x25, 0x2E),
        *range(0x30, 0x38),
        *range(0x50, 0x58),
        *(0x60, 0x70, 0x71, 0xA0, 0xA3, 0xA5),
    )
)
_BIOMETRIC = frozenset((0x2C, *range(0x30, 0x38)))
_SAME = frozenset((0x22, 0x23, 0x25, 0x28, 0x29, 0x36, 0x37, 0xA3, 0x71))
_MULTI = frozenset((0x29, 0x31, 0x33))
_SIZES = {0x02: (0, 128), 0x29: (2, 17), 0x2B: (1, 1), 0x2D: (37, 37), 0xA3: (32, 32)}

Fields = tuple[object, ...]


def opened(data: bytes, key: bytes, sid: int, limit: int) -> tuple[int, int, bytes]:
    """Check a frame and its MAC; return command, sequence number and body."""
    size = len(data)
    if not 28 <= size <= limit:
        raise ValueError("length")
    sof, version, flags, address, command, seq, session, length = _HEAD.unpack_from(data)
    if sof != 0x594C or version != 0x19 or length + 20 != size or address or session != sid:
        raise ValueError("header")
    check = data[16] | data[17] << 8
    if _crc(data[:16]) != check or _crc(data[18:], check):
        raise ValueError("checksum")
    if flags & 0x18 != 0x08:
        raise ValueError("protection")
    head = data[:3] + bytes((flags & 0x3B,)) + data[4:16] if flags & 0xC4 else data[:16]
    tag = hmac.digest(key, head + data[18:-10], "sha256")[:8]
    if not hmac.compare_digest(tag, data[-10:-2]):
        raise ValueError("mac")
    return command, seq, data[18:-10]


def heartbeat(data: bytes, key: bytes, sid: int, limit: int) -> Fields:
    """Return command, sequence number and the fields of STATUS."""
    command, seq, body = opened(data, key, sid, limit)
    kind, size = _TLV.unpack_from(body)
    if kind & 0x7FFF != 0x70 or size != 26 or len(body) != 30:
        raise ValueError("status")
    uptime, persons, owed, _, _, store, degrees, clock, power, faults = _STATUS.unpack_from(body, 4)
    return (
        command, seq, uptime, persons, owed, store / 1000, degrees / 10, clock, power != 0, faults
    )  # fmt: skip


def record(data: bytes, key: bytes, sid: int, limit: int) -> Fields:
    """Return command, sequence number and the facts of the one record in the frame."""
    command, seq, body = opened(data, key, sid, limit)
    core, extras = _elements(body)
    (
        number, series, device_ms, person, direction, decision, method, score, liveness, door,
        rflags, temperature,
    ) = _CORE.unpack(core)  # fmt: skip
    same = blake2b(core, digest_size=16)
    for kind, value in sorted(item for item in extras.items() if item[0] in _SAME):
        same.update(_TLV.pack(kind, len(value)) + value)
    helmet = extras.get(0x2B)
    reference = extras.get(0x2D)
    picture = _REF.unpack(reference) if reference is not None else None
    return (
        command, seq, series, number, core[4:8] + core[:4], same.digest(), device_ms, body,
        direction, decision, method & 0x1FF, str(person) if person else None, rflags,
        score / 10_000 if score <= 10_000 else None,
        liveness / 10_000 if liveness <= 10_000 else None, door or None,
        temperature / 100 if temperature != 0x7FFF else None,
        None if helmet is None else helmet == b"\1", picture,
    )  # fmt: skip


def _elements(body: bytes) -> tuple[bytes, dict[int, bytes]]:
    at, end, unpack = 0, len(body), _TLV.unpack_from
    core: bytes | None = None
    extras: dict[int, bytes] = {}
    while at < end:
        if at + 4 > end:
            raise ValueError("element")
        marked, size = unpack(body, at)
        kind, after = marked & 0x7FFF, at + 4 + size
        if after > end:
            raise ValueError("element")
        if kind == 0x20:
            if core is not None or size != 32:
                raise ValueError("core")
            core = body[at + 4 : after]
        elif kind not in _KNOWN:
            if marked & 0x8000:
                raise ValueError("critical")
        elif core is None or kind in _BIOMETRIC or (kind in extras and kind not in _MULTI):
            raise ValueError("order")
        else:
            least, most = _SIZES.get(kind, (0, 0xFFFF))
            if not least <= size <= most:
                raise ValueError("size")
            extras[kind] = body[at + 4 : after]
        at = after
    if core is None or core[:4] == b"\0\0\0\0":
        raise ValueError("no record")
    return core, extras
