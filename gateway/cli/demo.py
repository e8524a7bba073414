"""``gatepost demo``: a morning at the gates, with an outage and a kill -9, and the proof."""

from __future__ import annotations

import asyncio
import io
import re
import signal
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from gateway.demo.shortened import SHORTENED
from gateway.demo.stage import Stage
from gateway.demo.story import SPEED, Plot, Story
from gateway.demo.view import WIDTH, Snapshot, draw
from gateway.simulator.report import as_text
from gateway.simulator.run import Result


@click.command()
@click.option("--terminals", type=click.IntRange(4, 1_000), default=200, show_default=True)
@click.option("--seconds", type=click.FloatRange(8, 600), default=36, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--keep", is_flag=True, help="Leave it running afterwards and print where to look.")
@click.option(
    "--record", type=click.Path(path_type=Path), help="Save the last screen as an SVG picture."
)
def demo(terminals: int, seconds: float, seed: int, keep: bool, record: Path | None) -> None:
    """Show a morning at the gates: 200 terminals, an outage, a kill -9, and the proof.

    Starts its own PostgreSQL and gateway in a temporary folder, plays the morning at ten times its
    speed, compares what every terminal sent with what the database holds, and removes everything.
    """
    plot = Plot(count=terminals, play_s=seconds, seed=seed)
    screen = _Screen(Console(highlight=False))
    click.echo(f"Gatepost demo: {terminals} terminals, the morning at {SPEED:.0f}× speed.")
    click.echo(f"Shortened for the demo: {', '.join(map(str, SHORTENED))}.")
    try:
        result = asyncio.run(_play(plot, screen, keep))
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("Stopped; nothing is left running.")
        sys.exit(130)
    if record is not None:
        _save(screen, record)
    _conclude(result)


async def _play(plot: Plot, screen: _Screen, keep: bool) -> Result:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with Stage() as stage:

        async def afterwards() -> None:
            screen.close()
            if keep:
                await _wait(stage)

        with screen:
            return await Story(plot, stage, screen).tell(afterwards)


async def _wait(stage: Stage) -> None:
    click.echo(f"Status page    http://127.0.0.1:{stage.web}/")
    click.echo(f"Metrics        http://127.0.0.1:{stage.web}/metrics")
    click.echo(f"Configuration  {stage.config}")
    click.echo(f"Log            {stage.log}")
    click.echo(f"Devices        gatepost device list --config {stage.config}")
    click.echo("Everything is still running. Ctrl-C ends and removes it.")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _save(screen: _Screen, record: Path) -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    if screen.last is not None:
        console.print(draw(screen.last))
    picture = console.export_svg(title="gatepost demo")
    # rich points at web fonts; a picture in a repository must not call anybody.
    record.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL))


def _conclude(result: Result) -> None:
    click.echo(as_text(result))
    if result.verdict.kept:
        click.echo("结论：已确认的记录全部入库，无丢失、无重复。")
    else:
        click.echo("结论：承诺被违反，详见上文。")
    sys.exit(0 if result.verdict.kept else 1)


class _Screen:
    """Redraws one screen on a terminal; elsewhere prints a line when the caption changes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self.last: Snapshot | None = None
        self._closed = False

    def __enter__(self) -> _Screen:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the last picture on the screen."""
        self._closed = True
        if self._live is not None:
            self._live.stop()

    def __call__(self, shown: Snapshot) -> None:
        changed = self.last is None or self.last.caption != shown.caption
        self.last = shown
        if self._closed:
            return
        if self._live is not None:
            self._live.update(draw(shown), refresh=True)
        elif changed and shown.caption:
            self._console.print(
                f"{shown.elapsed_s:5.1f} s  {shown.caption}: {shown.sent} sent,"
                f" {shown.acknowledged} acknowledged, {shown.stored} stored,"
                f" lost {shown.lost}, twice {shown.doubled}"
            )
