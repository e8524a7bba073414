"""A whole run against a running gateway: register, connect, play, cut and heal, drain, judge."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.domain.errors import GatepostError
from gateway.simulator.counts import Counts
from gateway.simulator.outages import Outage, switches
from gateway.simulator.plan import PREFIX, Site, directory
from gateway.simulator.processes import Fleets
from gateway.simulator.proofs import Call, evidence, holdings
from gateway.simulator.specification import FleetSpec, split
from gateway.simulator.verdict import Verdict, judge

WATCH_S = 0.25
"""How often the progress is looked at."""
CONNECT_RATE = 100.0
"""First connections a second over the whole fleet; a site does not switch everything on at once."""
CONNECT_LIMIT_S = 30.0
"""Beyond the spread of the connections; then the run begins with whoever is there."""
DRAIN_LIMIT_S = 60.0
"""How long everything recorded may take to be acknowledged once nobody comes any more."""

Watch = Callable[[str, float, Counts], None]
"""Is told the phase, the seconds since its beginning, and the counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is to be done."""

    fleet: FleetSpec
    sites: Sequence[Site]
    outages: Sequence[Outage] = ()
    processes: int = 1

    @property
    def play_s(self) -> float:
        """Seconds the script takes."""
        return self.fleet.script.duration_s / self.fleet.script.speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it."""

    counts: Counts
    verdict: Verdict


def fresh_epoch() -> int:
    """Return a number for the record series of a run: the present second, which fits 32 bits."""
    return int(time.time()) & 0xFFFF_FFFF


def connect_seconds(terminals: int) -> float:
    """Return over how many seconds the first connections are spread."""
    return terminals / CONNECT_RATE


async def require_trial(call: Call, mode: str) -> None:
    """Refuse to write invented passages beside those of real terminals of a production gateway."""
    if mode != "production":
        return
    devices = await call("device.list")
    real = [one["serial"] for one in devices if not one["serial"].startswith(PREFIX)]
    if real:
        raise GatepostError(
            "simulate.production",
            f"this gateway is in production and knows {len(real)} real terminals"
            f" ({', '.join(real[:3])}{', …' if len(real) > 3 else ''}).",
            place="setting gateway.mode",
            remedy="Simulated passages would stay in its database. Use another gateway, or --yes.",
        )


async def play(run: Run, call: Call, watch: Watch) -> Result:
    """Do it; raises GatepostError when a fleet process ends or the gateway refuses a question."""
    before = await holdings(call, {one.serial: one.named for one in run.fleet.terminals})
    await call(
        "directory.import",
        document=directory(run.sites, run.fleet),
        place="simulated terminals",
    )
    async with Fleets(split(run.fleet, run.processes)) as fleets:
        await _connect(run, fleets, watch)
        await _script(run, fleets, watch)
        fleets.finish(DRAIN_LIMIT_S)
        draining = asyncio.ensure_future(fleets.ledgers())
        await _watching("drain", fleets, watch, draining.done, DRAIN_LIMIT_S * 2)
        ledgers = await draining
        counts = fleets.counts()
    found = await evidence(call, ledgers, before)
    return Result(counts=counts, verdict=judge(ledgers, found))


async def _connect(run: Run, fleets: Fleets, watch: Watch) -> None:
    everybody = len(run.fleet.terminals)

    def complete() -> bool:
        return fleets.counts().online_total == everybody

    limit = run.fleet.connect_s + CONNECT_LIMIT_S
    await _watching("connect", fleets, watch, complete, limit)
    counts = fleets.counts()
    if not counts.online_total:
        raise GatepostError(
            "simulate.nobody_online",
            f"none of {everybody} terminals could log in ({counts.login_refused} were refused).",
            place=", ".join(f"{door.host}:{door.port}" for door in run.fleet.doors.values()),
            remedy="Check the address, and the gateway's log for why.",
        )


async def _script(run: Run, fleets: Fleets, watch: Watch) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    fleets.begin()
    for switch in switches(run.outages):
        wait = begin + min(switch.at_s, run.play_s) - loop.time()
        await _watching("play", fleets, watch, lambda: False, wait, begin)
        if switch.on:
            fleets.heal(switch.site)
        else:
            fleets.cut(switch.site)
    await _watching("play", fleets, watch, lambda: False, begin + run.play_s - loop.time(), begin)


async def _watching(
    phase: str,
    fleets: Fleets,
    watch: Watch,
    done: Callable[[], bool],
    limit_s: float,
    since: float | None = None,
) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    deadline = begin + limit_s
    while not done() and loop.time() < deadline:
        watch(phase, loop.time() - (begin if since is None else since), fleets.counts())
        await asyncio.sleep(min(WATCH_S, max(0.0, deadline - loop.time())))
