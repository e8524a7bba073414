from __future__ import annotations

import io

from rich.console import Console

from gateway.demo.view import WIDTH, Mark, SiteLine, Snapshot, draw


def screen(shown: Snapshot) -> list[str]:
    console = Console(file=io.StringIO(), width=WIDTH, record=True)
    console.print(draw(shown))
    return console.export_text().splitlines()


BUSY = Snapshot(
    elapsed_s=31,
    phases=("start", "connect", "morning"),
    phase=2,
    caption="The morning peak",
    sites=[
        SiteLine(name="North tower", online=50, total=50),
        SiteLine(name="River bridge", online=0, total=50, cut=True),
    ],
    up=True,
    pid=4711,
    starts=2,
    connected=150,
    p50_s=0.0041,
    p99_s=0.0503,
    sent=1_234,
    acknowledged=1_200,
    stored=1_201,
    rates=(1, 5, 9, 4),
    marks=(Mark(second=1, text="cut"),),
)


def test_everything_fits_on_eighty_by_twenty_four() -> None:
    lines = screen(BUSY)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= WIDTH


def test_the_figures_stand_on_the_screen() -> None:
    text = "\n".join(screen(BUSY))
    for expected in ("1,234", "1,200", "1,201", "34", "cut off", "pid 4711", "p50 4 ms", "50/50"):
        assert expected in text
    assert "LOST 0" in text
    assert "STORED TWICE 0" in text


def test_a_gateway_that_is_down_is_shown_as_down() -> None:
    assert "down" in "\n".join(screen(Snapshot()))
