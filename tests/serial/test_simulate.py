"""`gatepost simulate --serial`: a simulated terminal on a line, against a whole gateway."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from gateway.simulator.cable import Cable
from tests.support.gateways import Site, running
from tests.support.postgres import open_folder


def simulate(site: Site, *options: str) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-m", "gateway", "simulate", "--config", str(site.config)]
    return subprocess.run([*start, *options], capture_output=True, text=True, timeout=120)


async def against(site: Site, cable: Cable) -> dict[str, object]:
    site.configure(f'[[serial]]\npath = "{cable.near.path}"\n')
    played = ("--duration", "20", "--passages", "6", "--seed", "3", "--json")
    with running(site):
        done = await asyncio.to_thread(
            simulate, site, "--terminals", "0", "--serial", cable.far.path, *played
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_day_over_a_serial_line_is_stored_as_it_was_sent() -> None:
    async def main(folder: Path) -> dict[str, object]:
        cable = Cable()
        try:
            return await against(Site(folder), cable)
        finally:
            cable.close()

    with open_folder() as folder:
        result = asyncio.run(main(folder))
    assert result["kept"] is True
    assert result["terminals"] == 1
    assert result["sent"] == result["acknowledged"] == result["stored"] != 0


def test_nobody_is_simulated_without_a_terminal(tmp_path: Path) -> None:
    done = simulate(Site(tmp_path), "--terminals", "0")
    assert done.returncode != 0
    assert "[simulate.nobody]" in done.stderr
