"""The terminals of one server: they come in together, and what they are to send is made ahead."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.codecs.yls.limits import (
    LONGEST_DEADLINE_MS,
    LONGEST_PICTURE_DEADLINE_MS,
    MOST_RECORDS,
)

from benchmarks.load import frames
from benchmarks.load.link import REST, Link

Kind = Literal["beats", "live", "backfill", "pictures", "questions", "pressing"]
Login = Literal["real", "shaped", "none"]
DEADLINES_MS = {"questions": LONGEST_PICTURE_DEADLINE_MS, "pressing": LONGEST_DEADLINE_MS}
"""What a terminal waits for an answer: as long as may be, so that no slow one is cut off, or as
short as by picture."""
ADDRESSES = 250
"""Source addresses 127.1.0.1 … 127.1.0.250: as if each site came from an address of its own, so no
limit per address has to be raised."""
LOGIN_S = 60.0
"""How long a terminal waits to be let in; longer than the gateway's patience."""
PAUSES_S = (1.0, 2.0, 4.0)
"""How long a terminal waits after each refusal; after the last it counts as failed."""


@dataclass(slots=True)
class Fleet:
    """Connections by index."""

    links: list[Link] = field(default_factory=list)

    async def connect(
        self, host: str, port: int, serials: list[str], epoch: int, login: Login, in_flight: int
    ) -> dict[str, Any]:
        """Connect and log in, ``in_flight`` at a time; who is refused tries again (YLS/1 7.5).

        What a terminal says first is made before the clock starts.
        """
        self.links = [
            Link(serial, index, epoch, shaped=login != "real")
            for index, serial in enumerate(serials)
        ]
        turns = asyncio.Semaphore(in_flight)
        refusals: Counter[str] = Counter()
        failed = 0

        async def come(index: int) -> None:
            nonlocal failed
            for pause in PAUSES_S:
                link = self.links[index]
                async with turns:
                    if await _come(link, host, port, login):
                        return
                refusals[link.last_words] += 1
                await asyncio.sleep(pause)
                self.links[index] = Link(serials[index], index, epoch, shaped=link.shaped)
            failed += 1

        began = time.perf_counter()
        await asyncio.gather(*map(come, range(len(serials))))
        return {
            "seconds": time.perf_counter() - began,
            "failed": failed,
            "refused": refusals.total(),
            "why": refusals.most_common(3),
        }

    def prepare(self, kind: Kind, low: int, high: int, count: int) -> int:
        """Make ``count`` frames (pictures: transfers) for each link; return how many frames."""
        made = 0
        for link in self.links[low:high]:
            link.first_seq = link.seq
            link.groups = _groups(link, kind, count)
            made += sum(map(len, link.groups))
        return made

    def check(self) -> dict[str, Any]:
        """Say how many connections were lost, why, and how many answers were no answers."""
        lost = [link for link in self.links if link.lost]
        return {
            "lost": len(lost),
            "why": Counter(link.last_words for link in lost).most_common(3),
            "bad": sum(link.bad for link in self.links),
        }

    async def drop(self) -> None:
        """Close every connection and wait until the loop has seen it."""
        for link in self.links:
            link.flow = REST
            if not link.lost:
                link.transport.close()
        while not all(link.lost for link in self.links):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self.links = []


async def _come(link: Link, host: str, port: int, login: Login) -> bool:
    local = (f"127.1.0.{link.index % ADDRESSES + 1}", 0)
    loop = asyncio.get_running_loop()
    if login == "none":
        link.skip_login()
    try:
        async with asyncio.timeout(LOGIN_S):
            await loop.create_connection(lambda: link, host, port, local_addr=local)
            if login == "none":
                return True
            link.begin()
            return await link.ready
    except (OSError, TimeoutError) as error:
        link.last_words = link.last_words or repr(error)
        return False


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
    if kind in DEADLINES_MS:
        return [frames.questions(seal, seq, count, DEADLINES_MS[kind])]
    if kind == "live":
        link.number += count
        return [frames.live(seal, seq, count, epoch, number)]
    link.number += count * MOST_RECORDS
    return [frames.backfill(seal, seq, count, epoch, number)]
