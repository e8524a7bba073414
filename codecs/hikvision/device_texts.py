"""What a terminal writes: events as JSON or XML, alone or with a picture, and its request heads.

Firmware differs in all that `Style` names; the gateway must take every mixture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

JSON_TYPE = 'application/json; charset="UTF-8"'
XML_TYPE = 'application/xml; charset="UTF-8"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a firmware writes."""

    part: str = "event_log"
    """Name of the event's part; the guide has the event type's own name."""
    part_type: str = JSON_TYPE
    part_lengths: bool = True
    """Each part states its length."""
    content_ids: bool = True
    boundary: str = "MIME_boundary"
    tight: bool = False
    """No blank before ``boundary=``."""
    last_line_end: bool = True
    """A line end follows the closing delimiter."""
    last_delimiter: bool = True
    """The parts end with the closing delimiter."""
    lower: bool = False
    """Names of headers in lower case."""
    texts: bool = False
    """Numbers and truth values of an event are written as texts."""
    xml: bool = False
    closes: bool = False
    """A new connection for every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body and its type."""

    kind: str
    body: bytes


def put_json(values: dict[str, Any]) -> bytes:
    """Write an event as one line, members in the order given."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def put_xml(values: dict[str, Any]) -> bytes:
    """Write an event as XML in the maker's newer namespace."""
    inner = _elements(values)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n<EventNotificationAlert version="2.0"'
        f' xmlns="http://www.isapi.org/ver20/XMLSchema">{inner}</EventNotificationAlert>'
    ).encode()


def _elements(values: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_text(value)}</{name}>" for name, value in values.items())


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return _elements(value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def put_parts(event: bytes, picture: bytes, style: Style) -> bytes:
    """Write an event and its picture as multipart."""
    mark = f"--{style.boundary}\r\n".encode()
    first = _part(
        f'Content-Disposition: form-data; name="{style.part}"',
        style.part_type,
        event,
        style.part_lengths,
    )
    second = _part(
        'Content-Disposition: form-data; name="Picture"; filename="Picture.jpg"',
        "image/jpeg",
        picture,
        style.part_lengths,
        "Content-ID: pictureImage\r\n" if style.content_ids else "",
    )
    end = f"--{style.boundary}--".encode() + (b"\r\n" if style.last_line_end else b"")
    return mark + first + mark + second + (end if style.last_delimiter else b"")


def _part(disposition: str, kind: str, data: bytes, length: bool, more: str = "") -> bytes:
    stated = f"Content-Length: {len(data)}\r\n" if length else ""
    head = f"{disposition}\r\nContent-Type: {kind}\r\n{stated}{more}\r\n"
    return head.encode() + data + b"\r\n"


def put_content(values: dict[str, Any], picture: bytes, style: Style) -> Content:
    """Write an event the way a firmware does."""
    values = _as_texts(values) if style.texts else values
    event = put_xml(values) if style.xml else put_json(values)
    if not picture:
        return Content(kind=XML_TYPE if style.xml else JSON_TYPE, body=event)
    blank = "" if style.tight else " "
    kind = f"multipart/form-data;{blank}boundary={style.boundary}"
    return Content(kind=kind, body=put_parts(event, picture, style))


def _as_texts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _as_text(value) for name, value in values.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return _as_texts(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def put_request(path: str, host: str, content: Content, style: Style, *, auth: str = "") -> bytes:
    """Write a request."""
    headers = [
        ("Host", host),
        *([("Authorization", auth)] if auth else []),
        ("Content-Type", content.kind),
        ("Content-Length", str(len(content.body))),
        ("Connection", "close" if style.closes else "keep-alive"),
    ]
    lines = [f"{name.lower() if style.lower else name}: {value}" for name, value in headers]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + content.body
