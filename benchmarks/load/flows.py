"""The two ways of sending: as fast as answers come, and at a rate nobody can slow down.

Both keep to the window: a terminal with as many requests unanswered as the gateway puts up with
holds the next one back (YLS/1 5). In the open loop a latency counts all the same from the moment
the frame was meant to leave, so a server that falls behind cannot hide it (no coordinated
omission).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from benchmarks.load.link import REST, Link, refused
from benchmarks.stats import percentile

PATIENCE_S = 20.0
"""How long no answer may come before a run is given up."""
TICK_S = 0.001
"""How often the open loop looks what is due."""
LOOK_S = 0.01
"""How often a flow looks whether it is over."""


class Closed:
    """Each link keeps ``window`` frames unanswered until all of its groups are answered."""

    def __init__(self, links: list[Link], window: int, *, checked: bool) -> None:
        self._links = links
        self._window = window
        self._checked = checked
        self._left = len(links)
        self._ended: float | None = None
        self._answers = 0
        self._refused = 0
        self._refusal = ""

    async def run(self) -> dict[str, float | str]:
        """Send all that was made; return seconds, answers, refusals and the first refusal."""
        began = time.perf_counter()
        for link in self._links:
            link.flow = self
            self._next_group(link)
        await _until(lambda: self._ended is not None, lambda: self._answers)
        for link in self._links:
            link.flow = REST
        return {
            "seconds": (self._ended or time.perf_counter()) - began,
            "answered": self._answers,
            "refused": self._refused,
            "refusal": self._refusal,
            "unfinished": self._left,
        }

    def answered(self, link: Link, data: bytes, at: int) -> None:
        """See `Flow.answered`."""
        del link
        self._answers += 1
        if self._checked and refused(data, at):
            self._refused += 1
            self._refusal = self._refusal or data[at:].hex(" ")

    def go_on(self, link: Link) -> None:
        """See `Flow.go_on`."""
        if link.sent < link.due:
            link.advance()
        elif not link.outstanding:
            self._next_group(link)

    def lost(self, link: Link) -> None:
        """See `Flow.lost`; what is left can never be finished."""
        del link
        self._ended = self._ended or time.perf_counter()

    def _next_group(self, link: Link) -> None:
        if link.groups:
            group = link.groups.pop(0)
            link.take_up(group, len(group), self._window)
            link.advance()
            return
        self._left -= 1
        if not self._left:
            self._ended = time.perf_counter()


class Stream:
    """Frames of one kind, spread evenly over some links at one rate."""

    def __init__(self, links: list[Link], rate: float) -> None:
        """``rate`` is in frames per second, over all of the links."""
        self.links = links
        self.total = 0
        self.due = 0
        self._rate = rate
        self._began = 0.0
        self._late: list[float] = []
        self._lags: list[float] = []
        self._held = 0
        self._refused = 0
        for place, link in enumerate(links):
            frames = link.groups.pop()
            link.take_up(frames, 0, link.agreed)
            link.place = place
            self.total += len(frames)

    def begin(self, now: float) -> None:
        """Start the clock."""
        self._began = now
        for link in self.links:
            link.flow = self

    def end(self) -> None:
        """Take no more answers."""
        for link in self.links:
            link.flow = REST

    def tick(self, now: float) -> None:
        """Send what has become due."""
        elapsed = now - self._began
        due = min(self.total, int(elapsed * self._rate) + 1)
        if due == self.due:
            return
        self._lags.append(elapsed - self.due / self._rate)
        links, count = self.links, len(self.links)
        for at in range(self.due, due):
            link = links[at % count]
            link.due += 1
            link.advance()
            self._held += link.sent < link.due
        self.due = due

    @property
    def answers(self) -> int:
        """Answers so far."""
        return len(self._late)

    @property
    def complete(self) -> bool:
        """Whether everything was sent and answered, as far as there is anybody left to answer."""
        return self.due == self.total and all(
            link.lost or (link.sent == link.due and not link.outstanding) for link in self.links
        )

    def answered(self, link: Link, data: bytes, at: int) -> None:
        """See `Flow.answered`."""
        turn = int.from_bytes(data[at + 8 : at + 12], "big") - link.first_seq
        meant = self._began + (turn * len(self.links) + link.place) / self._rate
        self._late.append(time.perf_counter() - meant)
        if refused(data, at):
            self._refused += 1

    def go_on(self, link: Link) -> None:
        """See `Flow.go_on`."""
        link.advance()

    def lost(self, link: Link) -> None:
        """See `Flow.lost`; its frames stay without an answer."""

    def summary(self) -> dict[str, float]:
        """Return counts and, in seconds, latencies and how late the generator itself was."""
        known = self._late or [float("inf")]
        return {
            "meant": self.total,
            "answered": len(self._late),
            "refused": self._refused,
            "held": self._held,
            "lag": percentile(self._lags, 0.99),
            "p50": percentile(known, 0.5),
            "p99": percentile(known, 0.99),
            "max": max(known),
        }


async def run_open(streams: list[Stream]) -> list[dict[str, float]]:
    """Run streams side by side for as long as their frames last."""
    now = time.perf_counter()
    for stream in streams:
        stream.begin(now)
    while any(stream.due < stream.total for stream in streams):
        now = time.perf_counter()
        for stream in streams:
            stream.tick(now)
        await asyncio.sleep(TICK_S)
    await _until(
        lambda: all(stream.complete for stream in streams),
        lambda: sum(stream.answers for stream in streams),
    )
    for stream in streams:
        stream.end()
    return [stream.summary() for stream in streams]


async def _until(over: Callable[[], bool], progress: Callable[[], int]) -> None:
    """Wait until ``over``, or until there was no progress for `PATIENCE_S`."""
    last, moved = progress(), time.perf_counter()
    while not over():
        await asyncio.sleep(LOOK_S)
        now, seen = time.perf_counter(), progress()
        if seen != last:
            last, moved = seen, now
        elif now - moved > PATIENCE_S:
            return
