"""One connection to a terminal that is a server: a request goes out, its answer comes back."""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from typing import Any, Protocol, TypeVar

from gateway.codecs.http.outlet import BadAnswer, Outlet, Received, Request
from gateway.protocols.streams import StreamProtocol
from gateway.protocols.transport import Link, SoleProtocol, connect
from twisted.python.failure import Failure

from gateway.domain.access import Access


class Line(StreamProtocol, Protocol):
    """What a connection is made for."""

    def hang_up(self) -> None:
        """End the connection at once."""


L = TypeVar("L", bound=Line)


class CallLine:
    """Twisted's IProtocol around an `Outlet`; one exchange at a time."""

    def __init__(self, host: str) -> None:
        self._outlet = Outlet(host)
        self._link: Link | None = None
        self._answer: asyncio.Future[Received] | None = None
        self.idle_since = 0.0
        """Monotonic seconds, kept by whoever uses the line."""

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return self._link is not None and self._outlet.idle

    @property
    def heard(self) -> bool:
        """Whether something of the present answer has come."""
        return self._outlet.heard

    async def exchange(self, request: Request, most: int) -> Received:
        """Send a request and return its answer; raises BadAnswer. Cancelling hangs up."""
        assert self._link is not None
        sent = self._outlet.ask(request, most)
        self._answer = asyncio.get_running_loop().create_future()
        self._link.write(sent)
        try:
            received = await self._answer
        except BaseException:
            self.hang_up()
            raise
        finally:
            self._answer = None
        if not self._outlet.idle:
            self.hang_up()
        return received

    def hang_up(self) -> None:
        """End the connection at once."""
        link, self._link = self._link, None
        if link is not None:
            link.abortConnection()

    def makeConnection(self, transport: Any) -> None:
        """Begin."""
        self._link = transport

    def dataReceived(self, data: bytes) -> None:
        """Take what arrived."""
        self._take(data)

    def connectionLost(self, reason: Failure) -> None:
        """Take note of the end, which may be that of an answer."""
        del reason
        self._link = None
        self._take(b"")

    def _take(self, data: bytes) -> None:
        answer = self._answer
        waiting = answer is not None and not answer.done()
        try:
            received = self._outlet.feed(data) if data else self._outlet.end()
        except BadAnswer as bad:
            if answer is not None and waiting:
                answer.set_exception(bad)
            self.hang_up()
            return
        if received is not None and answer is not None and waiting:
            answer.set_result(received)


async def dial(access: Access) -> CallLine:
    """Connect for calls; raises as `reach`."""
    return await reach(access, CallLine(host_of(access)))


def host_of(access: Access) -> str:
    """Return what the Host header says."""
    return access.url.partition("//")[2]


async def reach(access: Access, line: L) -> L:
    """Connect a line; raises OSError, or BadAnswer ``tls`` where a secure one cannot be trusted."""
    tls = _context() if access.secure else None
    loop = asyncio.get_running_loop()
    try:
        link = await connect(loop, SoleProtocol(line), access.host, access.port, tls=tls)
    except ssl.SSLError as error:
        raise BadAnswer("tls", str(error)) from None
    if access.secure:
        shown = hashlib.sha256(link.peer_certificate()).digest()
        if not hmac.compare_digest(shown, access.fingerprint):
            line.hang_up()
            raise BadAnswer("tls", f"its certificate is {shown.hex()}")
    return line


def _context() -> ssl.SSLContext:
    """Return a context that accepts any certificate: whose it is, its fingerprint tells."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
