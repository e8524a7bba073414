"""Writes RESULTS.md: the circumstances, one line a row, then each row's details.

The section of the crash suite is written by its long run (`record_soak`) and kept by every later
benchmark; a benchmark of some rows replaces the whole rest, so its report is not to be committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.goals import Check, Goal, Result, Verdict

RESULTS = Path(__file__).with_name("RESULTS.md")
SOAK_BEGIN = "<!-- soak: written by the long run of the crash suite; benchmarks keep it -->"
SOAK_END = "<!-- end of soak -->"
NO_SOAK = "No long run of the crash suite was recorded yet."
HEAD = (
    "| row | what | ours | limit | figure | must | stretch | verdict |\n"
    "|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a reader must know to believe the figures."""

    command: str
    facts: Sequence[tuple[str, str]]
    load_before: str
    load_after: str
    seconds: float
    rounds: int
    quick: bool = False
    extra: Sequence[str] = field(default_factory=tuple)


def render(results: Iterable[Result], run: Circumstances, soak: str = NO_SOAK) -> str:
    """Return the whole page."""
    rows = sorted(results, key=lambda result: (result.row[0], int(result.row[1:])))
    parts = ["# Benchmark results", "", *_circumstances(run), "", "## Rows", "", HEAD]
    parts += [line for result in rows for line in _lines(result)]
    parts += ["", "## What bounds each row", ""]
    for result in rows:
        parts += [*_details(result), ""]
    parts += ["## G18: crash suite", "", SOAK_BEGIN, soak.strip(), SOAK_END, ""]
    return "\n".join(parts)


def write(results: Iterable[Result], run: Circumstances, path: Path = RESULTS) -> None:
    """Write the page, keeping the section of the crash suite."""
    path.write_text(render(results, run, soak_of(path)))


def record_soak(text: str, path: Path = RESULTS) -> None:
    """Replace the section of the crash suite and leave the rest as it is."""
    page = path.read_text() if path.exists() else render([], _nothing_ran())
    before, _, rest = page.partition(SOAK_BEGIN)
    _, _, after = rest.partition(SOAK_END)
    path.write_text(f"{before}{SOAK_BEGIN}\n{text.strip()}\n{SOAK_END}{after}")


def soak_of(path: Path) -> str:
    """Return what the long run of the crash suite wrote, if it ever ran."""
    if not path.exists():
        return NO_SOAK
    _, found, rest = path.read_text().partition(SOAK_BEGIN)
    text, _, _ = rest.partition(SOAK_END)
    return text.strip() if found else NO_SOAK


def number(value: float, goal: Goal) -> str:
    """Write a figure with its unit, with as many digits as mean something."""
    digits = 0 if value == int(value) or value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{f' {goal.unit}' if goal.unit else ''}"


def _nothing_ran() -> Circumstances:
    return Circumstances(
        command="none yet", facts=(), load_before="-", load_after="-", seconds=0, rounds=0
    )


def _circumstances(run: Circumstances) -> list[str]:
    lines = [
        (
            f"Made by `{run.command}` in {run.seconds:.0f} s. Both sides of every ratio ran in "
            f"turn, {run.rounds} rounds; a figure is the median of its rounds."
        ),
        "",
        *(f"- {name}: {value}" for name, value in run.facts),
        f"- load average before: {run.load_before}; after: {run.load_after}",
        *(f"- {line}" for line in run.extra),
    ]
    if run.quick:
        lines += ["", "**A quick run, for development: too short to believe.**"]
    return lines


def _lines(result: Result) -> list[str]:
    if result.not_measured:
        return [f"| {result.row} | | | | | | | **not measured**: {result.not_measured} |"]
    lines = []
    for at, check in enumerate(result.checks):
        first = at == 0
        named = len(result.checks) > 1
        cells = (
            result.row if first else "",
            result.what if first else "",
            result.ours if first else "",
            result.limit if first else "",
            (f"{check.goal.name}: " if named else "") + number(check.value, check.goal),
            _bound(check.goal, check.goal.must),
            _bound(check.goal, check.goal.stretch),
            _verdict(check),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _bound(goal: Goal, bound: float | None) -> str:
    if bound is None:
        return ""
    return ("≥ " if goal.better == "more" else "≤ ") + number(bound, goal)


def _verdict(check: Check) -> str:
    verdict = check.verdict
    if verdict is Verdict.NOT_JUDGED:
        return "not judged: a baseline missed its limit"
    return f"**{verdict.value}**" if verdict is Verdict.SHORT else verdict.value


def _details(result: Result) -> list[str]:
    if result.not_measured:
        return [f"**{result.row}** was not measured: {result.not_measured}."]
    lines = [f"**{result.row}**, {result.verdict.value}. {result.bound}", ""]
    for check in result.checks:
        low, high = check.range
        goal = check.goal
        lines.append(
            f"- {goal.name}: {number(check.value, goal)} (rounds {number(low, goal)} … "
            f"{number(high, goal)})"
        )
        for base in check.baselines:
            met = "met" if base.met else "missed, so the absolute figure does not count"
            lines.append(
                f"- baseline {base.name}: {base.value:.2f} {base.unit}, limit {base.limit:g} "
                f"{base.unit}: {met}"
            )
    lines.append(f"- settings: {result.settings}")
    return lines + [f"- {note}" for note in result.notes]
