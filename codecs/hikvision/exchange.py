"""The HTTP of one connection: requests in, one answer to each, and how it ends."""

from __future__ import annotations

from gateway.codecs.hikvision.limits import MOST_BODY
from gateway.codecs.http.head import MOST_HEAD, BadHead
from gateway.codecs.http.inlet import Inlet

Pairs = list[tuple[str, str]]

MOST_HELD = MOST_BODY + MOST_HEAD
"""Bytes that may wait on a connection: a request, and the beginning of one sent too early."""
MOST_AHEAD = 128 * 1024
"""Bytes that may come while an answer is owed. No terminal is known to send its next event before
that (unknown); one with a picture fits."""


class Exchange:
    """Owns what is written and why the connection is over."""

    def __init__(self) -> None:
        self.inlet = Inlet()
        self.closing: str | None = None
        self.most_held = MOST_HELD
        """Bytes that may wait here."""
        self.parting: str | None = None
        """Why the connection ends with the answer that is still owed."""
        self._out = bytearray()
        self._asked_at: float | None = None

    def feed(self, data: bytes, mono: float, *, owing: bool) -> None:
        """Take bytes; ``owing`` says that an answer is owed. Raises BadHead."""
        self.inlet.feed(data, mono)
        if self.inlet.held > (MOST_AHEAD if owing else self.most_held):
            raise BadHead("unasked_bytes", 0)

    def output(self) -> bytes:
        """Return and forget the bytes to be sent."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    def go_on(self) -> None:
        """Tell a terminal that waits for it to send the body."""
        if self.inlet.expects_continue():
            self._out += b"HTTP/1.1 100 Continue\r\n\r\n"

    def begun(self, mono: float, within_s: float) -> float:
        """Return when the terminal began to ask, a first try without authentication included."""
        first, self._asked_at = self._asked_at, None
        begun = self.inlet.begun if self.inlet.begun is not None else mono
        return first if first is not None and mono - first < within_s else begun

    def reply(self, status: int, mono: float, *, close: bool = False) -> None:
        """Answer without a body."""
        self._reply(status, [("Content-Length", "0")], b"", mono, close=close)

    def challenge(self, challenges: Pairs, mono: float, *, close: bool = False) -> None:
        """Ask the terminal to authenticate itself; its patience goes on running."""
        self._asked_at = self._asked_at or self.inlet.begun
        self._reply(401, [*challenges, ("Content-Length", "0")], b"", mono, close=close)

    def tell(self, body: bytes, mono: float) -> None:
        """Answer with a JSON text."""
        self.say(200, [("Content-Type", "application/json")], body, mono)

    def say(
        self, status: int, headers: Pairs, body: bytes, mono: float, *, close: bool = False
    ) -> None:
        """Answer with headers of one's own before the usual ones."""
        more = [("Content-Length", str(len(body)))]
        self._reply(status, [*headers, *more], body, mono, close=close)

    def _reply(self, status: int, headers: Pairs, body: bytes, mono: float, *, close: bool) -> None:
        close = close or self.parting is not None
        headers.append(("Connection", "close" if close else "keep-alive"))
        self._out += self.inlet.answer(status, headers, body, mono=mono)
        if close or self.inlet.must_close:
            self.closing = self.parting or ("refused" if close else "peer_asked")
