"""`python -m benchmarks.host VARIANT CONFIG`: a gateway wired otherwise, for measuring only.

``silent`` counts and logs nothing, so that the difference to the shipped gateway is what logs and
metrics cost. ``scraped`` watches its own event loop while /metrics is fetched from it, and prints
the longest stalls as JSON. ``timed`` has a timer of 50 ms instead of a matcher, with room for any
number of questions at a time, so that what is measured is everything else.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.storage.opening import Storage

from gateway import app, runtime
from gateway.app import Parts
from gateway.config import load
from gateway.domain.matching import Answer, Question, Trait
from gateway.domain.ports import Log, RecordStore
from gateway.services import tally
from gateway.services.verify.ports import VerifyPorts
from gateway.settings import Settings
from tests.support.matchers import FakeMatcher

TIMER_S = 0.05
FACE_ALGORITHM = 0x0101
"""One whose scores have a threshold as shipped."""
WINDOW_S = 0.4
WARM_UP_S = 1.0
ROUNDS = 5


class Silence:
    """Stands in for a log and for the sessions' counters; only where it listens is still told."""

    def __init__(self, log: Log | None = None) -> None:
        self._log = log

    def info(self, event: str, **fields: object) -> None:
        """Pass on the one line that whoever started the gateway waits for."""
        if self._log is not None and event == "listener.started":
            self._log.info(event, **fields)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return nothing


def nothing(*args: object, **fields: object) -> None:
    """Take note of nothing."""
    del args, fields


def silence() -> None:
    """Compose a gateway without per-record, per-connection and per-batch accounts."""
    setattr(app, "SessionMetrics", _uncounted)  # noqa: B010
    setattr(app, "MeasuredStore", _unmeasured)  # noqa: B010
    setattr(tally.AgeHistogram, "observe", nothing)  # noqa: B010
    built = app.build

    async def build(
        settings: Settings,
        storage: Storage,
        log: Log,
        probe: Callable[[str], None],
        ports: VerifyPorts | None = None,
    ) -> Parts:
        return await built(settings, storage, Silence(log), probe, ports)

    setattr(runtime, "build", build)  # noqa: B010


class Timer(FakeMatcher):
    """Finds nobody, after a while."""

    async def match(self, question: Question) -> Answer:
        """Take the time of a comparison, and no processor."""
        del question
        await asyncio.sleep(TIMER_S)
        return Answer(trait=Trait.FACE, algorithm=self.face_algorithm, candidates=(), index=0)


@asynccontextmanager
async def _timed_ports(settings: Settings, storage: Storage) -> AsyncIterator[VerifyPorts]:
    del settings
    yield VerifyPorts(
        matcher=Timer(face_algorithm=FACE_ALGORITHM),
        workers=storage.workers,
        galleries=storage.galleries,
        decisions=storage.decisions,
        local=storage.local_enrolments,
    )


def _uncounted(metrics: object) -> Silence:
    del metrics
    return Silence()


def _unmeasured(store: RecordStore, metrics: object, monotonic: object) -> RecordStore:
    del metrics, monotonic
    return store


def scraped(settings: Settings) -> None:
    """Watch the loop once the gateway is up."""
    built = app.build
    running: list[asyncio.Task[None]] = []

    async def build(
        settings_: Settings,
        storage: Storage,
        log: Log,
        probe: Callable[[str], None],
        ports: VerifyPorts | None = None,
    ) -> Parts:
        parts = await built(settings_, storage, log, probe, ports)
        running.append(asyncio.create_task(_report(settings)))
        return parts

    setattr(runtime, "build", build)  # noqa: B010


async def _report(settings: Settings) -> None:
    web = settings.web.listen
    assert web is not None
    await asyncio.sleep(WARM_UP_S)
    await _fetch(web.host, web.port)
    idle: list[float] = []
    busy: list[float] = []
    size = 0
    for _ in range(ROUNDS):
        idle.append((await _stall(asyncio.sleep(WINDOW_S)))[0])
        longest, page = await _stall(_fetch(web.host, web.port))
        busy.append(longest)
        size = len(page or b"")
    print(json.dumps({"idle": idle, "scrape": busy, "bytes": size}), flush=True)


async def _fetch(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET /metrics HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    page = await reader.read()
    writer.close()
    if b" 200 " not in page[:20]:
        raise RuntimeError(f"no metrics: {page[:80]!r}")
    return page


async def _stall(work: object) -> tuple[float, bytes | None]:
    """Return the longest time between two turns of the loop while ``work`` runs, and its result."""
    task: asyncio.Future[bytes | None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now
    return longest, await task


def main(variant: str, config: Path) -> None:
    """Run until told to stop."""
    settings = load(config, {})
    if variant == "silent":
        silence()
    elif variant == "timed":
        setattr(runtime, "verify_ports", _timed_ports)  # noqa: B010
    else:
        scraped(settings)
    runtime.run(settings)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
