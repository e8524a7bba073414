"""What verification needs from outside; there is either all of it or none."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.city import CityStore
from gateway.domain.enrolments import DecisionStore, GalleryStore, WorkerStore
from gateway.domain.local_enrolments import LocalEnrolmentStore
from gateway.domain.matching import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPorts:
    """A matcher and the stores behind it."""

    matcher: Matcher
    workers: WorkerStore
    galleries: GalleryStore
    decisions: DecisionStore
    local: LocalEnrolmentStore
    city: CityStore | None = None
    """None where the settings want no city-wide gallery."""
