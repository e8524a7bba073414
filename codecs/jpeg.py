"""Whether bytes are a complete JPEG, judged by structure alone.

Owns the walk over the markers (ITU-T T.81, annex B). Decodes nothing, so a hostile picture costs
one pass over its bytes and no memory.
"""

from __future__ import annotations

import re

MOST_SEGMENTS = 1024
"""Marker segments in one file; cameras write some twenty, and each costs a step of the walk."""

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF markers: C0…CF without DHT, JPG and DAC."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""TEM and RST0…RST7, which have no length."""
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next marker after entropy-coded data, past stuffed zeros, restarts and fill bytes."""
_MARKER = re.compile(rb"\xff+([^\xff])")


def judge(data: bytes) -> str | None:
    """Return None for a complete JPEG, else why not.

    ``not_jpeg``: no start of image, or something that is no marker where one must be.
    ``truncated``: the data ends before the picture does. ``no_picture``: no frame or no scan before
    the end of image, or a frame without width. ``segments``: more than `MOST_SEGMENTS`.
    ``trailing``: more than zero bytes after the end of image.
    """
    if data[:2] != b"\xff\xd8":
        return "truncated" if data in (b"", b"\xff") else "not_jpeg"
    at, framed, scanned = 2, False, False
    for _ in range(MOST_SEGMENTS):
        marker = _MARKER.match(data, at)
        if marker is None:
            return "not_jpeg" if data[at:].strip(b"\xff") else "truncated"
        code, at = data[marker.start(1)], marker.end()
        if code == _EOI:
            return _finish(data, at, complete=framed and scanned)
        if code in _ALONE:
            continue
        after = at + int.from_bytes(data[at : at + 2], "big")
        if len(data) < at + 2 or after > len(data):
            return "truncated"
        if after < at + 2 or code in (0x00, _SOI):
            return "not_jpeg"
        framed = framed or (code in _FRAMES and _has_size(data, at, after))
        scanned = scanned or code == _SOS
        at = _after_scan(data, after) if code == _SOS else after
    return "segments"


def _after_scan(data: bytes, at: int) -> int:
    marker = _END_OF_SCAN.search(data, at)
    return len(data) if marker is None else marker.start()


def _has_size(data: bytes, at: int, after: int) -> bool:
    # Length 2, precision 1, lines 2, samples per line 2; lines may be 0 and follow in DNL.
    return after >= at + 8 and data[at + 5 : at + 7] != b"\0\0"


def _finish(data: bytes, at: int, *, complete: bool) -> str | None:
    if not complete:
        return "no_picture"
    return "trailing" if data[at:].strip(b"\0") else None
