"""Names of events and calls, as both sides write them."""

from __future__ import annotations


def write_uuid(drawn: bytes) -> str:
    """Write 16 random bytes as 8-4-4-4-12 in lower case, marked as drawn by lot (version 4)."""
    marked = bytearray(drawn)
    marked[6] = marked[6] & 0x0F | 0x40
    marked[8] = marked[8] & 0x3F | 0x80
    text = marked.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
