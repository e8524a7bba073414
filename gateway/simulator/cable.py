"""A null-modem cable made of two pseudo-terminals, for serial lines where there is no hardware.

Each end has a path that a program opens as it would a serial port. What is written at one end comes
out at the other. An end that nobody has open loses what is sent to it, as a real one does.
"""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Callable
from contextlib import suppress

READ_BYTES = 4096
LOOK_AGAIN_S = 0.05
"""How soon an end that nobody has open is looked at again."""

Passing = Callable[[bytes], bytes]
"""What happens to bytes on their way."""


def untouched(data: bytes) -> bytes:
    """Let bytes pass as they are."""
    return data


class End:
    """One end of the cable: the master side of a pseudo-terminal whose slave has a path."""

    def __init__(self) -> None:
        self.fd, slave = os.openpty()
        self.path = os.ttyname(slave)
        """What the program at this end opens."""
        tty.setraw(slave)  # else an end that is not open yet would echo
        os.close(slave)
        os.set_blocking(self.fd, False)
        self.waiting = bytearray()

    def read(self) -> bytes | None:
        """Return what the program wrote; None while nobody has this end open."""
        try:
            return os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def write(self) -> bool:
        """Hand over what waits; True once nothing does."""
        with suppress(BlockingIOError):
            del self.waiting[: os.write(self.fd, self.waiting)]
        return not self.waiting

    def close(self) -> None:
        """Pull this end out of the machine: whoever has it open sees the port go."""
        os.close(self.fd)


class Cable:
    """Both ends, and the event loop that carries bytes between them."""

    def __init__(self, there: Passing = untouched, back: Passing = untouched) -> None:
        """``there`` is applied to what travels from ``near`` to ``far``, ``back`` to the rest."""
        self.near = End()
        self.far = End()
        self._loop = asyncio.get_running_loop()
        self._looks: dict[int, asyncio.TimerHandle] = {}
        self._closed = False
        self._watch(self.near, self.far, there)
        self._watch(self.far, self.near, back)

    def close(self) -> None:
        """Pull both ends."""
        if self._closed:
            return
        self._closed = True
        for look in self._looks.values():
            look.cancel()
        for end in (self.near, self.far):
            self._loop.remove_reader(end.fd)
            self._loop.remove_writer(end.fd)
            end.close()

    def _watch(self, source: End, target: End, passing: Passing) -> None:
        self._loop.add_reader(source.fd, self._carry, source, target, passing)

    def _carry(self, source: End, target: End, passing: Passing) -> None:
        data = source.read()
        if data is None:
            # Nobody has this end open, and the kernel would tell us so without a pause.
            self._loop.remove_reader(source.fd)
            target.waiting.clear()
            self._looks[source.fd] = self._loop.call_later(
                LOOK_AGAIN_S, self._watch, source, target, passing
            )
            return
        target.waiting += passing(data)
        if target.waiting and not target.write():
            self._loop.remove_reader(source.fd)
            self._loop.add_writer(target.fd, self._drain, source, target, passing)

    def _drain(self, source: End, target: End, passing: Passing) -> None:
        if target.write():
            self._loop.remove_writer(target.fd)
            self._watch(source, target, passing)
