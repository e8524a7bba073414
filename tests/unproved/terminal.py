"""The device side of the city terminal interface over a real socket."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Self

from gateway.codecs.cti.device import CtiDevice

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with which a close is a reset."""


class Wire:
    """One connection of a terminal."""

    def __init__(self, device: CtiDevice, port: int, source: str) -> None:
        self.device = device
        self._socket = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
        self._socket.settimeout(10)
        device.connected()

    def send(self) -> None:
        """Send what the device has to say."""
        self._socket.sendall(self.device.output())

    def until(self, done: Callable[[], bool]) -> bool:
        """Carry bytes both ways until ``done``; False when the gateway hung up before."""
        self.send()
        while not done():
            data = self._read()
            if not data:
                return False
            self.device.feed(data)
            self.send()
        return True

    def cut(self) -> None:
        """Reset the connection, as a power cut or a lost route does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _read(self) -> bytes:
        try:
            return self._socket.recv(65_536)
        except ConnectionResetError:
            return b""
