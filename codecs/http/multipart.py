"""Bodies in parts, as terminals send an event with its pictures.

A delimiter is one only at the beginning of a line and with nothing but blanks behind it: a picture
may hold its text. The length a part states is a hint that is never followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from gateway.codecs.http.parameters import parameters

LONGEST_BOUNDARY = 70
"""Characters (RFC 2046 5.1.1)."""
MOST_PARTS = 16
"""An event has one picture, five at the most (certain); each part costs a search."""
MOST_PART_HEAD = 8 * 1024

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_TAIL = re.compile(rb"(?:(--)[ \t]*(?=\r\n|\Z)|[ \t]*(?=\r\n))")
_LINE_END = re.compile(rb"\r?\n")


class Delimiter(NamedTuple):
    """Where a delimiter begins, with the line end before it, and where its line ends."""

    start: int
    end: int
    closing: bool


class BadParts(Exception):
    """A body that is no multipart; ``status`` is what the sender is told."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part."""

    kind: str
    """Its media type in lower case, without parameters."""
    name: str
    filename: str
    content_id: str
    data: bytes
    length_differs: bool
    """It states a length, and has another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A body taken apart."""

    parts: tuple[Part, ...]
    truncated: bool
    """The closing delimiter is missing: the last part may be cut off."""
    epilogue: bool
    """More than blanks and one line end follow the closing delimiter."""


def split(body: bytes, boundary: str | None) -> Parts:
    """Take a body apart; raises BadParts."""
    if not boundary or len(boundary) > LONGEST_BOUNDARY:
        raise BadParts("boundary")
    mark = b"--" + boundary.rstrip(" ").encode("latin-1", "replace")
    found = _delimiter(body, mark, 0)
    if found is None:
        raise BadParts("no_delimiter")
    parts: list[Part] = []
    while found is not None and not found.closing:
        # The line end of a delimiter may be the one before the next: an empty part has but one.
        start, here = found.end + 2, found.end
        found = _delimiter(body, mark, here)
        end = len(body) if found is None else found.start
        parts.append(_part(body, start, end, closed=found is not None))
        if len(parts) > MOST_PARTS:
            raise BadParts("too_many_parts", 413)
    epilogue = found is not None and bool(_rest(body[found.end :]))
    return Parts(parts=tuple(parts), truncated=found is None, epilogue=epilogue)


def _delimiter(body: bytes, mark: bytes, at: int) -> Delimiter | None:
    """Return the next delimiter from ``at`` on; a plain search is what makes pictures cheap."""
    while (found := body.find(mark, at)) >= 0:
        tail = _TAIL.match(body, found + len(mark))
        begins_line = found == 0 or body[found - 2 : found] == b"\r\n"
        if tail is not None and begins_line:
            return Delimiter(max(0, found - 2), tail.end(), tail[1] is not None)
        at = found + 1
    return None


def _rest(after: bytes) -> bytes:
    return after.removeprefix(b"\r\n").strip(b" \t")


def _part(body: bytes, start: int, end: int, *, closed: bool) -> Part:
    break_ = _HEAD_END.search(body, start, min(max(start, end), start + MOST_PART_HEAD))
    if body[start : start + 2] == b"\r\n":  # no head at all
        headers, at = {}, start + 2
    elif break_ is None:
        if end - start > MOST_PART_HEAD:
            raise BadParts("part_head_too_large", 413)
        headers, at = read_headers(body[start:end]), max(start, end)
    else:
        headers, at = read_headers(body[start : break_.start()]), break_.end()
    data = body[at:end]
    stated = headers.get("content-length", "")
    if not closed and data.endswith(b"\r\n") and stated == str(len(data) - 2):
        data = data[:-2]  # the line end of a delimiter that does not follow
    return part_of(headers, data)


def part_of(headers: dict[str, str], data: bytes) -> Part:
    """Return a part of its headers, whose names are in lower case, and its content."""
    kind, _ = parameters(headers.get("content-type", ""))
    _, named = parameters(headers.get("content-disposition", ""))
    stated = headers.get("content-length", "")
    return Part(
        kind=kind,
        name=named.get("name", ""),
        filename=named.get("filename", ""),
        content_id=headers.get("content-id", "").strip("<>"),
        data=data,
        length_differs=bool(stated) and stated != str(len(data)),
    )


def read_headers(head: bytes) -> dict[str, str]:
    """Return the headers of a part, names in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for line in _LINE_END.split(head):
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found
