"""Requests out of a stream, one after the other, and the answers to them.

Owns the bytes between the socket and a dialect. h11 decodes bodies and writes answers; what it is
given was judged by `gateway.codecs.http.head`. A request is finished by its answer: the next one
begins only after `answer`, however early its bytes came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import h11
from gateway.codecs.http.head import BadHead, Head, find_end, judge_start, read_head

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MOST_STRAY = 4 * 1024
"""Bytes that may lie between a body whose announced length was too small and the next request."""
MOST_BLANK_LINES = 2
"""Before a request: some clients end a body with a line end that they do not count."""
_NEXT = re.compile(rb"(?:POST|PUT) /")
_NEXT_SIZE = 6

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}

Headers = Sequence[tuple[str, str]]


class Inlet:
    """One connection's requests."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0
        self._library: h11.Connection | None = None
        self._body = bytearray()
        self._limit: int | None = None
        """Bytes of body still to be taken; None until somebody wants it."""
        self._keep = False
        self._complete = False
        self._stray: int | None = None
        self._blank = 0
        self._fed = 0.0
        self.must_close = False
        """The answer that was made last is the last one on this connection."""
        self.begun: float | None = None
        """Monotonic seconds at which the present request began to arrive."""

    @property
    def held(self) -> int:
        """Bytes that wait here, undecoded ones and body."""
        return len(self._buffer) + len(self._body)

    @property
    def unfinished(self) -> bool:
        """A request has begun that has not arrived whole."""
        return self.begun is not None and not self._complete

    def feed(self, data: bytes, mono: float) -> None:
        """Take bytes."""
        self._buffer += data
        self._fed = mono
        if self._buffer and self._stray is None and self.begun is None:
            self.begun = mono

    def head(self) -> Head | None:
        """Return the head of the next request once it is whole; raises BadHead."""
        if self._library is not None:
            return None
        if self._stray is not None and not self._skip():
            return None
        self._drop_blank_lines()
        if not self._buffer:
            return None
        judge_start(self._buffer)
        end = find_end(self._buffer, self._seen)
        self._seen = len(self._buffer)
        if not end:
            return None
        head = read_head(bytes(self._buffer[:end]))
        del self._buffer[:end]
        self._seen = 0
        self._start(head)
        return head

    def _drop_blank_lines(self) -> None:
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
            self._seen, self._blank = 0, self._blank + 1
            if self._blank > MOST_BLANK_LINES:
                raise BadHead("blank_lines", 400)
        if not self._buffer:
            self.begun = None

    def _start(self, head: Head) -> None:
        library = h11.Connection(h11.SERVER, max_incomplete_event_size=len(head.raw) + 8192)
        library.receive_data(head.raw)
        try:
            library.next_event()
        except h11.RemoteProtocolError as error:
            raise BadHead("head", error.error_status_hint) from None
        self._library = library
        self._limit, self._keep, self._complete = None, False, False

    def expects_continue(self) -> bool:
        """Say whether the terminal waits for a word before it sends the body."""
        library = self._library
        return library is not None and library.they_are_waiting_for_100_continue

    def take_body(self, limit: int, announced: str) -> None:
        """Keep the body, up to ``limit`` bytes; raises BadHead when more are announced."""
        if announced and int(announced) > limit:
            raise BadHead("body_too_large", 413)
        self._limit, self._keep = limit, True

    def skip_body(self, limit: int) -> None:
        """Read the body, up to ``limit`` bytes, and forget it."""
        self._limit, self._keep = limit, False

    def body(self) -> bytes | None:
        """Return the whole body once; raises BadHead."""
        library = self._library
        if library is None or self._complete or self._limit is None:
            return None
        if self._buffer:
            library.receive_data(bytes(self._buffer))
            self._buffer.clear()
        try:
            while True:
                event = library.next_event()
                if isinstance(event, h11.Data):
                    self._collect(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    return self._end(library)
                else:
                    return None
        except h11.RemoteProtocolError as error:
            raise BadHead("body", error.error_status_hint) from None

    def _collect(self, data: bytes | bytearray) -> None:
        assert self._limit is not None
        self._limit -= len(data)
        if self._limit < 0:
            raise BadHead("body_too_large", 413)
        if self._keep:
            self._body += data

    def _end(self, library: h11.Connection) -> bytes:
        self._complete = True
        self._buffer += library.trailing_data[0]
        body = bytes(self._body)
        self._body = bytearray()
        return body

    def resynchronise(self) -> None:
        """Skip what follows up to the next request: the body was longer than announced."""
        self._stray = 0

    def answer(self, status: int, headers: Headers, body: bytes = b"", *, mono: float) -> bytes:
        """Return the bytes of an answer and make room for the next request."""
        library, self._library = self._library, None
        self._complete, self._blank = False, 0
        self.begun = mono if self._buffer and self._stray is None else None
        if library is None or library.our_state is not h11.SEND_RESPONSE:
            library = _unasked()
        response = h11.Response(
            status_code=status, headers=list(headers), reason=REASONS[status].encode()
        )
        sent = [library.send(response)]
        if body:
            sent.append(library.send(h11.Data(data=body)))
        sent.append(library.send(h11.EndOfMessage()))
        self.must_close = library.our_state is not h11.DONE
        return b"".join(piece for piece in sent if piece)

    def _skip(self) -> bool:
        """Drop bytes up to the next request; say whether it is there. Raises BadHead."""
        assert self._stray is not None
        found = _NEXT.search(self._buffer)
        gone = found.start() if found else max(0, len(self._buffer) - _NEXT_SIZE)
        del self._buffer[:gone]
        if self._stray + gone > MOST_STRAY:
            raise BadHead("stray_bytes", 0)
        self._stray = None if found else self._stray + gone
        self.begun = self._fed if found else None
        return found is not None


def _unasked() -> h11.Connection:
    """Return a library that can write an answer to what was no request."""
    library = h11.Connection(h11.SERVER)
    library.receive_data(b"POST / HTTP/1.1\r\nHost: unnamed\r\nContent-Length: 0\r\n\r\n")
    library.next_event()
    return library
