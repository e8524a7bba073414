"""A request whose answer has no end: its head once, then the body as it comes."""

from __future__ import annotations

import h11
from gateway.codecs.http.outlet import MOST_HEAD, BadAnswer, Received, Request

MOST_REFUSAL = 64 * 1024
"""Bytes of the body of an answer that is no stream."""


class StreamOutlet:
    """One connection and its one request."""

    def __init__(self, host: str) -> None:
        """``host`` is what the Host header says."""
        self._host = host
        self._library = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        self._refusal = bytearray()
        self.head: Received | None = None
        """Status and headers; with its body where that ended."""
        self.refused = False
        """The answer is whole, and no stream."""
        self.bad: BadAnswer | None = None
        """Why nothing more comes: ``not_http``, ``too_large``, ``cut``."""

    def ask(self, request: Request) -> bytes:
        """Return the bytes of the request."""
        headers = [("Host", self._host), ("Connection", "keep-alive"), *request.headers]
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        pieces = (self._library.send(head), self._library.send(h11.EndOfMessage()))
        return b"".join(piece for piece in pieces if piece)

    def feed(self, data: bytes) -> bytes:
        """Take bytes, none at the end of the connection, and return what belongs to the stream."""
        streamed = bytearray()
        try:
            self._library.receive_data(data)
            while self.bad is None and not self.refused:
                event = self._library.next_event()
                if isinstance(event, h11.Response):
                    self.head = _head(event)
                elif isinstance(event, h11.Data):
                    streamed += self._take(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage):
                    self._end()
                elif not isinstance(event, h11.InformationalResponse):
                    break
        except h11.RemoteProtocolError as error:
            self.bad = BadAnswer("not_http" if data else "cut", str(error))
        return bytes(streamed)

    def _take(self, data: bytes) -> bytes:
        assert self.head is not None
        if self.head.status == 200:
            return data
        self._refusal += data
        if len(self._refusal) > MOST_REFUSAL:
            self.bad = BadAnswer("too_large")
        return b""

    def _end(self) -> None:
        assert self.head is not None
        if self.head.status == 200:
            self.bad = BadAnswer("cut", "the stream ended")
            return
        self.head = Received(
            status=self.head.status, headers=self.head.headers, body=bytes(self._refusal)
        )
        self.refused = True


def _head(response: h11.Response) -> Received:
    headers = tuple((name.decode(), value.decode("latin-1")) for name, value in response.headers)
    return Received(status=response.status_code, headers=headers)
