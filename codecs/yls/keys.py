"""KEY_BLOB and QR_KEY: keys on their way to a terminal, never unprotected (YLS/1 7.7, 17)."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

from gateway.codecs.yls.body import Body, Refused, put
from gateway.codecs.yls.registers import Result, Tlv

from gateway.domain.maintenance import KeyKind, QrKey

KEY_BLOB = Struct(">BB32s")
QR_KEY = Struct(">BQQ32s")
_KINDS = {one.value: one for one in KeyKind}


def write_key(kind: KeyKind, key_id: int, key: bytes) -> bytes:
    """Return the body of KEY_UPDATE."""
    return put(Tlv.KEY_BLOB, KEY_BLOB.pack(kind.value, key_id, key), critical=True)


def read_key(body: bytes, *, protected: bool) -> tuple[KeyKind, int, bytes]:
    """Read KEY_UPDATE; raises Refused, FORBIDDEN over a link that anybody reads."""
    _check(protected=protected)
    kind, key_id, key = KEY_BLOB.unpack(Body(body).bytes(Tlv.KEY_BLOB, KEY_BLOB.size))
    if kind not in _KINDS:
        raise Refused(Result.OUT_OF_RANGE)
    return _KINDS[kind], key_id, key


def write_qr_keys(keys: Iterable[QrKey]) -> bytes:
    """Return the body of QR_KEYS."""
    return b"".join(
        put(Tlv.QR_KEY, QR_KEY.pack(one.key_id, one.from_ms, one.to_ms, one.key), critical=True)
        for one in keys
    )


def read_qr_keys(body: bytes, *, protected: bool) -> tuple[QrKey, ...]:
    """Read QR_KEYS; raises Refused."""
    _check(protected=protected)
    fields = Body(body, frozenset({Tlv.QR_KEY}))
    found = []
    for kind, value in fields.items:
        if kind != Tlv.QR_KEY:
            continue
        if len(value) != QR_KEY.size:
            raise Refused(Result.BAD_LENGTH)
        key_id, first, last, key = QR_KEY.unpack(value)
        found.append(QrKey(key_id=key_id, from_ms=first, to_ms=last, key=key))
    if not found:
        raise Refused(Result.MISSING_TLV)
    return tuple(found)


def _check(*, protected: bool) -> None:
    if not protected:
        raise Refused(Result.FORBIDDEN)
