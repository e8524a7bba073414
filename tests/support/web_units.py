"""A terminal's web server that does exactly what a test says, over a real socket."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from gateway.domain.access import Access
from gateway.domain.times import Instant

Reply = Callable[[bytes], bytes | None]
"""From a request, head and body, to what is sent; None hangs up. An answer may be no answer."""
CHALLENGE = (
    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
    b'WWW-Authenticate: Digest qop="auth", realm="DS", nonce="%d"\r\n\r\n'
)


class Unit:
    """What it was asked, and by how many connections."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = replies
        """One for each request; the last one stays."""
        self.asked: list[bytes] = []
        self.heard = asyncio.Event()
        self.connections = 0
        self.port = 0
        self.open: list[asyncio.StreamWriter] = []
        self.serving: list[asyncio.Task[None]] = []

    @property
    def access(self) -> Access:
        return Access(host="127.0.0.1", port=self.port, user="admin", password="Gate-2026!")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.append(writer)
        served = asyncio.current_task()
        assert served is not None
        self.serving.append(served)
        try:
            while (request := await read_request(reader)) is not None:
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                self.asked.append(request)
                self.heard.set()
                said = reply(request)
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> bytes | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
        return head + (await reader.readexactly(int(length[0].split(b":")[1])) if length else b"")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


@asynccontextmanager
async def unit(*replies: Reply, tls: ssl.SSLContext | None = None) -> AsyncIterator[Unit]:
    """Serve for the length of a block."""
    one = Unit(list(replies))
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        for writer in one.open:
            writer.close()
        await asyncio.gather(*one.serving)


@contextmanager
def served(*replies: Reply) -> Iterator[Unit]:
    """Serve in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()
    found: list[Unit] = []

    async def main() -> None:
        async with unit(*replies) as one:
            found.append(one)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    ready.wait(10)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def says(body: bytes = b"ok", status: str = "200 OK", *headers: str) -> Reply:
    """Answer every request alike."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda _: "\r\n".join(lines).encode() + body


def raw(said: bytes) -> Reply:
    """Send bytes, whatever was asked."""
    return lambda _: said


def hangs_up(_: bytes) -> None:
    """End the connection without an answer."""


def named(serial: str, then: Reply) -> Reply:
    """Tell who one is to whoever asks, and answer everything else with ``then``."""
    plate = f"<DeviceInfo><serialNumber>DS-K1{serial}</serialNumber></DeviceInfo>"
    tells = says(plate.encode(), "200 OK", "Content-Type: application/xml")
    return lambda request: (tells if b"/ISAPI/System/deviceInfo" in request else then)(request)


def wants_digest(then: Reply) -> Reply:
    """Challenge whoever proves nothing."""
    return lambda request: then(request) if b"Authorization: Digest" in request else CHALLENGE % 1


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.mono = 1000.0

    def __call__(self) -> Instant:
        return Instant(self.mono, round(self.mono * 1000))
