"""Parts that come one after the other for as long as a connection lasts, as they become whole.

Nothing says how long the whole is, and the closing delimiter never comes. So a part's own length is
followed here, other than in a body that has one: else a part would be whole only with the next one.
It is believed where a line end or a delimiter stands behind it. Where not, and where there is no
length, the part ends at the next delimiter; what cannot be understood is skipped up to there.
"""

from __future__ import annotations

import re

from gateway.codecs.http.multipart import (
    LONGEST_BOUNDARY,
    MOST_PART_HEAD,
    BadParts,
    Part,
    part_of,
    read_headers,
)

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(r"[0-9]{1,10}\Z")
_BREAK = b"\r\n"
_MOST_BLANKS = 8
"""Behind a boundary, before its line ends."""
_AROUND = 2 * len(_BREAK) + 2 + _MOST_BLANKS
"""Bytes of a delimiter's line beside its text, the line end before it included."""


class PartsStream:
    """One stream, whatever pieces it comes in."""

    def __init__(self, boundary: str | None, most: int) -> None:
        """``most`` bounds a part's content, in bytes. Raises BadParts for no boundary."""
        if not boundary or len(boundary) > LONGEST_BOUNDARY:
            raise BadParts("boundary")
        self._mark = b"--" + boundary.rstrip(" ").encode("latin-1", "replace")
        self._line = re.compile(re.escape(self._mark) + rb"(--)?[ \t]{0,%d}\r?\n" % _MOST_BLANKS)
        self._most = most
        self._buffer = bytearray(_BREAK)  # the first delimiter may stand at the very beginning
        self._headers: dict[str, str] | None = None
        """Of the part that is coming; None before its head is whole."""
        self._inside = False
        """A delimiter has begun a part."""
        self._seen = 0
        self._distrusted = False
        """The part's length led nowhere."""
        self.bad: str | None = None
        """Why nothing more is read: ``part_too_large`` or ``part_head_too_large``."""
        self.skipped = 0
        """Bytes that belonged to nothing."""
        self.ended = False
        """The closing delimiter came all the same."""

    def feed(self, data: bytes) -> list[Part]:
        """Take bytes and return the parts that are whole now."""
        parts: list[Part] = []
        if self.bad is not None:
            return parts
        self._buffer += data
        try:
            while not self.ended and self._step(parts):
                pass
        except BadParts as bad:
            self.bad = bad.code
        return parts

    def _step(self, parts: list[Part]) -> bool:
        """Take one thing off the buffer; say whether there may be more."""
        if not self._inside:
            return self._open()
        if self._headers is None:
            return self._read_head()
        content = self._content(self._headers)
        if content is None:
            self._check_size()
            return False
        parts.append(part_of(self._headers, content))
        self._headers, self._inside, self._distrusted, self._seen = None, False, False, 0
        return True

    def _open(self) -> bool:
        """Skip to the next delimiter and step over it."""
        found = self._delimiter(0)
        if found is None:
            # What could still be the beginning of one is kept.
            self._skip(max(0, len(self._buffer) - len(self._mark) - _AROUND))
            return False
        start, end, closing = found
        self._skip(start)
        del self._buffer[: end - start]
        self._inside, self.ended = True, closing
        return True

    def _skip(self, count: int) -> None:
        self.skipped += len(bytes(self._buffer[:count]).strip(b"\r\n"))
        del self._buffer[:count]

    def _read_head(self) -> bool:
        if self._buffer[:2] == _BREAK:  # no head at all
            self._headers = {}
            return True
        end = _HEAD_END.search(self._buffer)
        if (end.start() if end else len(self._buffer)) > MOST_PART_HEAD:
            raise BadParts("part_head_too_large", 413)
        if end is None:
            return False
        self._headers = read_headers(bytes(self._buffer[: end.start()]))
        self._buffer[: end.end()] = _BREAK  # an empty part ends right here
        return True

    def _content(self, headers: dict[str, str]) -> bytes | None:
        """Return the part's content once it is whole, and leave what follows it."""
        stated = headers.get("content-length", "")
        if not self._distrusted and _LENGTH.match(stated):
            size = int(stated)
            if size > self._most:
                raise BadParts("part_too_large", 413)
            ends = self._ends_at(len(_BREAK) + size)
            if ends is None:
                return None
            if ends:
                return self._cut(len(_BREAK) + size)
            self._distrusted = True
        found = self._delimiter(self._seen)
        if found is None:
            self._seen = max(0, len(self._buffer) - len(self._mark) - _AROUND)
            return None
        return self._cut(found[0])

    def _ends_at(self, end: int) -> bool | None:
        """Say whether a part ends there; None while nobody can tell."""
        after = bytes(self._buffer[end : end + len(self._mark)])
        if after[:2] == _BREAK or after == self._mark:
            return True
        return None if _BREAK.startswith(after) or self._mark.startswith(after) else False

    def _cut(self, end: int) -> bytes:
        """Take a part's content, and leave the delimiter at the beginning of a line."""
        content = bytes(self._buffer[len(_BREAK) : end])
        del self._buffer[:end]
        if self._buffer[:2] != _BREAK:
            self._buffer[:0] = _BREAK
        return content

    def _delimiter(self, at: int) -> tuple[int, int, bool] | None:
        """Return where a delimiter and the line end before it begin, and where its line ends."""
        while (found := self._buffer.find(_BREAK + self._mark, at)) >= 0:
            line = self._line.match(self._buffer, found + len(_BREAK))
            if line is not None:
                return found, line.end(), line[1] is not None
            if len(self._buffer) - found < len(self._mark) + _AROUND:
                return None  # its line is not whole yet
            at = found + 1
        return None

    def _check_size(self) -> None:
        if len(self._buffer) > self._most + len(self._mark) + MOST_PART_HEAD:
            raise BadParts("part_too_large", 413)
