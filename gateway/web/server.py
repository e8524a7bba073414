"""A small, bounded HTTP server for pages that are made anew at each request.

It answers GET and HEAD, takes no body, reads little before it answers, and writes no access log.
What the pages say is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet.interfaces import IReactorTCP
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web import http

LINE_BYTES = 2_048
HEADER_BYTES = 8_192
HEADERS = 50
"""Bounds of a request's head; monitoring systems and browsers stay far below."""
IDLE_S = 30
"""Seconds after which a connection without a request is closed; scrapes come every 15 s."""
CONNECTIONS = 64
"""Operators and monitoring at once; more are closed unread."""

GUARDS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a page says."""

    content_type: str
    body: bytes
    code: int = http.OK


NOT_FOUND = Answer(
    content_type="text/plain; charset=utf-8", body=b"There is no such page.\n", code=http.NOT_FOUND
)
NOT_ALLOWED = Answer(
    content_type="text/plain; charset=utf-8", body=b"Only GET and HEAD.\n", code=http.NOT_ALLOWED
)

Pages = Mapping[bytes, Callable[[], Answer]]
"""What makes a page, by its path."""


class PageRequest(http.Request):
    """A request without a body; one that announces a body is refused before it is read."""

    channel: PageChannel
    _refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """Refuse every body; None means one of unknown length."""
        super().gotLength(0)  # type: ignore[no-untyped-call]
        if length != 0:
            self._refused = True
            self.channel.refuse_body()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Ignore what still arrives of a refused body."""

    def process(self) -> None:
        """Answer, unless that has been done."""
        if self._refused:
            return
        if self.method not in (b"GET", b"HEAD"):
            self.responseHeaders.setRawHeaders("Allow", ["GET, HEAD"])
            self._answer(NOT_ALLOWED)
        else:
            make = self.channel.factory.pages.get(self.path)
            self._answer(NOT_FOUND if make is None else make())

    def _answer(self, answer: Answer) -> None:
        self.setResponseCode(answer.code)
        headers = {
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            **GUARDS,
        }
        for name, value in headers.items():
            self.responseHeaders.setRawHeaders(name, [value])
        # Twisted swallows the body of an answer to HEAD.
        self.write(answer.body)  # type: ignore[no-untyped-call]
        self.finish()  # type: ignore[no-untyped-call]


class PageChannel(http.HTTPChannel):
    """One connection; its bounds are this module's."""

    MAX_LENGTH = LINE_BYTES
    maxHeaders = HEADERS  # noqa: N815
    totalHeadersSize = HEADER_BYTES  # noqa: N815
    requestFactory = PageRequest  # noqa: N815
    factory: PageFactory
    transport: Any

    def connectionMade(self) -> None:  # noqa: N802
        """Take a place, or close when there is none."""
        super().connectionMade()  # type: ignore[no-untyped-call]
        self.factory.connections += 1
        if self.factory.connections > CONNECTIONS:
            self.loseConnection()  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Give the place back."""
        self.factory.connections -= 1
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def refuse_body(self) -> None:
        """Say that no body is wanted, and close."""
        self.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        self.loseConnection()  # type: ignore[no-untyped-call]


class PageFactory(http.HTTPFactory):
    """Makes the channels and counts them."""

    protocol = PageChannel  # type: ignore[assignment]

    def __init__(self, pages: Pages, reactor: IReactorTCP) -> None:
        super().__init__(timeout=IDLE_S, reactor=reactor)
        self.pages = pages
        self.connections = 0

    def startFactory(self) -> None:  # noqa: N802
        """Start neither an access log nor the timer that formats its time each second."""

    def stopFactory(self) -> None:  # noqa: N802
        """Stop nothing, as nothing was started."""

    def log(self, request: http.Request) -> None:
        """Write nothing: a scrape is no news."""
