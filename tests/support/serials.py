"""Serial ports without hardware: pseudo-terminals, a reactor on the running loop, plain callers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from gateway.protocols.serial_device import PortSettings, open_device
from gateway.protocols.serial_port import PortCounts, SerialPort
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.interfaces import IReactorFDSet

from gateway.simulator.cable import End
from tests.support.waiting import until


@contextmanager
def reactor_here() -> Iterator[IReactorFDSet]:
    """Put Twisted's reactor on the running loop for the length of a block."""
    reactor = AsyncioSelectorReactor(asyncio.get_running_loop())
    try:
        yield cast(IReactorFDSet, reactor)
    finally:
        reactor.removeAll()  # type: ignore[no-untyped-call]
        for waker in list(reactor._internalReaders):
            waker.connectionLost(None)


@contextmanager
def end() -> Iterator[End]:
    """Make a pseudo-terminal whose other side the test holds."""
    made = End()
    try:
        yield made
    finally:
        if made.fd >= 0:
            made.close()


def settings(path: str, **changes: Any) -> PortSettings:
    return PortSettings(path=path, **changes)


def plug(protocol: Any, path: str, reactor: IReactorFDSet, **changes: Any) -> SerialPort:
    """Open a port for a protocol, as a door does."""
    wanted = settings(path, **changes)
    counts = PortCounts()
    return SerialPort(protocol, open_device(wanted), reactor, counts, wanted.write_bytes)


async def hear(side: End, size: int) -> bytes:
    """Read so many bytes at the test's side."""
    heard = bytearray()

    def look() -> bool:
        heard.extend(side.read() or b"")
        return len(heard) >= size

    await until(look, f"{size} bytes", 10)
    return bytes(heard)


async def say(side: End, data: bytes) -> None:
    """Write at the test's side, however slowly they are taken."""
    side.waiting += data
    await until(side.write, "all is taken", 10)


def unplug(side: End) -> None:
    """Pull the test's side out: the port on the other side is gone."""
    os.close(side.fd)
    side.fd = -1
