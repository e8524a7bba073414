"""Draws the demo: a frozen snapshot in, a screen of 80 × 23 out. Knows no process, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

WIDTH = 80
CHART_COLUMNS, CHART_ROWS = 76, 2
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
class Row:
    """What became of records or pictures; kept promises show as acknowledged ≤ stored ≤ sent."""

    sent: int = 0
    acknowledged: int = 0
    stored: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything on the screen."""

    title: str = "Gatepost demo 演示"
    elapsed_s: float = 0.0
    phases: Sequence[str] = ()
    phase: int = 0
    """Index into ``phases``; beyond the last one everything is done."""
    caption: str = ""
    sites: Sequence[SiteLine] = ()
    hikvision: SiteLine | None = None
    """Those of all sites that speak Hikvision's protocol."""
    up: bool = False
    pid: int | None = None
    starts: int = 0
    """How often the gateway was started."""
    connected: int = 0
    ports: int = 0
    """Serial ports that are open."""
    resends: int = 0
    backfilled: int = 0
    p50_s: float | None = None
    p99_s: float | None = None
    waiting: int = 0
    """Records that terminals keep, no acknowledgement having come for them."""
    passages: Row = Row()
    """Passages and faults."""
    pictures: Row = Row()
    rates: Sequence[int] = ()
    """Passages in each second of the morning."""
    marks: Sequence[Mark] = ()
    lost: int = 0
    doubled: int = 0
    recognised: int = 0
    """Faces let in as who they are."""
    turned_away: int = 0
    """Strangers who were not let in."""
    missed: int = 0
    """Enrolled people who were not recognised."""
    mistaken: int = 0
    """Faces let in that are somebody else's."""


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
        table.add_row(*_site(site))
    online, total = sum(s.online for s in shown.sites), sum(s.total for s in shown.sites)
    table.add_row("together 合计", "", f"{online:,}/{total:,}")
    if shown.hikvision is not None:
        table.add_row(*_site(shown.hikvision))
    return _panel("Sites 工地 · terminals online 在线", table)


def _site(site: SiteLine) -> tuple[Text, Text, Text]:
    filled = round(BAR * site.online / site.total) if site.total else 0
    style = BAD if site.cut else GOOD
    bar = Text("█" * filled, style=style) + Text("░" * (BAR - filled), style=QUIET)
    count = "cut 断网" if site.cut else f"{site.online}/{site.total}"
    return Text(site.name, no_wrap=True), bar, Text(count, style=style)


def _gateway(shown: Snapshot) -> Panel:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=13)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_row("process 进程", _process(shown))
    table.add_row("sessions 会话", f"{shown.connected:,}, serial 串口 {shown.ports}")
    table.add_row("answer 应答", f"p50 {_ms(shown.p50_s)}, p99 {_ms(shown.p99_s)} ms")
    table.add_row("waiting 待传", Text(f"{shown.waiting:,}", "yellow" if shown.waiting else ""))
    table.add_row("late 补传", f"{shown.backfilled:,}, resent 重传 {shown.resends:,}")
    table.add_row("faces 人脸", _faces(shown))
    return _panel("Gateway 网关", table)


def _faces(shown: Snapshot) -> str:
    seen = shown.recognised + shown.turned_away + shown.missed + shown.mistaken
    if not seen:
        return "–"
    known = f"known 识 {shown.recognised}/{shown.recognised + shown.missed}"
    return f"{known}, 拒 {shown.turned_away}"


def _process(shown: Snapshot) -> Text:
    if shown.up:
        again = f", start {shown.starts}" if shown.starts > 1 else ""
        return Text(f"pid {shown.pid}{again}", GOOD)
    return Text("down 已停", f"bold {BAD}") if shown.starts else Text("starting 启动中", QUIET)


def _records(shown: Snapshot) -> Panel:
    table = Table(box=None, expand=True, padding=(0, 1), header_style=QUIET)
    table.add_column("")
    for name in ("sent 已采", "acknowledged 已应答", "stored 已入库"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, row in (
        ("passages, faults 通行、故障", shown.passages),
        ("pictures, sealed 加密照片", shown.pictures),
    ):
        stored = Text(f"{row.stored:,}", style="bold")
        table.add_row(name, f"{row.sent:,}", f"{row.acknowledged:,}", stored)
    return _panel("Records 记录", table)


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
    now, peak = (rates[-1], max(rates)) if rates else (0, 0)
    return _panel(f"Passages a second 每秒通行 · now 当前 {now} · peak 峰值 {peak}", chart)


def _under(marks: Sequence[Mark], first: int) -> str:
    line = ""
    for mark in marks:
        at = mark.second - first
        if at >= 0:
            taken = cell_len(line)
            line = f"{set_cell_size(line, max(at, taken + bool(line)))}↑{mark.text}"
    return set_cell_size(line, CHART_COLUMNS)


def _promises(shown: Snapshot) -> Text:
    line = Text("  ")
    for name, count in (
        ("LOST 丢失", shown.lost),
        ("STORED TWICE 重复", shown.doubled),
        ("WRONGLY LET IN 误放", shown.mistaken),
    ):
        line.append(f" {name} {count:,} ", style=f"bold white on {BAD if count else GOOD}")
        line.append("   ")
    return line


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:,.0f}"
