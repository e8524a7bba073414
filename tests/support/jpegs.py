"""JPEG files of a wanted size; each note makes another picture."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

COMMENT = b"\xff\xfe"


@cache
def _smallest() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (120, 90, 60)).save(out, "JPEG", quality=40, optimize=True)
    return out.getvalue()


def jpeg(size: int = 0, note: str = "") -> bytes:
    """A complete JPEG of at least ``size`` bytes; the rest of it is comment."""
    base = _smallest()
    head, tail = base[:2], base[2:]
    comments = b""
    text = note.encode()
    while text or len(base) + len(comments) < size:
        missing = max(len(text), size - len(base) - len(comments) - 4)
        body = text.ljust(missing, b".")[:65_000]
        comments += COMMENT + (len(body) + 2).to_bytes(2, "big") + body
        text = b""
    return head + comments + tail
