"""One run: terminals that record without a pause, a gateway that dies again and again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from tests.crash.evidence import collect
from tests.crash.schedule import End, Life, Storm, schedule
from tests.crash.verdict import violations
from tests.support.directories import document
from tests.support.gateways import Gateway, Site, running
from tests.support.recorders import Recorder
from tests.support.waiting import until

TERMINALS = 12
EPOCH = 0x6A97F100
CRASH_S = 60.0
"""Within so many seconds traffic must have reached the point at which a gateway ends."""
CALM_S = 120.0
"""Within so many seconds after the last fault everything must be stored (I4)."""

SETTINGS = """
[storage]
time_limit_seconds = 1.0
[sessions]
heartbeat_seconds = 5
"""


@dataclass(slots=True, kw_only=True)
class Report:
    """How a run went."""

    seed: int
    deaths: Counter[str] = field(default_factory=Counter)
    """What died, and how."""
    freezes: int = 0
    restarts: int = 0
    """How often a gateway found its database dead and started it again."""
    recorded: int = 0
    acknowledged: int = 0
    pictures: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def crashes(self) -> int:
        """Processes that died."""
        return self.deaths.total()

    def __str__(self) -> str:
        """What a person wants to know of it."""
        how = "\n".join(f"  {count:5} {what}" for what, count in sorted(self.deaths.items()))
        promises = "\n".join(self.broken) or "none broken"
        return (
            f"{self.crashes} crashes in {self.seconds:.0f} s, seed {self.seed}\n{how}\n"
            f"  {self.freezes:5} freezes of PostgreSQL\n"
            f"{self.recorded} records sent and {self.acknowledged} acknowledged,"
            f" {self.pictures} with a picture; promises: {promises}"
        )


class Campaign:
    """Terminals, a site, and the schedule of its misfortunes."""

    def __init__(self, site: Site, seed: int, crashes: int) -> None:
        self._site = site
        self._lives = schedule(seed, crashes)
        self._report = Report(seed=seed)
        self._recorders = [
            Recorder(f"CRASH-{at:02}", site.port, f"127.0.1.{at + 1}", f"{seed}/{at}", EPOCH + at)
            for at in range(TERMINALS)
        ]

    async def run(self) -> Report:
        """Play every life, let it calm down, and hold everything against everything."""
        began = time.monotonic()
        await asyncio.to_thread(self._register)
        for recorder in self._recorders:
            recorder.begin()
        try:
            for life in self._lives:
                await self._live(life)
            await self._calm()
        finally:
            for recorder in self._recorders:
                await recorder.end()
            self._report.seconds = time.monotonic() - began
        return self._report

    def _register(self) -> None:
        serials = [one.serial for one in self._recorders]
        with running(self._site) as gateway:
            gateway.ask("directory.import", document=document(*serials), place="test")

    # One life.

    def _start(self, crash_at: str | None = None) -> Gateway:
        return Gateway(self._site, crash_at=crash_at)

    async def _live(self, life: Life) -> None:
        gateway = self._start(life.crash_at)
        try:
            await self._until_death(life, gateway)
        finally:
            if gateway.process.poll() is None:
                gateway.kill()

    async def _until_death(self, life: Life, gateway: Gateway) -> None:
        if life.end is End.POINT:
            await until(lambda: gateway.process.poll() is not None, f"{life} comes", CRASH_S)
            code = gateway.process.returncode
            assert code == -signal.SIGKILL, f"{life}: ended with {code}\n{gateway.text()}"
            self._report.deaths[f"gateway {life.end.value} {life.point}"] += 1
            return
        if life.patience:
            await self._progress(life.patience, gateway)
        for storm in life.storms:
            await self._weather(storm, life.frozen_s)
            await self._progress(life.patience, gateway)
        await asyncio.sleep(life.delay_s)
        assert gateway.process.poll() is None, f"{life}: it ended by itself\n{gateway.text()}"
        if life.end is End.KILLED_WITH_DATABASE:
            await self._strike(signal.SIGKILL)
            self._report.deaths[f"PostgreSQL {Storm.KILLED.value}"] += 1
        gateway.kill()
        self._report.deaths[f"gateway {life.end.value}"] += 1
        self._report.restarts += gateway.text().count("database.restarted")

    async def _weather(self, storm: Storm, frozen_s: float) -> None:
        if storm is Storm.FROZEN:
            await self._freeze(frozen_s)
            self._report.freezes += 1
            return
        await self._strike(signal.SIGKILL if storm is Storm.KILLED else signal.SIGQUIT)
        self._report.deaths[f"PostgreSQL {storm.value}"] += 1

    async def _strike(self, order: signal.Signals) -> None:
        """Hit the database; after an earlier blow the gateway may still be bringing it back."""
        await until(lambda: self._site.postmaster is not None, "the database runs", CRASH_S)
        postmaster = self._site.postmaster
        assert postmaster is not None
        os.kill(postmaster.pid, order)

    async def _freeze(self, seconds: float) -> None:
        stopped: list[int] = []
        # Twice: between the two looks the postmaster may have made another process.
        for _ in range(2):
            for pid in self._site.database_pids():
                if pid not in stopped:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGSTOP)
                        stopped.append(pid)
        try:
            await asyncio.sleep(seconds)
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    # The traffic.

    def _acknowledged(self) -> int:
        return sum(len(one.told.acknowledged) for one in self._recorders)

    async def _progress(self, count: int, gateway: Gateway) -> None:
        """Wait until so many more records are acknowledged: every crash must hit live traffic."""
        target = self._acknowledged() + count
        await until(
            lambda: self._acknowledged() >= target or gateway.process.poll() is not None,
            f"{count} more acknowledgements",
            CRASH_S,
        )

    async def _calm(self) -> None:
        for recorder in self._recorders:
            recorder.stop_recording()
        gateway = self._start()
        try:
            # Everything may be settled already, and the database still be down from the last blow.
            await asyncio.to_thread(gateway.await_started)
            await until(
                lambda: all(one.settled for one in self._recorders), "all is settled", CALM_S
            )
            stored = await collect(self._site)
        except BaseException:
            gateway.kill()
            raise
        finally:
            self._sum_up()
        for one in self._recorders:
            self._report.broken += violations(one.serial, one.told, stored[one.serial])
        self._report.broken += [f"{serial}: unknown" for serial in stored if not self._is(serial)]
        code = await asyncio.to_thread(gateway.terminate)
        assert code == 0, gateway.text()

    def _is(self, serial: str) -> bool:
        return any(one.serial == serial for one in self._recorders)

    def _sum_up(self) -> None:
        told = [one.told for one in self._recorders]
        self._report.recorded = sum(len(one.sent) for one in told)
        self._report.acknowledged = sum(len(one.acknowledged) for one in told)
        self._report.pictures = sum(len(one.pictures) for one in told)
