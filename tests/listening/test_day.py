"""A day of fifty terminals: a site without network, a gateway killed, and every passage once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from gateway.codecs.registry import load_dialects

from gateway.cli.cast import Wanted, cast
from gateway.config import load
from gateway.simulator.asking import gateway_at
from gateway.simulator.counts import Counts
from gateway.simulator.day import Script
from gateway.simulator.plan import directory, sites, terminals
from gateway.simulator.processes import Fleets
from gateway.simulator.proofs import evidence
from gateway.simulator.run import Result, fresh_epoch
from gateway.simulator.specification import FleetSpec
from gateway.simulator.verdict import judge
from tests.support.gateways import Gateway, Site
from tests.support.postgres import open_folder
from tests.support.waiting import until

TERMINALS = 50
SETTINGS = '[dialects]\nenabled = ["yls", "hikvision"]\n'
STEP_S = 60.0
"""A busy machine may take so long for one step; nothing is judged by it."""
SCRIPT = Script(duration_s=900, speed=30, passages_per_terminal=40, verify=0.2)
"""Half a minute of play, of which the steps below take what they need."""
ROWS = "select device, series, number, device_ms from"
ONCE = f"""
select count(*) as rows, count(distinct one) as records
from ({ROWS} passage union all {ROWS} fault_report) as one
"""


@dataclass(frozen=True, slots=True)
class Day:
    """What is played, and where."""

    site: Site
    fleet: FleetSpec

    async def play(self) -> tuple[Result, int, int]:
        """Play it; each misfortune comes once there is traffic for it to hit.

        Returns also how many rows PostgreSQL has, and of how many different records.
        """
        gateway = await self._start()
        try:
            call = gateway_at(self.site.data / "admin.sock")
            document = directory(sites(4), self.fleet)
            await call("directory.import", document=document, place="test")
            async with Fleets([self.fleet]) as fleets:
                await self._until(fleets, lambda now: now.online_total == TERMINALS)
                fleets.begin()
                await self._more(fleets, 60)
                fleets.cut("SIM-B")
                await self._more(fleets, 60)
                gateway.kill()
                kept = fleets.counts().waiting
                await self._until(fleets, lambda now: now.waiting >= kept + 20)
                gateway = await self._start()
                await self._more(fleets, 60)
                fleets.heal("SIM-B")
                await self._until(fleets, lambda now: now.online_total == TERMINALS)
                fleets.finish(STEP_S)
                ledgers = await fleets.ledgers()
                counts = fleets.counts()
            found = await evidence(call, ledgers, {})
            (seen,) = await self.site.fetch(ONCE)
        finally:
            code = await asyncio.to_thread(gateway.terminate)
        assert code == 0, gateway.text()[-2000:]
        return Result(counts=counts, verdict=judge(ledgers, found)), seen["rows"], seen["records"]

    async def _start(self) -> Gateway:
        gateway = Gateway(self.site)
        await asyncio.to_thread(gateway.await_started)
        return gateway

    async def _more(self, fleets: Fleets, count: int) -> None:
        before = fleets.counts().acknowledged
        await self._until(fleets, lambda now: now.acknowledged >= before + count)

    @staticmethod
    async def _until(fleets: Fleets, reached: Callable[[Counts], bool]) -> None:
        await until(lambda: reached(fleets.counts()), "the day goes on", STEP_S)


def fleet(site: Site) -> FleetSpec:
    wanted = Wanted(counts={"hikvision": TERMINALS})
    seats, doors = cast(wanted, load(site.config, {}), load_dialects().dialects)
    return FleetSpec(
        doors=doors,
        epoch=fresh_epoch(),
        seed=3,
        script=SCRIPT,
        terminals=terminals(seats, sites(4)),
    )


def test_a_day_with_an_outage_and_a_kill_leaves_every_record_once() -> None:
    with open_folder() as folder:
        site = Site(folder, SETTINGS)
        try:
            result, rows, records = asyncio.run(Day(site, fleet(site)).play())
        finally:
            site.end_database()
    told, counts = result.verdict, result.counts
    assert told.violations == ()
    assert told.recorded == told.acknowledged == told.stored == rows == records > 200
    assert told.pictures == told.pictures_stored > 100
    assert counts.backfilled > 20
    assert counts.asked > 20
    assert counts.granted == 0  # nobody is enrolled here
