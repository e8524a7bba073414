"""Terminals that ask again as soon as they were answered, at several doors, and go on recording."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gateway.codecs.yls.device_events import Decided, DeviceEvent, FellBack
from gateway.codecs.yls.inquiry import Inquiry

from gateway.domain.vocabulary import Decision
from tests.support.waiting import wait_for
from tests.verification.askers import FACE, Asker

DOORS = (1, 2)
"""As many pictures as may be on their way at a time on one connection."""
DEADLINE_MS = 1000


class Flooder(Asker):
    """Counts what it was told, and by whom it was let in."""

    def __init__(self, serial: str, port: int, pictures: Sequence[bytes]) -> None:
        super().__init__(serial, port)
        self._recording = True
        self._pictures = pictures
        self._flooding = False
        self.asked = 0
        self.heard: Counter[str] = Counter()
        self.let_in: set[int] = set()

    def flood(self) -> None:
        """Begin to ask at every door; only from the loop's thread."""
        self._flooding = True
        for door in DOORS:
            self._ask_at(door)

    def cease(self) -> None:
        """Ask nothing more; what is open is still answered."""
        self._flooding = False

    @property
    def online(self) -> bool:
        """It is logged in."""
        return self._device is not None and self._device.online

    @property
    def late(self) -> int:
        """Answers that came when it had given up."""
        return 0 if self._device is None else self._device.late_answers

    def _note(self, event: DeviceEvent) -> None:
        super()._note(event)
        if isinstance(event, Decided | FellBack):
            self._count(event)
            if self._flooding:
                self.loop.call_soon(self._ask_at, event.door)

    def _count(self, event: Decided | FellBack) -> None:
        if isinstance(event, FellBack):
            self.heard[event.reason] += 1
            return
        self.heard[event.refusal or "decided"] += 1
        if event.decision == Decision.GRANTED:
            self.let_in.add(event.person)

    def _ask_at(self, door: int) -> None:
        if self._device is None or not self._flooding:
            return
        picture = self._pictures[self.asked % len(self._pictures)]
        self.asked += 1
        asked = Inquiry(means=FACE, deadline_ms=DEADLINE_MS, door=door)
        self._act(self._device.verify(asked, self._now(), picture))


@contextmanager
def connected(
    serials: Sequence[str], port: int, pictures: Sequence[bytes]
) -> Iterator[list[Flooder]]:
    """Keep terminals logged in, in one thread of their own, for the length of a block."""
    flooders = [Flooder(serial, port, pictures) for serial in serials]
    loop = flooders[0].loop
    for other in flooders[1:]:
        other.loop.close()
        other.loop = loop
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    for flooder in flooders:
        loop.call_soon_threadsafe(flooder.begin)
    try:
        wait_for(lambda: all(one.online for one in flooders), "all are logged in")
        yield flooders
    finally:
        for flooder in flooders:
            asyncio.run_coroutine_threadsafe(flooder.end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
