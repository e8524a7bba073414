"""What was decided at a gate by the gateway, kept for whoever asks later; never a picture."""

from __future__ import annotations

from enum import Enum

from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.values import value
from gateway.domain.vocabulary import Direction, Means


class Verdict(Enum):
    """What the terminal was told."""

    GRANTED = "granted"
    DENIED = "denied"
    UNDECIDED = "undecided"


class Because(Enum):
    """Why; one for each way a verification can end."""

    RECOGNISED = "recognised"
    CLAIM_CONFIRMED = "claim_confirmed"
    UNKNOWN_FACE = "unknown_face"
    """Nobody in the gallery is alike enough."""
    AMBIGUOUS = "ambiguous"
    """Two people are alike nearly as much: the margin is too small."""
    CLAIM_NOT_CONFIRMED = "claim_not_confirmed"
    """A dispute: whom the terminal claimed is not who stands there."""
    CLAIM_UNKNOWN = "claim_unknown"
    """Nobody of that number is engaged on this project now."""
    NOT_ENROLLED = "not_enrolled"
    """The claimed person has no template here to compare with."""
    NOT_ENGAGED = "not_engaged"
    """Recognised, but not allowed here now."""
    NO_CONSENT = "no_consent"
    """The person's biometrics may not be compared here, or not any more."""
    LIVENESS_FAILED = "liveness_failed"
    """The terminal itself says that nobody alive stands there."""
    PICTURE_REFUSED = "picture_refused"
    TEMPLATE_REFUSED = "template_refused"
    NOT_OFFERED = "not_offered"
    """The project leaves it to its terminals, or the gateway has no matcher."""
    NOT_PLACED = "not_placed"
    """The terminal hangs on no project."""
    MEANS_UNSUPPORTED = "means_unsupported"
    """Cards, QR keys and the like are not decided here."""
    BUSY = "busy"
    LATE = "late"
    GALLERY_NOT_READY = "gallery_not_ready"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """The gateway's own fault; the log has it."""


@value
class DecisionRecord:
    """One verification, whole."""

    device: DeviceId
    project: ProjectId | None
    at_ms: int
    verdict: Verdict
    because: Because
    detail: str = ""
    """Codes that explain it, such as the unmet picture rules; never personal data."""
    means: Means = Means.NONE
    direction: Direction = Direction.UNKNOWN
    claim: PersonId | None = None
    """Whom the terminal claimed."""
    person: PersonId | None = None
    """Whom the gateway recognised; None without consent to it, the scores then too."""
    score: float | None = None
    runner_up: float | None = None
    threshold: float | None = None
    margin: float | None = None
    algorithm: int | None = None
    index: int | None = None
    liveness: float | None = None
    """As the terminal stated it; None is "not sent". What our own model thinks is in ``detail``."""
    waived: tuple[str, ...] = ()
    """Quality rules the policy waived and this picture did not meet."""
    latency_ms: float = 0.0
    budget_ms: int = 0
