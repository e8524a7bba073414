"""The payload of an event or a result: base64, and in one form a small message of its own."""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.codecs.hikvision.push.cipher import plain_bytes
from gateway.codecs.hikvision.push.texts import FORMATS, Item
from gateway.codecs.hikvision.refused import Refused

MOST_HEAD = 8 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ -~]{0,64}\r?\n")
_END = re.compile(rb"\r?\n\r?\n")
_KINDS = {"jsonData": "application/json", "xmlData": "application/xml"}


class Payload(NamedTuple):
    """What was carried."""

    kind: str
    """Its media type, parameters included; empty where there is nothing."""
    body: bytes
    status: int | None = None
    """Of the message inside, where it tells one."""


def unpack(item: Item) -> Payload:
    """Read a payload; raises Refused."""
    if item.form not in FORMATS:
        raise Refused("push_format", "an unknown dataFormat")
    try:
        data = plain_bytes(item.data.encode("ascii"))
    except UnicodeEncodeError:
        raise Refused("push_body") from None
    if item.form == "noData":
        if data:
            raise Refused("push_format", "noData with data")
        return Payload("", b"")
    if item.form != "boundaryData":
        return Payload(_KINDS[item.form], data)
    return _message(data)


def _message(data: bytes) -> Payload:
    """Take a message apart: perhaps a status line, headers, and a body whose length is a hint."""
    first = _STATUS.match(data)
    at = first.end() if first else 0
    end = _END.search(data, at, at + MOST_HEAD)
    if end is None:
        raise Refused("push_message", "no end of the head")
    lines = data[at : end.start()].decode("latin-1").splitlines()
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
    }
    kind = headers.get("content-type", "")
    if not kind:
        raise Refused("push_message", "no Content-Type")
    return Payload(kind, data[end.end() :], int(first[1]) if first else None)
