"""A terminal that asks the gateway who stands before it, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue

from gateway.codecs.yls.device_events import Decided, DeviceEvent, FellBack
from gateway.codecs.yls.inquiry import Inquiry

from gateway.domain.templates import FaceTemplate
from tests.support.recorders import Recorder

FACE = 1
"""METHOD of a face (YLS/1 16.4)."""
PATIENCE_S = 60.0
"""A busy machine may be slow; a terminal's own deadline is much shorter."""
Word = Decided | FellBack


class Asker(Recorder):
    """Records nothing; what the gateway says to its questions is waited for."""

    def __init__(self, serial: str, port: int) -> None:
        super().__init__(serial, port, "127.0.0.1", serial, 0x51)
        self._config = replace(self._config, verifies_by_picture=True)
        self.stop_recording()
        self._said: SimpleQueue[Word] = SimpleQueue()
        self.loop = asyncio.new_event_loop()

    def by_picture(self, picture: bytes, claim: int = 0, deadline_ms: int = 5000) -> Word:
        """Ask with a picture that follows in pieces."""
        inquiry = Inquiry(means=FACE, deadline_ms=deadline_ms, candidate=claim)
        return self._ask(inquiry, picture)

    def by_template(self, face: FaceTemplate, claim: int = 0, deadline_ms: int = 300) -> Word:
        """Ask with an embedding the terminal made."""
        return self._ask(Inquiry(means=FACE, deadline_ms=deadline_ms, candidate=claim, face=face))

    def _ask(self, inquiry: Inquiry, picture: bytes | None = None) -> Word:
        def ask() -> None:
            if self._device is None:
                self._said.put(FellBack(door=0, reason="offline"))
            else:
                self._act(self._device.verify(inquiry, self._now(), picture))

        self.loop.call_soon_threadsafe(ask)
        return self._said.get(timeout=PATIENCE_S)

    def _note(self, event: DeviceEvent) -> None:
        if isinstance(event, Decided | FellBack):
            self._said.put(event)
        super()._note(event)


@contextmanager
def asking(serial: str, port: int) -> Iterator[Asker]:
    """Keep a terminal dialling for the length of a block."""
    asker = Asker(serial, port)
    thread = threading.Thread(target=asker.loop.run_forever)
    thread.start()
    asker.loop.call_soon_threadsafe(asker.begin)
    try:
        yield asker
    finally:
        asyncio.run_coroutine_threadsafe(asker.end(), asker.loop).result(10)
        asker.loop.call_soon_threadsafe(asker.loop.stop)
        thread.join(10)
        asker.loop.close()
