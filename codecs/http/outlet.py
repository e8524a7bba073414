"""Requests into a stream and their answers out of it: the client's side of one connection.

h11 reads and writes. What it does not bound is bounded here: the whole of an answer, from the first
byte of its head, and how many interim answers may precede it. Opens nothing and follows nothing: a
redirect is an answer like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import h11

MOST_HEAD = 16 * 1024
"""Bytes of a head; terminals' have a few hundred."""
MOST_AROUND = 64 * 1024
"""Bytes of an answer beside its body: heads, interim answers, and what chunks cost."""
AGENT = "gatepost"


class BadAnswer(Exception):
    """There is no answer that can be used; ``reason`` is of `gateway.codecs.errand.REASONS`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    """Beside Host, Content-Length and User-Agent."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An answer, whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """Return the first header of that name, empty where there is none."""
        return next((value for known, value in self.headers if known == name), "")


class Outlet:
    """One connection's exchanges, one after the other."""

    def __init__(self, host: str) -> None:
        """``host`` is what the Host header says."""
        self._host = host
        self._library = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        self._response: h11.Response | None = None
        self._body = bytearray()
        self._room = 0
        self._most = 0
        self._waiting = False
        self.heard = False
        """Something of the present answer has arrived."""

    @property
    def idle(self) -> bool:
        """Another request may be sent on this connection."""
        return not self._waiting and self._library.our_state is h11.IDLE

    def ask(self, request: Request, most: int) -> bytes:
        """Return the bytes of a request whose answer may have a body of ``most`` bytes.

        Raises ValueError for a request that cannot be written, such as one with a blank in its
        target.
        """
        assert self.idle
        headers = [("Host", self._host), ("User-Agent", AGENT), *request.headers]
        if request.body or request.method in ("POST", "PUT"):
            headers.append(("Content-Length", str(len(request.body))))
        try:
            head = h11.Request(method=request.method, target=request.target, headers=headers)
        except h11.LocalProtocolError as error:
            raise ValueError(str(error)) from None
        self._response, self._body = None, bytearray()
        self._most, self._room = most, most + MOST_AROUND
        self._waiting, self.heard = True, False
        pieces = [self._library.send(head)]
        if request.body:
            pieces.append(self._library.send(h11.Data(data=request.body)))
        pieces.append(self._library.send(h11.EndOfMessage()))
        return b"".join(piece for piece in pieces if piece)

    def feed(self, data: bytes) -> Received | None:
        """Take bytes; return the answer once it is whole. Raises BadAnswer."""
        if not self._waiting:
            raise BadAnswer("not_http", "bytes that nobody asked for")
        self.heard = self.heard or bool(data)
        self._room -= len(data)
        if self._room < 0:
            raise BadAnswer("too_large")
        return self._read(data)

    def end(self) -> Received | None:
        """Take the end of the stream, which ends a body without a length. Raises BadAnswer."""
        if not self._waiting:
            return None
        received = self._read(b"")
        if received is None:
            raise BadAnswer("cut")
        return received

    def _read(self, data: bytes) -> Received | None:
        ended = not data
        try:
            self._library.receive_data(data)
            while True:
                event = self._library.next_event()
                if isinstance(event, h11.Response):
                    self._response = event
                elif isinstance(event, h11.Data):
                    self._collect(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    return self._whole()
                elif not isinstance(event, h11.InformationalResponse):
                    return None
        except h11.RemoteProtocolError as error:
            raise BadAnswer("cut" if ended else "not_http", str(error)) from None

    def _collect(self, data: bytes | bytearray) -> None:
        if len(self._body) + len(data) > self._most:
            raise BadAnswer("too_large")
        self._body += data

    def _whole(self) -> Received:
        response, self._response = self._response, None
        assert response is not None
        self._waiting = False
        kept = self._library
        if (
            kept.our_state is h11.DONE
            and kept.their_state is h11.DONE
            and not kept.trailing_data[0]
        ):
            kept.start_next_cycle()
        return Received(
            status=response.status_code,
            headers=tuple(
                (name.decode(), value.decode("latin-1")) for name, value in response.headers
            ),
            body=bytes(self._body),
        )
