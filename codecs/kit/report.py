"""What the conformance kit found, as values and as text.

Owns the wording of a finding and of a report without tiers; knows nothing of how it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How a property fared."""

    PASSED = "passed"
    FAILED = "FAILED"
    NOT_APPLICABLE = "not applicable"
    NOT_EXERCISED = "not exercised"
    """Could be tried, but was not: the terminal lacks the ability, or somebody must help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One property of one dialect."""

    code: str
    """P0…P21 and G1…G6 for a codec; for a terminal the clause of its protocol, such as 7.4."""
    title: str
    verdict: Verdict
    detail: str = ""
    """The counterexample of a failure, why the property does not apply, or what was measured."""
    cases: int = 0
    """How many cases were tried."""

    def line(self, width: int) -> str:
        """Return the finding for a terminal, its code in a column of ``width``."""
        tried = f" ({self.cases} cases)" if self.cases else ""
        head = f"{self.code:<{width}}{self.verdict.value:<15}{self.title}{tried}"
        return head + "".join(f"\n      {line}" for line in self.detail.splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All properties of one dialect."""

    dialect: str
    """Name and version, such as ``yls/1.0``."""
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(finding.verdict is not Verdict.FAILED for finding in self.findings)

    def text(self) -> str:
        """Return the report for a terminal, one property a line, counterexamples indented."""
        counts = dict.fromkeys(Verdict, 0)
        for finding in self.findings:
            counts[finding.verdict] += 1
        counts = {verdict: count for verdict, count in counts.items() if count}
        summary = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items())
        width = max((len(finding.code) for finding in self.findings), default=0) + 1
        lines = [finding.line(max(4, width)) for finding in self.findings]
        return "\n".join([f"{self.dialect}: {summary}", *lines]) + "\n"
