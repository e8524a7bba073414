"""A whole gateway on bad lines: noise, pulled adapters and a kill, and every promise is kept."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import time
from pathlib import Path

import pytest

from tests.crash.evidence import collect
from tests.crash.verdict import violations
from tests.serial.lines import Line, LineRecorder
from tests.support.directories import document
from tests.support.gateways import Gateway, Site
from tests.support.postgres import open_folder
from tests.support.serials import reactor_here
from tests.support.waiting import until

SEED_VARIABLE = "GATEPOST_SERIAL_SEED"
"""Set it to what a failed run printed to play the same misfortunes again."""

LINES = 3
EPOCH = 0x6A97F200
CALM_S = 120.0

SETTINGS = """
[sessions]
heartbeat_seconds = 5
"""
PORT = """
[[serial]]
path = "{}"
reopen_seconds = 1
"""


class Campaign:
    """Terminals on bad lines, and a gateway that is killed in the middle."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.paths = [folder / f"gate{at}" for at in range(LINES)]
        self.site = Site(folder, SETTINGS + "".join(map(PORT.format, self.paths)))
        self.unplugged = 0
        self.damaged = 0
        self.recorded = 0
        self.broken: list[str] = []
        self._gateway = Gateway(self.site)
        self._seed = seed
        self._rng = random.Random(seed)

    async def run(self, seconds: float) -> None:
        serials = [f"LINE-{at}" for at in range(LINES)]
        await asyncio.to_thread(self._register, serials)
        lines = [Line(path, f"{self._seed}/{path.name}") for path in self.paths]
        with reactor_here() as reactor:
            recorders = [
                LineRecorder(serial, line, reactor, f"{self._seed}/{serial}", EPOCH + at)
                for at, (serial, line) in enumerate(zip(serials, lines, strict=True))
            ]
            for recorder in recorders:
                recorder.begin()
            try:
                await self._misfortunes(lines, seconds / 2)
                self._gateway.kill()
                self._gateway = Gateway(self.site)
                await self._misfortunes(lines, seconds / 2)
                await self._calm(lines, recorders)
            finally:
                for recorder in recorders:
                    await recorder.end()
                for line in lines:
                    line.close()

    def _register(self, serials: list[str]) -> None:
        self._gateway.await_started()
        self._gateway.ask("directory.import", document=document(*serials), place="test")

    def end(self) -> None:
        if self._gateway.process.poll() is None:
            self._gateway.kill()
        self.site.end_database()

    async def _misfortunes(self, lines: list[Line], seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(self._rng.uniform(0.3, 1.5))
            line = self._rng.choice(lines)
            if self._rng.random() < 0.5:
                line.unplug_gateway()
            else:
                line.unplug_terminal()
            self.unplugged += 1

    async def _calm(self, lines: list[Line], recorders: list[LineRecorder]) -> None:
        for recorder in recorders:
            recorder.stop_recording()
        for line in lines:
            for weather in line.weather:
                weather.clear_up()
        await asyncio.to_thread(self._gateway.await_started)
        await until(lambda: all(one.settled for one in recorders), "all is settled", CALM_S)
        self.damaged = sum(line.damaged for line in lines)
        self.recorded = sum(len(one.told.sent) for one in recorders)
        stored = await collect(self.site)
        for one in recorders:
            self.broken += violations(one.serial, one.told, stored[one.serial])
        figures = await asyncio.to_thread(self._gateway.figures)
        for path in self.paths:
            assert figures[f'gatepost_serial_port_open{{port="{path}"}}'] == 1
            assert figures[f'gatepost_serial_bytes_total{{port="{path}",direction="in"}}'] > 0
        code = await asyncio.to_thread(self._gateway.terminate)
        assert code == 0, self._gateway.text()


def play(seconds: float) -> Campaign:
    seed = int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(2**32))
    print(f"{SEED_VARIABLE}={seed}")
    with open_folder() as folder:
        campaign = Campaign(folder, seed)
        try:
            asyncio.run(campaign.run(seconds))
        finally:
            campaign.end()
    print(
        f"{campaign.recorded} records over {LINES} lines in {seconds:.0f} s, damaged"
        f" {campaign.damaged} times, unplugged {campaign.unplugged} times"
    )
    return campaign


def assert_kept(campaign: Campaign, seconds: float) -> None:
    assert campaign.broken == []
    assert campaign.unplugged >= seconds / 2
    assert campaign.damaged > seconds
    assert campaign.recorded > 10 * seconds


def test_no_promise_is_broken_on_bad_lines() -> None:
    assert_kept(play(8), 8)


@pytest.mark.soak
def test_no_promise_is_broken_in_ten_minutes_on_bad_lines() -> None:
    assert_kept(play(600), 600)
