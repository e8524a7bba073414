"""Running an examiner against a terminal over TCP: one connection after another, until it is done.

Plain sockets and a clock; what is said is the examiner's business. Between two connections the
terminal may stay away as long as its back-off wants.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

from gateway.codecs.kit.exam import Examiner
from gateway.domain.times import Instant

TICK_S = 0.05
"""Between two looks at the clock while nothing arrives."""
READ = 65_536

Connect = Callable[[float], socket.socket | None]
"""Returns a connected socket, or None when there was none within the seconds given."""


def _instant() -> Instant:
    return Instant(time.monotonic(), time.time_ns() // 1_000_000)


def examine(examiner: Examiner, connect: Connect, seconds: float) -> None:
    """Run until everything was tried or the time is over."""
    end = time.monotonic() + seconds
    while not examiner.done and time.monotonic() < end:
        line = connect(min(1.0, max(0.0, end - time.monotonic())))
        if line is None:
            examiner.tick(_instant())
            continue
        with line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            examiner.connected(_instant())
            _converse(examiner, line, end)
        examiner.lost(_instant())


def _converse(examiner: Examiner, line: socket.socket, end: float) -> None:
    while time.monotonic() < end:
        try:
            for piece in examiner.pieces():
                line.sendall(piece)
            if examiner.hang_up:
                return
            if select.select([line], [], [], TICK_S)[0]:
                data = line.recv(READ)
                if not data:
                    return
                examiner.feed(data, _instant())
        except OSError:
            return
        examiner.tick(_instant())


def listening(
    host: str, port: int
) -> tuple[socket.socket, Callable[[float], socket.socket | None]]:
    """Wait for terminals to dial; return the listening socket and how to get connections of it."""
    server = socket.create_server((host, port))

    def accept(seconds: float) -> socket.socket | None:
        if not select.select([server], [], [], seconds)[0]:
            return None
        return server.accept()[0]

    return server, accept


def dialling(host: str, port: int) -> Connect:
    """Dial a terminal that waits to be dialled, as some do on a bench."""

    def dial(seconds: float) -> socket.socket | None:
        try:
            return socket.create_connection((host, port), timeout=max(seconds, TICK_S))
        except OSError:
            time.sleep(TICK_S)
            return None

    return dial
