"""What of YLS/1 frames may be kept for looking at: all but what is personal or secret.

Owns the list of elements whose values are replaced by zeros. Lengths stay, and the checksum of a
good frame is made to fit again, so that a redacted frame still reads as a frame (its MAC cannot).
"""

from __future__ import annotations

from struct import Struct

from gateway.codecs.yls.body import KNOWN
from gateway.codecs.yls.frame import CHECKED, FRAMING, HEAD, HEADER, SEAL, SOF, close
from gateway.codecs.yls.registers import CRITICAL, ENC, PROTECTION, Tlv

PERSONAL = frozenset(
    {
        Tlv.KEY_BLOB,
        Tlv.CARD,
        Tlv.SNAPSHOT_INLINE,
        *range(Tlv.FACE_EMB, Tlv.QR + 1),
        Tlv.NAME,
        Tlv.DATA,
        Tlv.PROMPT,  # may greet somebody by name
        Tlv.CONFIG,  # may hold a password
        Tlv.QR_KEY,
        Tlv.QR_DIGEST,
    }
)
"""Types whose values are pictures, templates, cards, names or keys (YLS/1 16.2)."""

MAJOR = 1
LONGEST_HEADER = 2 * 15
"""Bytes; the version byte counts them in pairs."""
_TLV = Struct(">HH")
_MARK = SOF.to_bytes(2, "big")


def redact(stream: bytes, cut: bool, head: int) -> bytes:
    """Return the stream of one direction fit to be stored; see `gateway.codecs.api.Redact`.

    Encrypted bodies stay: they are ciphertext already. Elements are zeroed by their type, and of
    all others at most ``head`` bytes are kept. Of what is no frame the first ``head`` bytes stay,
    of a frame whose header is damaged only that; nothing stays where a frame may be under way.
    """
    clean = bytearray(stream)
    at = 0
    while at < len(stream):
        size = _frame_at(stream, at)
        if size:
            end = min(at + size, len(stream))
            clean[at:end] = _frame(stream[at:end], size, head)
            cut = False
        else:
            end = _next_frame(stream, at + 1)
            kept = HEADER if stream.startswith(_MARK, at) else head
            start = min(end, at if cut else at + kept)
            clean[start:end] = bytes(end - start)
        at = end
    return bytes(clean)


def _frame_at(stream: bytes, at: int) -> int:
    """Return the size of the frame whose checked header stands here; 0 if none does."""
    if not stream.startswith(_MARK, at) or len(stream) - at < HEADER:
        return 0
    if stream[at + 2] >> 4 != MAJOR:  # spares noise that is full of marks the checksum
        return 0
    size = FRAMING.head(bytearray(stream[at : at + LONGEST_HEADER]))
    return size if isinstance(size, int) and size <= FRAMING.max_frame else 0


def _next_frame(stream: bytes, at: int) -> int:
    while (at := stream.find(_MARK, at)) >= 0:
        if _frame_at(stream, at):
            return at
        at += 1
    return len(stream)


def _frame(raw: bytes, size: int, head: int) -> bytes:
    """Return a frame, or the beginning of one, without its personal values."""
    _, version, flags, *_ = HEAD.unpack_from(raw)
    if flags & ENC:
        return raw
    start = min(len(raw), (version & 15) * 2)
    end = max(start, min(len(raw), size - 2 - (SEAL if flags & PROTECTION else 0)))
    good = len(raw) == size and FRAMING.check(raw) is None
    clean = raw[:start] + _body(raw[start:end], head, tiled=good) + raw[end:]
    return close(clean[:CHECKED], clean[HEADER:-2]) if good and start == HEADER else clean


def _body(body: bytes, head: int, *, tiled: bool) -> bytes:
    """Zero values as far as the elements go; the last one may lack its end.

    In a body that is not known to be ``tiled`` a type nobody knows may be the inside of a picture,
    so nothing behind it is believed.
    """
    clean = bytearray(body)
    at = 0
    while at + _TLV.size <= len(body):
        marked, size = _TLV.unpack_from(body, at)
        kind = marked & ~CRITICAL
        if not tiled and kind not in KNOWN and kind not in PERSONAL:
            size = len(body)
        at += _TLV.size
        kept = 0 if kind in PERSONAL else head
        start, end = min(at + kept, len(body)), min(at + size, len(body))
        clean[start:end] = bytes(max(0, end - start))
        at = end
    return bytes(clean)
