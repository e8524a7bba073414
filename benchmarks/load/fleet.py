"""The terminals of one server: they come in together, and what they are to send is made ahead."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Literal

from gateway.codecs.yls.limits import MOST_RECORDS

from benchmarks.load import frames
from benchmarks.load.link import Link, quiet
from benchmarks.stats import percentile

Kind = Literal["beats", "live", "backfill", "pictures"]
Login = Literal["real", "shaped", "none"]
ADDRESSES = 250
"""Source addresses 127.1.0.1 … 127.1.0.250: as if each site came from an address of its own, so no
limit per address has to be raised."""


@dataclass(slots=True)
class Fleet:
    """Connections by index."""

    links: list[Link] = field(default_factory=list)

    async def connect(
        self, host: str, port: int, serials: list[str], epoch: int, login: Login, in_flight: int
    ) -> dict[str, float]:
        """Connect and log in, ``in_flight`` at a time; one refused is counted, not retried."""
        turns = asyncio.Semaphore(in_flight)
        waits: list[float] = []
        failed = 0

        async def come(index: int, serial: str) -> None:
            nonlocal failed
            async with turns:
                began = time.perf_counter()
                if await self._come(host, port, index, serial, epoch, login):
                    waits.append(time.perf_counter() - began)
                else:
                    failed += 1

        self.links = [
            Link(serial, index, epoch, shaped=login != "real")
            for index, serial in enumerate(serials)
        ]
        began = time.perf_counter()
        await asyncio.gather(*(come(index, serial) for index, serial in enumerate(serials)))
        seconds = time.perf_counter() - began
        p99 = percentile(waits, 0.99) if waits else float("inf")
        return {"seconds": seconds, "failed": failed, "p99": p99}

    async def _come(
        self, host: str, port: int, index: int, serial: str, epoch: int, login: Login
    ) -> bool:
        del serial, epoch
        link = self.links[index]
        local = (f"127.1.0.{index % ADDRESSES + 1}", 0)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: link, host, port, local_addr=local)
        except OSError:
            return False
        if login == "none":
            return True
        link.begin()
        return await link.ready

    def prepare(self, kind: Kind, low: int, high: int, count: int) -> int:
        """Make ``count`` frames (pictures: transfers) for each link; return how many frames."""
        made = 0
        for link in self.links[low:high]:
            link.groups = _groups(link, kind, count)
            made += sum(map(len, link.groups))
        return made

    def check(self) -> dict[str, int]:
        """Say how many connections were lost and how many answers were no answers."""
        return {
            "lost": sum(link.lost for link in self.links),
            "bad": sum(link.bad for link in self.links),
        }

    async def drop(self) -> None:
        """Close every connection, a few at a time, and wait until the loop has seen it."""
        for link in self.links:
            link.on_answer = quiet
            if not link.lost:
                link.transport.close()
        while not all(link.lost for link in self.links):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self.links = []


def _groups(link: Link, kind: Kind, count: int) -> list[list[bytes]]:
    seal, seq, epoch, number = link.seal, link.seq, link.epoch, link.number
    if kind == "pictures":
        found = list(frames.pictures(seal, seq, count, epoch, link.blobs, link.index))
        link.blobs += count
        link.seq += sum(map(len, found))
        return found
    link.seq += count
    if kind == "beats":
        return [frames.beats(seal, seq, count)]
    if kind == "live":
        link.number += count
        return [frames.live(seal, seq, count, epoch, number)]
    link.number += count * MOST_RECORDS
    return [frames.backfill(seal, seq, count, epoch, number)]
