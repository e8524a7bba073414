"""Both rates over the threshold as an SVG picture, on a logarithmic scale, with drawn intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape

from gateway.matcher.evaluation.estimates import Interval
from gateway.matcher.evaluation.figures import Figures, Point

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 40, 48
FMR, FNMR = "#1f5fa8", "#b8461b"
Place = tuple[float, float]


class Axes:
    """Where a threshold and a rate lie in the picture."""

    def __init__(self, figures: Figures) -> None:
        thresholds = [point.threshold for point in figures.curve]
        self.low, self.high = min(thresholds), max(thresholds)
        most = max(figures.impostor, figures.genuine)
        self.decades = math.ceil(math.log10(most))
        """The lowest rate drawn is ten to minus this; zero cannot be drawn and ends a curve."""

    def x(self, threshold: float) -> float:
        """Return pixels from the left."""
        share = (threshold - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, rate: float) -> float:
        """Return pixels from the top; rates below the scale lie on its lower edge."""
        decades = min(self.decades, -math.log10(rate)) if rate > 0 else self.decades
        return TOP + decades / self.decades * (HEIGHT - TOP - BOTTOM)


def draw(figures: Figures, title: str) -> str:
    """Return the picture."""
    axes, curve = Axes(figures), figures.curve
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *_scales(axes),
        _band(axes, curve, lambda point: point.fmr_drawn, FMR),
        _band(axes, curve, lambda point: point.fnmr_drawn, FNMR),
        _line(axes, [(one.threshold, one.fmr) for one in curve], FMR),
        _line(axes, [(one.threshold, one.fnmr) for one in curve], FNMR),
        *_uses(axes, figures),
        f'<text x="{LEFT + 8}" y="{HEIGHT - BOTTOM - 22}" fill="{FMR}">FMR</text>',
        f'<text x="{LEFT + 8}" y="{HEIGHT - BOTTOM - 8}" fill="{FNMR}">FNMR</text>',
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">threshold</text>',
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _scales(axes: Axes) -> Iterable[str]:
    bottom = HEIGHT - BOTTOM
    for decade in range(axes.decades + 1):
        y = axes.y(10.0**-decade)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        label = "1" if decade == 0 else f"1e-{decade}"
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    for tenth in range(math.ceil(axes.low * 10), math.floor(axes.high * 10) + 1):
        x = axes.x(tenth / 10)
        yield f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#eee"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tenth / 10:.1f}</text>'


def _line(axes: Axes, places: Sequence[Place], colour: str) -> str:
    points = " ".join(f"{axes.x(at):.1f},{axes.y(rate):.1f}" for at, rate in places if rate > 0)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>'


def _band(
    axes: Axes, curve: Sequence[Point], of: Callable[[Point], Interval | None], colour: str
) -> str:
    there = [(point.threshold, drawn) for point in curve if (drawn := of(point)) and drawn[1] > 0]
    if not there:
        return ""
    upper = [f"{axes.x(at):.1f},{axes.y(high):.1f}" for at, (_, high) in there]
    lower = [f"{axes.x(at):.1f},{axes.y(low):.1f}" for at, (low, _) in reversed(there)]
    return f'<polygon points="{" ".join(upper + lower)}" fill="{colour}" fill-opacity="0.15"/>'


def _uses(axes: Axes, figures: Figures) -> Iterable[str]:
    """Mark the thresholds in use."""
    bottom = HEIGHT - BOTTOM
    for row, one in enumerate(figures.question.in_use):
        if not axes.low <= one.threshold <= axes.high:
            continue
        x = axes.x(one.threshold)
        yield f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#444" stroke-dasharray="4 3"/>'
        y = TOP + 14 + 14 * row
        yield f'<text x="{x + 4:.1f}" y="{y}">{escape(one.name)} {one.threshold:g}</text>'
