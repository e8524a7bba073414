"""Texts for screens: UTF-8 without control characters, bounded in bytes (YLS/1 6)."""

from __future__ import annotations

from gateway.codecs.yls.body import Body, Refused
from gateway.codecs.yls.registers import Result

MOST_PROMPT = 64
"""Bytes of PROMPT and NAME."""
MOST_TEXT = 128
"""Bytes of TEXT."""


def read_text(fields: Body, kind: int, most: int) -> str:
    """Return a text, empty where there is none; raises Refused."""
    if kind not in fields:
        return ""
    value = fields.bytes(kind)
    if len(value) > most:
        raise Refused(Result.BAD_LENGTH)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise Refused(Result.BAD_TLV) from None
    if any(sign < " " or "\x7f" <= sign < "\xa0" for sign in text):
        raise Refused(Result.BAD_TLV)
    return text


def fit_text(text: str, most: int) -> bytes:
    """Return as much of a text as ``most`` bytes hold, cut between characters."""
    clean = "".join(sign for sign in text if sign >= " " and not "\x7f" <= sign < "\xa0")
    return clean.encode()[:most].decode(errors="ignore").encode()
