"""What each row has to reach, and the judgement: met, stretch, short, or not to be judged.

A goal is a ratio to a limit measured in the same run wherever it can be. An absolute figure counts
only where the same run's baseline met a limit of its own; on a busy machine it says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from benchmarks.stats import middle, spread


class Verdict(Enum):
    """How a row came out, worst first."""

    SHORT = "short"
    NOT_JUDGED = "not judged"
    MET = "met"
    STRETCH = "stretch"
    TOLD = "told beside it"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One bound; ``must`` and ``stretch`` are inclusive."""

    name: str
    better: Literal["more", "less"]
    must: float | None
    """None for a figure that is told beside the one that counts."""
    stretch: float | None = None
    unit: str = ""
    """Empty for a ratio."""

    def reached(self, value: float, bound: float) -> bool:
        """Whether ``value`` is on the good side of ``bound``."""
        return value >= bound if self.better == "more" else value <= bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A figure of the same run that tells whether the machine was fit for absolute figures."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether absolute figures of this run count."""
        return self.value <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A goal and the rounds that are held against it."""

    goal: Goal
    rounds: Sequence[float]
    baselines: Sequence[Baseline] = ()
    """Given for absolute figures, which count only where all of these met their limits."""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return middle(self.rounds)

    @property
    def range(self) -> tuple[float, float]:
        """The smallest and the largest round."""
        return spread(self.rounds)

    @property
    def verdict(self) -> Verdict:
        """Judge the median."""
        if not all(baseline.met for baseline in self.baselines):
            return Verdict.NOT_JUDGED
        goal = self.goal
        if goal.must is None:
            return Verdict.TOLD
        if not goal.reached(self.value, goal.must):
            return Verdict.SHORT
        if goal.stretch is not None and goal.reached(self.value, goal.stretch):
            return Verdict.STRETCH
        return Verdict.MET


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row of the report."""

    row: str
    what: str
    ours: str = ""
    limit: str = ""
    checks: Sequence[Check] = ()
    bound: str = ""
    """What bounds the figure, in one sentence."""
    settings: str = "shipped defaults"
    """Settings of the gateway that differ from what is shipped."""
    notes: Sequence[str] = field(default_factory=tuple)
    not_measured: str = ""
    """Why nothing was measured."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the checks; one that cannot be judged leaves it to the others."""
        if self.not_measured or not self.checks:
            return Verdict.NOT_MEASURED
        found = [check.verdict for check in self.checks]
        judged = [one for one in found if one is not Verdict.NOT_JUDGED]
        order = list(Verdict)
        return min(judged, key=order.index) if judged else Verdict.NOT_JUDGED


def not_measured(row: str, reason: str) -> Result:
    """Report a row that cannot be measured here, or whose measurement failed."""
    return Result(row=row, what="", not_measured=reason)
