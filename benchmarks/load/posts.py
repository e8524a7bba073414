"""`python -m benchmarks.load.posts`: terminals that post events over HTTP, told by JSON lines.

Each has one connection, and one request on it at a time. Everything that is sent is made before the
clock starts.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import uvloop
from gateway.codecs.hikvision.device_texts import Style, put_content, put_request

from tests.support.jpegs import jpeg

PATIENCE_S = 220.0
STYLE = Style()
PUT_OFF, AGAIN, AGAIN_S = 503, 20, 0.2
"""So many of those that were put off come again at a time."""
QUIET_S = 1.0
"""Without a byte more on its way for so long, everything that is taken has been taken."""


def request(path: str, number: int, picture: int, *, asks: bool = False) -> bytes:
    """Return an event with a picture of that many bytes, which no other event has."""
    inner = {
        "majorEventType": 5,
        "subEventType": 0x92 if asks else 75,
        "doorNo": 1,
        "serialNo": number,
        "frontSerialNo": number - 1,
        "currentEvent": True,
        **({"remoteCheck": True} if asks else {"employeeNoString": "10027"}),
    }
    values = {
        "dateTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "macAddress": "44:19:b6:00:5a:17",
        "eventType": "AccessControllerEvent",
        "AccessControllerEvent": inner,
    }
    content = put_content(values, jpeg(picture, f"{path} {number}"), STYLE)
    return put_request(path, "gateway", content, STYLE)


class Terminal:
    """One connection."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.number = 0
        self.made: list[bytes] = []
        self._turn = asyncio.Lock()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def connect(self, host: str, port: int, index: int) -> None:
        """Dial from an address of its own: strangers are bounded by address."""
        local = f"127.{80 + index // 50_000}.{index // 200 % 250}.{index % 200 + 1}"
        self._reader, self._writer = await asyncio.open_connection(
            host, port, local_addr=(local, 0)
        )

    def make(self, count: int, picture: int, *, asks: bool = False) -> None:
        """Prepare requests."""
        first, self.number = self.number + 1, self.number + count
        numbers = range(first, self.number + 1)
        self.made = [request(self.path, one, picture, asks=asks) for one in numbers]

    async def send(self, raw: bytes) -> None:
        """Send bytes, as fast as they are taken."""
        self._writer.write(raw)
        await self._writer.drain()

    @property
    def unsent(self) -> int:
        """Bytes that the gateway has not let out of this process."""
        return self._writer.transport.get_write_buffer_size()

    async def answer(self) -> int:
        """Read one answer and return its status."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        await self._reader.readexactly(length)
        return int(head.split(b" ", 2)[1])

    async def post(self) -> list[int]:
        """Send what was made, each after the answer to the one before."""
        heard = []
        for raw in self.made:
            await self.send(raw)
            heard.append(await self.answer())
        return heard

    async def ask(self) -> float:
        """Send the next of what was made; return the seconds from now until its answer."""
        began = time.perf_counter()
        async with self._turn:
            await self.send(self.made.pop(0))
            status = await self.answer()
        if status != 200:
            raise RuntimeError(f"a question got {status}")
        return time.perf_counter() - began

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


class Posts:
    """The terminals of one process."""

    def __init__(self) -> None:
        self._terminals: list[Terminal] = []
        self._holding: list[asyncio.Task[None]] = []

    async def connect(self, host: str, port: int, paths: Sequence[str]) -> int:
        """Connect a terminal for each path, and have each admitted by one event."""
        self._terminals = [Terminal(path) for path in paths]
        for at in range(0, len(paths), 100):
            part = self._terminals[at : at + 100]
            await asyncio.gather(*(one.connect(host, port, at + n) for n, one in enumerate(part)))
            for one in part:
                one.make(1, 100)
            await asyncio.gather(*(one.post() for one in part))
        return len(self._terminals)

    async def closed(self, each: int, picture: int) -> dict[str, Any]:
        """Let every terminal post so many events, as fast as they are answered."""
        for one in self._terminals:
            one.make(each, picture)
        began = time.perf_counter()
        heard = await asyncio.gather(*(one.post() for one in self._terminals))
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "heard": Counter(str(s) for each_ in heard for s in each_)}

    async def hold(self, picture: int) -> int:
        """Send all but the last byte of an event; return how many bytes left this process."""
        for one in self._terminals:
            one.make(1, picture)
        self._holding = [asyncio.create_task(one.send(one.made[0][:-1])) for one in self._terminals]
        left = -1
        while left != (now := sum(one.unsent for one in self._terminals)):
            left = now
            await asyncio.sleep(QUIET_S)
        return sum(len(one.made[0]) - 1 for one in self._terminals) - left

    async def release(self) -> dict[str, int]:
        """Send the last bytes; return how the answers were counted.

        What is put off is sent again as a whole, as a terminal does.
        """
        heard: Counter[str] = Counter()
        again = asyncio.Semaphore(AGAIN)

        async def finish(one: Terminal, held: asyncio.Task[None]) -> None:
            await held
            await one.send(one.made[0][-1:])
            heard[str(status := await one.answer())] += 1
            while status == PUT_OFF:
                async with again:
                    await asyncio.sleep(AGAIN_S)
                    await one.send(one.made[0])
                    heard[str(status := await one.answer())] += 1

        pairs = zip(self._terminals, self._holding, strict=True)
        await asyncio.gather(*(finish(*pair) for pair in pairs))
        return dict(heard)

    async def ask(self, rate: float, seconds: float, picture: int) -> list[float]:
        """Ask at a rate, whatever the answers take; return the seconds each took."""
        count = int(rate * seconds)
        turns = -(-count // len(self._terminals))
        for one in self._terminals:
            one.make(turns, picture, asks=True)
        began, asked = time.perf_counter(), []
        for at in range(count):
            await asyncio.sleep(max(0.0, began + at / rate - time.perf_counter()))
            terminal = self._terminals[at % len(self._terminals)]
            asked.append(asyncio.create_task(terminal.ask()))
        return list(await asyncio.gather(*asked))

    async def drop(self) -> None:
        """Hang up."""
        for one in self._terminals:
            one.close()


async def main() -> None:
    """Obey until standard input ends."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    posts, loop = Posts(), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        try:
            work = getattr(posts, command.pop("do"))(**command)
            answer = {"seen": await asyncio.wait_for(work, PATIENCE_S)}
        except Exception as error:  # told to whoever asked: a row fails, not the process
            answer = {"error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
