"""`python -m benchmarks.baselines.echo`: a bare asyncio Protocol, on asyncio's own loop.

It sends back what it reads. A HELLO or AUTH is answered with a frame of the size a gateway's
answer has, so a storm of logins can be held against the same exchange without any of its meaning.
On a third port heartbeats are answered by hand.
"""

from __future__ import annotations

import asyncio
import resource

from gateway.codecs.yls.frame import SOF, pack
from gateway.codecs.yls.registers import DIR, RSP, Command

from benchmarks.baselines.beats import Beats

HELLO_ANSWER = pack(DIR | RSP, 0, Command.HELLO, 1, 0, bytes(79))
AUTH_ANSWER = pack(DIR | RSP, 0, Command.AUTH, 2, 0, bytes(76))
_LOGIN = {
    SOF.to_bytes(2, "big") + bytes((0, 1)): HELLO_ANSWER,
    SOF.to_bytes(2, "big") + bytes((0, 2)): AUTH_ANSWER,
}


class Echo(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class Login(Echo):
    """One connection that only ever logs in."""

    def data_received(self, data: bytes) -> None:
        self._transport.write(_LOGIN[data[:2] + data[6:8]])


async def main() -> None:
    """Serve all three until killed; the first line of output holds the ports."""
    loop = asyncio.get_running_loop()
    echo = await loop.create_server(Echo, "127.0.0.1", 0, backlog=4096)
    login = await loop.create_server(Login, "127.0.0.1", 0, backlog=4096)
    beats = await loop.create_server(Beats, "127.0.0.1", 0, backlog=4096)
    ports = [server.sockets[0].getsockname()[1] for server in (echo, login, beats)]
    print(*ports, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main())
