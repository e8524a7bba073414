"""Draws the demo: a frozen snapshot in, a screen of 80 × 23 out. Knows no process, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

WIDTH = 80
CHART_COLUMNS, CHART_ROWS = 76, 3
EIGHTHS = " ▁▂▃▄▅▆▇█"
BAR = 12
"""Columns of a site's bar."""
ACCENT, GOOD, BAD, QUIET = "cyan", "green", "red", "bright_black"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """One site."""

    name: str
    online: int
    total: int
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened, under the chart."""

    second: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything on the screen."""

    title: str = "Gatepost demo"
    elapsed_s: float = 0.0
    phases: Sequence[str] = ()
    phase: int = 0
    """Index into ``phases``; beyond the last one everything is done."""
    caption: str = ""
    sites: Sequence[SiteLine] = ()
    up: bool = False
    pid: int | None = None
    starts: int = 0
    """How often the gateway was started."""
    connected: int = 0
    resends: int = 0
    backfilled: int = 0
    p50_s: float | None = None
    p99_s: float | None = None
    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    pictures: int = 0
    pictures_delivered: int = 0
    pictures_stored: int = 0
    rates: Sequence[int] = ()
    """Passages in each second of the morning."""
    marks: Sequence[Mark] = ()
    lost: int = 0
    doubled: int = 0
    note: str = ""


def draw(shown: Snapshot) -> RenderableType:
    """Return the whole screen."""
    return Group(
        _title(shown),
        _phases(shown),
        Text(shown.caption, style="bold", no_wrap=True, overflow="ellipsis"),
        _beside(_sites(shown), _gateway(shown)),
        _records(shown),
        _chart(shown),
        _promises(shown),
        Text(shown.note, style=QUIET, no_wrap=True, overflow="ellipsis"),
    )


def _title(shown: Snapshot) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right")
    line.add_row(
        Text(shown.title, style=f"bold {ACCENT}"), Text(f"{shown.elapsed_s:.0f} s", style=QUIET)
    )
    return line


def _phases(shown: Snapshot) -> Text:
    line = Text(no_wrap=True)
    for at, name in enumerate(shown.phases):
        if at < shown.phase:
            line.append(f"✔ {name}  ", style=GOOD)
        elif at == shown.phase:
            line.append(f"▶ {name}  ", style=f"bold {ACCENT}")
        else:
            line.append(f"· {name}  ", style=QUIET)
    return line


def _beside(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid


def _panel(title: str, inside: RenderableType) -> Panel:
    return Panel(inside, title=title, title_align="left", box=box.ROUNDED, border_style=QUIET)


def _sites(shown: Snapshot) -> Panel:
    table = Table.grid(padding=(0, 1))
    for site in shown.sites:
        filled = round(BAR * site.online / site.total) if site.total else 0
        style = BAD if site.cut else GOOD
        bar = Text("█" * filled, style=style) + Text("░" * (BAR - filled), style=QUIET)
        count = Text("cut off" if site.cut else f"{site.online}/{site.total}", style=style)
        table.add_row(Text(site.name, no_wrap=True), bar, count)
    return _panel("Sites · terminals online", table)


def _gateway(shown: Snapshot) -> Panel:
    table = Table.grid(padding=(0, 1))
    if shown.up:
        again = f", start {shown.starts}" if shown.starts > 1 else ""
        state = Text(f"up, pid {shown.pid}{again}", style=GOOD)
    else:
        state = Text("down", style=f"bold {BAD}")
    table.add_row("process", state)
    table.add_row("connected", Text(f"{shown.connected:,} terminals"))
    times = f"p50 {_milliseconds(shown.p50_s)} · p99 {_milliseconds(shown.p99_s)}"
    table.add_row("ack after", Text(times))
    table.add_row("late", Text(f"{shown.backfilled:,} back-filled, {shown.resends:,} resent"))
    return _panel("Gateway", table)


def _records(shown: Snapshot) -> Panel:
    table = Table(box=None, expand=True, padding=(0, 1), header_style=QUIET)
    table.add_column("")
    for name in ("sent", "acknowledged", "stored", "waiting"):
        table.add_column(name, justify="right")
    rows = (
        ("passages and faults", shown.sent, shown.acknowledged, shown.stored),
        ("pictures, encrypted", shown.pictures, shown.pictures_delivered, shown.pictures_stored),
    )
    for name, sent, told, stored in rows:
        waiting = sent - told
        table.add_row(
            name,
            f"{sent:,}",
            f"{told:,}",
            Text(f"{stored:,}", style="bold"),
            Text(f"{waiting:,}", style="yellow" if waiting else QUIET),
        )
    return _panel("Records", table)


def _chart(shown: Snapshot) -> Panel:
    rates = list(shown.rates)[-CHART_COLUMNS:]
    first = len(shown.rates) - len(rates)
    top = max([*rates, 1])
    chart = Text(no_wrap=True)
    for row in reversed(range(CHART_ROWS)):
        for rate in rates:
            level = round(rate / top * CHART_ROWS * 8) - row * 8
            chart.append(EIGHTHS[max(0, min(8, level))], style=ACCENT)
        chart.append("\n")
    chart.append(_under(shown.marks, first), style="yellow")
    now = f"{rates[-1]}/s" if rates else "nobody yet"
    return _panel(f"Passages each second · now {now} · peak {max(rates, default=0)}/s", chart)


def _under(marks: Sequence[Mark], first: int) -> str:
    line = ""
    for mark in marks:
        at = mark.second - first
        if at >= 0:
            line = line.ljust(max(at, len(line) + bool(line))) + f"↑{mark.text}"
    return line[:CHART_COLUMNS]


def _promises(shown: Snapshot) -> Text:
    line = Text("  ")
    for name, count in (("LOST", shown.lost), ("STORED TWICE", shown.doubled)):
        line.append(f" {name} {count:,} ", style=f"bold white on {BAD if count else GOOD}")
        line.append("   ")
    return line


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.0f} ms"
