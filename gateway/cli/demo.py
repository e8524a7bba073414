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

from gateway.demo.faces import MEMBERS, STRANGERS, WAIVED, available
from gateway.demo.shortened import SHORTENED
from gateway.demo.stage import LINES, Stage
from gateway.demo.story import SPEED, Plot, Story
from gateway.demo.view import WIDTH, Snapshot, draw
from gateway.domain.errors import GatepostError
from gateway.simulator.report import as_text
from gateway.simulator.run import Result

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a service manager, and a closed terminal."""


@click.command()
@click.option(
    "--terminals", type=click.IntRange(4, 1_000), default=200, show_default=True, help="How many."
)
@click.option(
    "--seconds",
    type=click.FloatRange(8, 600),
    default=36,
    show_default=True,
    help=f"How long the morning takes here; on the site {SPEED:.0f} times as long.",
)
@click.option(
    "--seed", type=int, default=7, show_default=True, help="The same seed plays the same morning."
)
@click.option("--keep", is_flag=True, help="Leave it running afterwards and print where to look.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Save the last screen as an SVG picture.",
)
def demo(terminals: int, seconds: float, seed: int, keep: bool, record: Path | None) -> None:
    """Show a morning at the gates: terminals, an outage, a kill -9, and the proof.

    Starts its own PostgreSQL and gateway in a temporary folder, plays the morning at ten times its
    speed, compares what every terminal sent with what the database holds, and removes everything.
    Exits with status 1 if a promise was broken.
    """
    if record is not None and not record.parent.is_dir():
        raise GatepostError(
            "demo.record",
            "there is no such folder.",
            place=str(record.parent),
            remedy="Name a file in a folder that exists.",
        )
    plot = Plot(count=terminals, play_s=seconds, seed=seed)
    screen = _Screen(Console(highlight=False))
    click.echo(
        f"Gatepost demo: {terminals} terminals and {LINES} on serial lines,"
        f" the morning at {SPEED:.0f}× speed."
    )
    click.echo(f"Shortened for the demo: {', '.join(map(str, SHORTENED))}.")
    click.echo(_about_faces())
    try:
        result = asyncio.run(_play(plot, screen, keep))
    except asyncio.CancelledError:
        click.echo("Stopped; nothing is left running. / 已停止，没有遗留任何进程。")
        sys.exit(130)
    if record is not None:
        _save(screen, record)
    _conclude(result)


async def _play(plot: Plot, screen: _Screen, keep: bool) -> Result:
    _stop_once()
    async with Stage() as stage:

        async def afterwards() -> None:
            screen.close()
            if keep:
                await _wait(stage)

        try:
            with screen:
                return await Story(plot, stage, screen).tell(afterwards)
        except asyncio.CancelledError:
            click.echo("Ending the gateway and its database … / 正在结束网关与数据库……")
            raise


def _about_faces() -> str:
    if not available():
        return "No faces: their networks and pictures are not installed; `make demo` does that."
    return (
        f"Faces: {len(MEMBERS)} people of the ORL database (AT&T Laboratories Cambridge) are"
        f" enrolled, {len(STRANGERS)} are not; picture rules waived: {', '.join(WAIVED)}."
    )


def _stop_once() -> None:
    """Let the first signal end the demo in order, and none interrupt that order."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for number in SIGNALS:
            loop.add_signal_handler(number, lambda: None)
        task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)


async def _wait(stage: Stage) -> None:
    click.echo(f"Status page 状态页  http://127.0.0.1:{stage.web}/")
    click.echo(f"Metrics 指标        http://127.0.0.1:{stage.web}/metrics")
    click.echo(f"Configuration 配置  {stage.config}")
    click.echo(f"Log 日志            {stage.log}")
    click.echo(f"Devices 设备        {sys.argv[0]} device list --config {stage.config}")
    click.echo("Everything is still running. Ctrl-C ends and removes it. / 按 Ctrl-C 结束并清除。")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
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
    verdict = result.verdict
    click.echo(as_text(result))
    kept = "无丢失，无重复。" if verdict.kept else "承诺被违反，详见上文。"
    click.echo(
        f"结论：采集 {verdict.recorded} 条，应答 {verdict.acknowledged} 条，"
        f"入库 {verdict.stored} 条；{kept}"
    )
    if result.counts.mistaken:
        click.echo("SOMEBODY WAS LET IN WRONGLY. / 有人被误放行。")
    sys.exit(0 if verdict.kept and not result.counts.mistaken else 1)


class _Screen:
    """Redraws one screen on a terminal; elsewhere prints a line when the caption changes."""

    def __init__(self, console: Console) -> None:
        drawn = console.is_terminal and not console.is_dumb_terminal
        self._live = Live(console=console, auto_refresh=False) if drawn else None
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
            passages = shown.passages
            click.echo(
                f"{shown.elapsed_s:5.1f} s  {shown.caption}: {passages.sent} sent,"
                f" {passages.acknowledged} acknowledged, {passages.stored} stored,"
                f" lost {shown.lost}, twice {shown.doubled}"
            )
