"""The head of a request: cut out of the stream and looked at before any library believes it.

Stricter than h11 where two readers of one head could disagree about where its body ends, and about
what costs memory: bare line feeds, folded lines, doubled or listed lengths, a length beside a
transfer coding, too many headers. More lenient in two things terminals do: blank lines before a
request, and a missing Host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_LINE = 8 * 1024
MOST_HEAD = 32 * 1024
MOST_HEADERS = 64
"""Bytes of a line, bytes of a head, headers in it: ours, for the maker names no bounds. A terminal
sends about ten headers in 400 bytes."""

_END = re.compile(rb"\r?\n\r?\n")
_END_SIZE = 4
_START = re.compile(rb"[A-Z]{1,10} ")
_LEGAL_START = re.compile(rb"(?:\r|[A-Z]{0,10})\Z")
_STRAY = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\Z")
_REQUEST = re.compile(rb"([A-Z]{1,10}) ([!-~]+) HTTP/([0-9])\.([0-9])\Z")
_LENGTH = re.compile(rb"[0-9]{1,10}\Z")
_LAST = 16
"""Bytes of a first line that show whether it can be a request at all."""


class BadHead(Exception):
    """No request that is served; ``status`` 0 means to hang up without a word."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A request without its body."""

    method: str
    target: str
    """Exactly as sent, query included."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, values as Latin-1."""
    raw: bytes
    """The bytes, for the library, with a Host where there was none."""

    def header(self, name: str) -> str:
        """Return the first header of that name, or an empty text."""
        return next((value for known, value in self.headers if known == name), "")


def judge_start(buffer: bytes | bytearray) -> None:
    """Raise BadHead without a status as soon as the first bytes cannot begin a request."""
    if _START.match(buffer):
        return
    first = bytes(buffer[:_LAST])
    if first[:1] == b"\x16":
        raise BadHead("tls_on_plain_port", 0)
    if first[:1] == b"\x10":
        raise BadHead("isup", 0)
    if not _LEGAL_START.match(first):
        raise BadHead("no_http", 0)


def find_end(buffer: bytearray, seen: int) -> int:
    """Return where the head ends, or 0; ``seen`` bytes were searched before.

    Raises BadHead(``head_too_large``).
    """
    end = _END.search(buffer, max(0, seen - _END_SIZE))
    size = len(buffer) if end is None else end.end()
    if size > MOST_HEAD:
        raise BadHead("head_too_large", 431)
    return 0 if end is None else size


def read_head(raw: bytes) -> Head:
    """Read a whole head; raises BadHead."""
    if _STRAY.search(raw):
        raise BadHead("stray_control", 400)
    first, *lines = raw[:-_END_SIZE].split(b"\r\n")
    if len(first) > MOST_LINE or len(lines) > MOST_HEADERS:
        raise BadHead("head_too_large", 431)
    request = _REQUEST.match(first)
    if request is None:
        raise BadHead("request_line", 400)
    if request[3] != b"1":
        raise BadHead("http_version", 0 if first.startswith(b"PRI ") else 505)
    headers = tuple(map(_header, lines))
    _judge_length(headers)
    if not any(name == "host" for name, _ in headers):
        raw = first + b"\r\nHost: unnamed" + raw[len(first) :]
    return Head(method=request[1].decode(), target=request[2].decode(), headers=headers, raw=raw)


def _header(line: bytes) -> tuple[str, str]:
    if len(line) > MOST_LINE:
        raise BadHead("head_too_large", 431)
    if line[:1] in (b" ", b"\t"):
        raise BadHead("folded_header", 400)
    found = _LINE.match(line)
    if found is None:
        raise BadHead("header", 400)
    return found[1].decode().lower(), found[2].decode("latin-1")


def _judge_length(headers: tuple[tuple[str, str], ...]) -> None:
    lengths = [value for name, value in headers if name == "content-length"]
    codings = [value for name, value in headers if name == "transfer-encoding"]
    if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        raise BadHead("ambiguous_length", 400)
    if lengths and not _LENGTH.match(lengths[0].encode("latin-1")):
        raise BadHead("content_length", 400)
