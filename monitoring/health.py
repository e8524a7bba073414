"""Whether the gateway lives and is ready, and if not, why.

Live means the process is worth keeping; ready means terminals should be sent here. Components
register a question; nothing is remembered between two answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

Check = Callable[[], str | None]
"""Returns None when all is well, else the reason in one sentence. Must not block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one component answered."""

    name: str
    reason: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the component is well."""
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What all components answered."""

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    """What an operator should mend although terminals are served; changes no verdict."""

    @property
    def ok(self) -> bool:
        """Whether every component is well."""
        return all(finding.ok for finding in self.findings)

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """What is not well."""
        return tuple(finding for finding in self.findings if not finding.ok)


class Health:
    """The registered checks."""

    def __init__(self) -> None:
        self._live: dict[str, Check] = {}
        self._ready: dict[str, Check] = {}
        self._notes: dict[str, Check] = {}

    def live_while(self, name: str, check: Check) -> None:
        """Register a check without which the process should be restarted, and is not ready."""
        self._live[name] = check

    def ready_while(self, name: str, check: Check) -> None:
        """Register a check without which no terminal should be sent here."""
        self._ready[name] = check

    def note(self, name: str, check: Check) -> None:
        """Register a question whose answer is shown and changes nothing."""
        self._notes[name] = check

    def liveness(self) -> Report:
        """Ask the checks registered for liveness."""
        return _ask(self._live)

    def readiness(self) -> Report:
        """Ask all checks; of the notes only those with something to say are reported."""
        report = _ask({**self._live, **self._ready})
        notes = tuple(finding for finding in _ask(self._notes).findings if not finding.ok)
        return replace(report, notes=notes)


def _ask(checks: dict[str, Check]) -> Report:
    return Report(findings=tuple(_finding(name, check) for name, check in checks.items()))


def _finding(name: str, check: Check) -> Finding:
    try:
        return Finding(name=name, reason=check())
    except Exception as error:  # a check that fails is a reason, never a page that fails
        return Finding(name=name, reason=f"the check itself failed: {type(error).__name__}")
