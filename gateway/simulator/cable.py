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

NEAR, FAR = 0, 1

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
        """``there`` is applied to what travels from the near end to the far one, ``back`` to the
        rest.
        """
        self._ends = [End(), End()]
        self._passing = (there, back)
        self._loop = asyncio.get_running_loop()
        self._looks: list[asyncio.TimerHandle | None] = [None, None]
        self._closed = False
        for side in (NEAR, FAR):
            self._watch(side)

    @property
    def near(self) -> End:
        """One end."""
        return self._ends[NEAR]

    @property
    def far(self) -> End:
        """The other."""
        return self._ends[FAR]

    def pull(self, side: int) -> None:
        """Pull one end out of its machine and put it in again, under another path."""
        self._part(side)
        self._ends[side] = End()
        self._watch(side)
        self._watch(1 - side)

    def close(self) -> None:
        """Pull both ends."""
        if not self._closed:
            self._closed = True
            self._part(NEAR)
            self._part(FAR)

    def _part(self, side: int) -> None:
        look, self._looks[side] = self._looks[side], None
        if look is not None:
            look.cancel()
        end = self._ends[side]
        self._loop.remove_reader(end.fd)
        self._loop.remove_writer(end.fd)
        end.close()

    def _watch(self, side: int) -> None:
        self._looks[side] = None
        self._loop.add_reader(self._ends[side].fd, self._carry, side)

    def _carry(self, side: int) -> None:
        source, target = self._ends[side], self._ends[1 - side]
        data = source.read()
        if data is None:
            # Nobody has this end open, and the kernel would tell us so without a pause.
            self._loop.remove_reader(source.fd)
            self._looks[side] = self._loop.call_later(LOOK_AGAIN_S, self._watch, side)
            return
        target.waiting += self._passing[side](data)
        if target.waiting and not target.write():
            self._loop.remove_reader(source.fd)
            self._loop.add_writer(target.fd, self._drain, side)

    def _drain(self, side: int) -> None:
        if self._ends[1 - side].write():
            self._loop.remove_writer(self._ends[1 - side].fd)
            self._watch(side)
