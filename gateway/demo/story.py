"""The sequence of the demo: start, morning, outage, kill -9, drain, verdict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from gateway.demo.faces import MEMBERS, enrol
from gateway.demo.reading import Poller, Sent
from gateway.demo.stage import LINES, Stage
from gateway.demo.view import Mark, Row, SiteLine, Snapshot
from gateway.simulator.counts import Counts
from gateway.simulator.day import Script
from gateway.simulator.plan import Seat, Site, directory, seats, sites, terminals
from gateway.simulator.processes import Fleets
from gateway.simulator.proofs import evidence
from gateway.simulator.run import Result, connect_seconds, fresh_epoch
from gateway.simulator.specification import Door, FleetSpec, split
from gateway.simulator.verdict import judge

OWN, HIKVISION, HOST = "yls", "hikvision", "127.0.0.1"
EVERY = 10
"""One of so many terminals is Hikvision's."""
SITES = 4
PROCESSES = 2
SPEED = 10.0
FRAME_S = 0.25
"""How often the screen is drawn."""
CONNECT_LIMIT_S = 20.0
DRAIN_LIMIT_S = 30.0
ASKING = 0.15
"""Share of arrivals at the first site at which the terminal asks the gateway who it is."""
CUT, KILL, HEAL = 0.2, 0.45, 0.6
"""Shares of the morning after which the network goes, the gateway dies, the network returns."""

PHASES = ("start 启动", "connect 登录", "morning 早高峰", "drain 补传", "verdict 核对")
START, CONNECT, MORNING, DRAIN, VERDICT = range(5)

