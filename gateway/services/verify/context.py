"""What every part of verification needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.domain.directory import Directory
from gateway.domain.ids import ProjectId
from gateway.domain.times import Instant
from gateway.domain.workers import VerificationMode
from gateway.services.common import Common
from gateway.services.verify.limits import VerifyLimits
from gateway.services.verify.ports import VerifyPorts
from gateway.services.verify.tally import VerifyTally


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyContext:
    """Handed to each part instead of half a dozen arguments."""

    ports: VerifyPorts
    limits: VerifyLimits
    common: Common
    directory: Callable[[], Directory]
    """Returns the present one: it may change while something is awaited."""
    clock: Callable[[], Instant]
    tally: VerifyTally = field(default_factory=VerifyTally)

    def mode(self, project: ProjectId) -> VerificationMode:
        """Say what a project lets us do at present."""
        return self.directory().mode(project)
