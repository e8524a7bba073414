"""The two ways of sending: as fast as answers come, and at a rate nobody can slow down.

In the open loop a latency counts from the moment the frame was meant to leave, so a server that
falls behind cannot hide it (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from benchmarks.load.link import RESULT_OK, Link, OnAnswer, quiet
from benchmarks.stats import percentile

PATIENCE_S = 20.0
"""How long answers may be missing before a run is given up."""


class Closed:
    """Each link keeps ``window`` frames unanswered until all of its groups are answered."""

    def __init__(self, links: list[Link], window: int, *, checked: bool) -> None:
        self._links = links
        self._window = window
        self._checked = checked
        self._left = len(links)
        self._done = asyncio.Event()
        self.answered = 0
        self.refused = 0
        self.refusal = ""

    async def run(self) -> dict[str, float | str]:
        """Send all that was made; return seconds, answers, refusals and the first refusal."""
        began = time.perf_counter()
        for link in self._links:
            link.on_answer = self._answered
            self._next_group(link)
        last = -1
        while not self._done.is_set():
            try:
                await asyncio.wait_for(self._done.wait(), PATIENCE_S)
            except TimeoutError:
                if self.answered == last:
                    break
                last = self.answered
        seconds = time.perf_counter() - began
        for link in self._links:
            link.on_answer = quiet
        return {
            "seconds": seconds,
            "answered": self.answered,
            "refused": self.refused,
            "refusal": self.refusal,
            "unfinished": self._left,
        }

    def _next_group(self, link: Link) -> None:
        if not link.groups:
            self._left -= 1
            if not self._left:
                self._done.set()
            return
        waiting = link.groups.pop(0)
        waiting.reverse()
        link.waiting = waiting
        first = [waiting.pop() for _ in range(min(self._window, len(waiting)))]
        link.outstanding = len(first)
        link.transport.write(first[0] if len(first) == 1 else b"".join(first))

    def _answered(self, link: Link, seq: int, frame: bytes) -> None:
        del seq
        self.answered += 1
        if self._checked and frame[18:24] != RESULT_OK:
            self.refused += 1
            self.refusal = self.refusal or frame.hex(" ")
        if link.waiting:
            link.transport.write(link.waiting.pop())
            return
        link.outstanding -= 1
        if not link.outstanding:
            self._next_group(link)


@dataclass(slots=True)
class Stream:
    """Frames of one kind, spread evenly over some links at one rate."""

    links: list[Link]
    rate: float
    """Frames per second, over all of the links."""
    frames: list[list[bytes]]
    first_seq: list[int]
    total: int
    """Frames to send."""
    sent: int = 0
    refused: int = 0


class Open:
    """Streams that run side by side for as long as their frames last."""

    def __init__(self, streams: list[Stream]) -> None:
        self._streams = streams
        self._late: list[list[float]] = [[] for _ in streams]
        self._began = 0.0

    async def run(self) -> list[dict[str, float]]:
        """Send everything on time; return p50, p99 and the longest latency of each stream."""
        for at, stream in enumerate(self._streams):
            for place, link in enumerate(stream.links):
                link.on_answer = self._taker(stream, at, place)
        self._began = time.perf_counter()
        while self._send_due():  # noqa: ASYNC110 - this is the clock of the open loop
            await asyncio.sleep(0.001)
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until and not self._complete():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for stream in self._streams:
            for link in stream.links:
                link.on_answer = quiet
        return [self._summary(*pair) for pair in zip(self._streams, self._late, strict=True)]

    def _send_due(self) -> bool:
        elapsed = time.perf_counter() - self._began
        more = False
        for stream in self._streams:
            total, count = stream.total, len(stream.links)
            due = min(total, int(elapsed * stream.rate) + 1)
            for at in range(stream.sent, due):
                place = at % count
                stream.links[place].transport.write(stream.frames[place][at // count])
            stream.sent = due
            more = more or due < total
        return more

    def _taker(self, stream: Stream, at: int, place: int) -> OnAnswer:
        late, step, count = self._late[at].append, 1 / stream.rate, len(stream.links)
        first = stream.first_seq[place]

        def answered(link: Link, seq: int, frame: bytes) -> None:
            del link
            meant = self._began + ((seq - first) * count + place) * step
            late(time.perf_counter() - meant)
            if frame[18:24] != RESULT_OK:
                stream.refused += 1

        return answered

    def _complete(self) -> bool:
        return all(
            len(late) >= stream.sent for stream, late in zip(self._streams, self._late, strict=True)
        )

    @staticmethod
    def _summary(stream: Stream, late: list[float]) -> dict[str, float]:
        known = late or [float("inf")]
        return {
            "sent": stream.sent,
            "answered": len(late),
            "refused": stream.refused,
            "p50": percentile(known, 0.5),
            "p99": percentile(known, 0.99),
            "max": max(known),
        }