Show = Callable[[Snapshot], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What the demo plays."""

    count: int = 200
    """Terminals that dial in over the network."""
    play_s: float = 36.0
    """Seconds the morning takes here; on the site it takes SPEED times as long."""
    passages: float = 20.0
    """Mean number of passages at each terminal."""
    seed: int = 7

    @property
    def hikvision(self) -> int:
        """So many of them speak Hikvision's protocol."""
        return max(1, self.count // EVERY)

    @property
    def everybody(self) -> int:
        """All terminals, those on serial lines included."""
        return self.count + LINES


class Story:
    """Plays the demo on a stage and keeps the screen up to date."""

    def __init__(self, plot: Plot, stage: Stage, show: Show) -> None:
        self._plot = plot
        self._stage = stage
        self._show = show
        self._sites = sites(SITES)
        self._fleets: Fleets | None = None
        self._latest = Counts()
        self._poller = Poller(stage.call, stage.web, self._sent)
        self._phase = START
        self._caption = ""
        self._cut: str | None = None
        self._starts = 0
        self._marks: list[Mark] = []
        self._rates: list[int] = []
        self._begun: float | None = None
        self._opened = asyncio.get_running_loop().time()

    async def tell(self, afterwards: Callable[[], Awaitable[None]]) -> Result:
        """Play it all; ``afterwards`` is awaited with everything still running."""
        async with _beside(self._draw()):
            self._now(START, "PostgreSQL and the gateway start / 数据库与网关启动")
            if self._stage.matching:
                await self._stage.prepare_networks()
            await self._stage.start_gateway()
            self._starts = 1
            fleet = self._fleet()
            document = directory(self._sites, fleet)
            await self._stage.call("directory.import", document=document, place="demo")
            if self._stage.matching:
                await self._enrol()
            async with Fleets(split(fleet, PROCESSES), self._stage.errors) as fleets:
                with self._counting(fleets):
                    async with _beside(self._poller.run()):
                        result = await self._play(fleets)
                        await afterwards()
        return result

    async def _enrol(self) -> None:
        site = self._sites[0]
        self._now(START, f"{len(MEMBERS)} people are enrolled at {site.name} / 人员登记人脸")
        await enrol(self._stage.call, site.code, self._stage.album)

    @contextmanager
    def _counting(self, fleets: Fleets) -> Iterator[None]:
        """Ask the terminals for their counts while they live; then the last ones stand."""
        self._fleets = fleets
        try:
            yield
        finally:
            self._fleets = None

    async def _play(self, fleets: Fleets) -> Result:
        count = self._plot.count
        self._now(CONNECT, f"{count} terminals log in, {LINES} more on serial lines / 登录，含串口")
        await self._until(lambda: fleets.counts().online_total == self._plot.everybody)
        await self._morning(fleets)
        self._now(DRAIN, "Nobody comes any more; what is kept is sent / 补传缓存记录")
        fleets.finish(DRAIN_LIMIT_S)
        ledgers = await fleets.ledgers()
        counts = fleets.counts()
        self._now(VERDICT, "Every terminal's ledger against the database / 逐台核对")
        found = await evidence(self._stage.call, ledgers, {})
        await self._poller.ask()
        self._phase = len(PHASES)
        self._show(self.snapshot())
        return Result(counts=counts, verdict=judge(ledgers, found))

    async def _morning(self, fleets: Fleets) -> None:
        self._now(MORNING, f"The morning peak at {SPEED:.0f}× speed / 早高峰，{SPEED:.0f} 倍速")
        self._begun = asyncio.get_running_loop().time()
        fleets.begin()
        victim = self._sites[1]
        await self._at(CUT)
        self._cut = victim.code
        fleets.cut(victim.code)
        caption = f"{victim.name} has no network; its terminals keep records / 断网，终端自存"
        self._happens("cut 断网", caption)
        await self._at(KILL)
        caption = "The gateway is killed with kill -9 and started again / 强杀网关并重启"
        self._happens("kill -9", caption)
        await self._stage.kill_gateway()
        self._poller.restarted()
        await self._stage.start_gateway()
        self._starts += 1
        await self._at(HEAL)
        self._cut = None
        fleets.heal(victim.code)
        caption = f"{victim.name} is back and sends what it kept / 网络恢复，补传"
        self._happens("back 恢复", caption)
        await self._at(1.0)

    async def _at(self, share: float) -> None:
        assert self._begun is not None
        moment = self._begun + share * self._plot.play_s
        await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))

    async def _until(self, reached: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CONNECT_LIMIT_S
        while not reached() and loop.time() < deadline:  # noqa: ASYNC110 - counts come by pipe
            await asyncio.sleep(FRAME_S)

    def _fleet(self) -> FleetSpec:
        door = Door(host=HOST, port=self._stage.tcp)
        return FleetSpec(
            doors={OWN: door, HIKVISION: door},
            epoch=fresh_epoch(),
            seed=self._plot.seed,
            script=Script(
                duration_s=self._plot.play_s * SPEED,
                speed=SPEED,
                passages_per_terminal=self._plot.passages,
                verify=ASKING if self._stage.matching else 0.0,
            ),
            terminals=terminals(self._seats(), self._sites),
            connect_s=connect_seconds(self._plot.count),
            album=str(self._stage.album) if self._stage.matching else None,
            album_site=self._sites[0].code if self._stage.matching else "",
        )

    def _seats(self) -> Iterator[Seat]:
        plot = self._plot
        yield from seats(OWN, plot.count - plot.hikvision, HOST, self._stage.lines)
        yield from seats(HIKVISION, plot.hikvision, HOST, kind="HIKVISION-", named=True)

    def _now(self, phase: int, caption: str) -> None:
        self._phase, self._caption = phase, caption

    def _happens(self, mark: str, caption: str) -> None:
        self._marks.append(Mark(second=self._second(), text=mark))
        self._caption = caption

    def _second(self) -> int:
        begun = self._begun
        return 0 if begun is None else int(asyncio.get_running_loop().time() - begun)

    def _counts(self) -> Counts:
        """Return the latest counts, also once the terminals have ended."""
        if self._fleets is not None:
            self._latest = self._fleets.counts()
        return self._latest

    def _sent(self) -> Sent:
        counts = self._counts()
        return Sent(
            recorded=counts.recorded,
            acknowledged=counts.acknowledged,
            pictures=counts.pictures,
            delivered=counts.delivered,
            as_of=self._fleets.as_of if self._fleets is not None else 0.0,
        )

    async def _draw(self) -> None:
        counted = 0
        while True:
            if self._phase == MORNING and len(self._rates) <= self._second():
                recorded = self._counts().recorded
                self._rates.append(recorded - counted)
                counted = recorded
            self._show(self.snapshot())
            await asyncio.sleep(FRAME_S)

    def snapshot(self) -> Snapshot:
        """Return the screen as of now."""
        counts, told = self._counts(), self._poller.reading
        return Snapshot(
            elapsed_s=asyncio.get_running_loop().time() - self._opened,
            phases=PHASES,
            phase=self._phase,
            caption=self._caption,
            sites=[self._site(site, counts) for site in self._sites],
            hikvision=self._speakers(counts),
            pid=self._stage.pid,
            starts=self._starts,
            backfilled=counts.backfilled,
            p50_s=counts.latencies.percentile(0.5),
            p99_s=counts.latencies.percentile(0.99),
            waiting=counts.waiting,
            recognised=counts.recognised,
            turned_away=counts.turned_away,
            missed=counts.missed,
            mistaken=counts.mistaken,
            passages=Row(
                sent=told.after.recorded if told.up else counts.recorded,
                acknowledged=told.before.acknowledged,
                stored=told.stored,
            ),
            pictures=Row(
                sent=told.after.pictures if told.up else counts.pictures,
                acknowledged=told.before.delivered,
                stored=told.pictures,
            ),
            rates=tuple(self._rates),
            marks=tuple(self._marks),
            up=told.up,
            connected=told.connected,
            ports=told.ports,
            resends=told.resends,
            lost=told.lost,
            doubled=told.doubled,
        )

    def _speakers(self, counts: Counts) -> SiteLine:
        online = counts.speaking.get(HIKVISION, 0)
        return SiteLine(name="Hikvision 海康", online=online, total=self._plot.hikvision)

    def _site(self, site: Site, counts: Counts) -> SiteLine:
        share, rest = divmod(self._plot.everybody, SITES)
        return SiteLine(
            name=site.name,
            online=counts.online.get(site.code, 0),
            total=share + (self._sites.index(site) < rest),
            cut=site.code == self._cut,
        )


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do ``work`` for the length of a block; what it raises is raised at its end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if not task.cancelled():
        task.result()
