from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from gateway.demo.story import PHASES
from gateway.demo.view import WIDTH, Mark, Row, SiteLine, Snapshot, draw


def screen(shown: Snapshot) -> list[str]:
    console = Console(file=io.StringIO(), width=WIDTH, record=True)
    console.print(draw(shown))
    return console.export_text().splitlines()


BUSY = Snapshot(
    elapsed_s=31,
    phases=PHASES,
    phase=2,
    caption="The morning peak",
    sites=[
        SiteLine(name="North tower", online=50, total=50),
        SiteLine(name="River bridge", online=0, total=50, cut=True),
    ],
    hikvision=SiteLine(name="Hikvision 海康", online=17, total=20),
    up=True,
    pid=4711,
    starts=2,
    connected=150,
    ports=2,
    p50_s=0.0041,
    p99_s=0.0503,
    waiting=34,
    passages=Row(sent=1_234, acknowledged=1_200, stored=1_201),
    rates=(1, 5, 9, 4),
    marks=(Mark(second=1, text="cut"),),
)
CROWDED = Snapshot(
    elapsed_s=599,
    phases=PHASES,
    phase=5,
    caption="长" * 60,
    sites=[SiteLine(name=f"Long site name {n}", online=250, total=250) for n in range(4)],
    hikvision=SiteLine(name="Hikvision 海康", online=100, total=100),
    up=True,
    pid=4_194_303,
    starts=2,
    connected=1_000,
    resends=20_000,
    backfilled=20_000,
    p50_s=9.999,
    p99_s=99.999,
    waiting=20_000,
    passages=Row(sent=999_999, acknowledged=999_999, stored=999_999),
    pictures=Row(sent=999_999, acknowledged=999_999, stored=999_999),
    rates=(9_999,) * 100,
    marks=[Mark(second=s, text="断网") for s in (30, 31, 32, 90, 98)],
    lost=20_000,
    doubled=20_000,
)


@pytest.mark.parametrize("shown", [Snapshot(), BUSY, CROWDED])
def test_everything_fits_on_eighty_by_twenty_four(shown: Snapshot) -> None:
    lines = screen(shown)
    assert len(lines) <= 23  # the cursor waits on the last one
    assert max(map(cell_len, lines)) <= WIDTH


def test_the_figures_stand_on_the_screen() -> None:
    text = "\n".join(screen(BUSY))
    figures = ("1,234", "1,200", "1,201", "34", "50/100", "17/20")
    for expected in (*figures, "cut 断网", "pid 4711, start 2"):
        assert expected in text
    assert "150, serial 串口 2" in text
    assert "p50 4, p99 50 ms" in text
    assert "LOST 丢失 0" in text
    assert "STORED TWICE 重复 0" in text


def test_marks_stand_under_their_second_whatever_their_script() -> None:
    marks = (Mark(second=2, text="断网"), Mark(second=9, text="back"))
    line = next(line for line in screen(Snapshot(marks=marks)) if "↑" in line)
    inside = line.removeprefix("│ ")
    assert [cell_len(inside[:at]) for at, sign in enumerate(inside) if sign == "↑"] == [2, 9]


def test_a_gateway_that_is_down_is_shown_as_down() -> None:
    assert "starting 启动中" in "\n".join(screen(Snapshot()))
    assert "down 已停" in "\n".join(screen(Snapshot(starts=1)))
