"""One terminal at the far side of a pseudo-terminal, in the process of the benchmark itself.

A serial line has one terminal, so there is nothing to spread: frames are made ahead, a window of
them is kept on its way, and answers are counted by their length.
"""

from __future__ import annotations

import os
import select
import time
import tty
from collections.abc import Sequence

from gateway.codecs.yls import clock
from gateway.codecs.yls.frame import Frame, whole
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.login_device import AUTH_SEQ, DeviceConfig, DeviceLogin
from gateway.codecs.yls.registers import DIR, RSP, Command
from gateway.codecs.yls.seal import Seal

from benchmarks.load.link import secret_of
from gateway.domain.events import StoredSeries
from gateway.domain.times import Instant

WINDOW = 4
"""Frames on their way, as YLS/1 allows by default."""
SAMPLE = 63
"""Mask of the answers that are verified: one in 64."""
PATIENCE_S = 10.0


class Wire:
    """The side of a pseudo-terminal that no program opens by a path."""

    def __init__(self) -> None:
        self._fd, slave = os.openpty()
        self.path = os.ttyname(slave)
        tty.setraw(slave)
        self._slave = slave
        """Kept open, so that the line outlives whoever serves it."""
        self._held = b""
        self.seal: Seal | None = None
        self.next_seq = AUTH_SEQ + 1

    def close(self) -> None:
        """Cut the line."""
        os.close(self._slave)
        os.close(self._fd)

    def log_in(self, serial: str, epoch: int) -> None:
        """Log in at the gateway that has the other side open."""
        config = DeviceConfig(serial=serial, key=secret_of(serial), channel=4)
        store = StoredSeries(series=epoch, first=1, last=0)
        login = DeviceLogin(config, os.urandom(16), [store], b"")
        os.write(self._fd, login.hello)
        os.write(self._fd, login.answer(_frame(self._frames(1)[0])))
        self.seal, _ = login.finish(_frame(self._frames(1)[0]), bare=False)

    def closed(self, frames: Sequence[bytes]) -> float:
        """Send all frames, a window at a time, and return the seconds until the last answer."""
        began = time.perf_counter()
        sent = answered = 0
        while answered < len(frames):
            room = WINDOW - (sent - answered)
            portion = frames[sent : sent + room]
            if portion:
                os.write(self._fd, b"".join(portion))
                sent += len(portion)
            for raw in self._frames(1):
                answered += self._take(raw, answered)
        return time.perf_counter() - began

    def _take(self, raw: bytes, answered: int) -> bool:
        """Count an answer; the gateway's question for the clock is answered and is none."""
        seal = self.seal
        if seal is None:
            return True  # a bare copy
        if raw[3] & DIR and not raw[3] & RSP:
            frame = _frame(raw)
            body = seal.open(frame)
            if body is None or frame.command != Command.TIME_SYNC:
                raise ValueError("the gateway asked something unexpected")
            reply = clock.answer(body, Instant(time.monotonic(), int(time.time() * 1000)))
            os.write(self._fd, seal.pack(RSP | seal.default, frame.command, frame.seq, reply))
            return False
        if not answered & SAMPLE and seal.open(_frame(raw)) is None:
            raise ValueError("an answer of the gateway does not open")
        return True

    def _frames(self, least: int) -> list[bytes]:
        """Read until so many whole frames are here; raises TimeoutError."""
        found: list[bytes] = []
        while len(found) < least:
            if not select.select([self._fd], [], [], PATIENCE_S)[0]:
                raise TimeoutError("nothing comes over the line")
            data = self._held + os.read(self._fd, 8192)
            at = 0
            while len(data) - at >= 20:
                end = at + 20 + int.from_bytes(data[at + 14 : at + 16], "big")
                if end > len(data):
                    break
                found.append(data[at:end])
                at = end
            self._held = data[at:]
        return found


def _frame(raw: bytes) -> Frame:
    frame = whole(raw, MOST_FRAME)
    if frame is None:
        raise ValueError("the gateway sent something that is no frame")
    return frame
