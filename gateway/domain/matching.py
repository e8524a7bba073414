"""What the gateway asks of the matcher: pictures, templates and galleries under random references.

The matcher knows neither people nor consent nor rules: it measures, embeds and compares. A gallery
holds templates under references that mean nothing outside the gateway's own table. All templates of
a gallery went through its secret transform (`Matcher.open`), so that those of two projects have
nothing in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from enum import Enum
from typing import NewType, Protocol

from gateway.domain.errors import GatepostError
from gateway.domain.quality import PictureReport
from gateway.domain.templates import FaceTemplate, IrisTemplate
from gateway.domain.values import value

Scope = NewType("Scope", int)
"""A gallery: the number of a project, or `gateway.domain.city.CITY`."""

Reference = NewType("Reference", int)
"""Stands for one enrolled person in one gallery: random, 63 bits, never reused."""


class PictureRefused(GatepostError):
    """A picture nobody can be recognised in; ``code`` is ``picture.…`` and says why.

    ``report`` holds what was measured before that; None where it could not even be decoded.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        place: str = "",
        remedy: str = "",
        report: PictureReport | None = None,
    ) -> None:
        super().__init__(code, message, place=place, remedy=remedy)
        self.report = report


class TemplateRefused(GatepostError):
    """A template that may not be compared; ``code`` is ``template.…`` and says why."""


class GalleryMissing(GatepostError):
    """The gallery is not in memory (``gallery.missing``)."""


class Trait(Enum):
    """What is compared."""

    FACE = "face"
    IRIS = "iris"


@value
class ProtectedTemplate:
    """A template after the gallery's secret transform; still to be sealed before it is stored."""

    trait: Trait
    algorithm: int
    """Number of model and version; only equal ones are compared."""
    data: bytes = field(repr=False)
    """Layout is the matcher's own, version 1; see `gateway.matcher.protection.layout`. It names the
    secret it went through, so that one of another gallery is refused and not merely unlike.
    """


@value
class Analysis:
    """What one picture gave."""

    report: PictureReport
    template: FaceTemplate = field(repr=False)
    """Of the one face in it, float32, length one, not yet transformed."""
    liveness: float | None
    """0…1, advisory; None where no model judges it."""


@value
class Candidate:
    """Who a probe resembles, and how much."""

    reference: Reference
    score: float
    """Faces: cosine, −1…1. Irises: 1 − fractional Hamming distance, 0…1, the distance corrected for
    how many bits were compared (`gateway.matcher.iris.scores`). More is more alike.
    """


@value
class Question:
    """One verification, all in one: the picture or the templates, and whom to compare with."""

    scope: Scope
    deadline: float
    """Monotonic seconds, as `Instant.mono`; work not begun by then is dropped."""
    picture: bytes | None = field(default=None, repr=False)
    faces: tuple[FaceTemplate, ...] = field(default=(), repr=False)
    irises: tuple[IrisTemplate, ...] = field(default=(), repr=False)
    among: frozenset[Reference] | None = None
    """Compare with these alone (1:1); None searches the gallery (1:N)."""
    most: int = 2
    """Candidates wanted of a face, of different references; of irises there are two at most."""


@value
class Answer:
    """What the comparison gave; scores only, no judgement."""

    trait: Trait
    algorithm: int
    candidates: tuple[Candidate, ...]
    """The best of different references, best first; fewer where there are fewer."""
    index: int
    """Version of the gallery that was searched: counts its changes."""
    report: PictureReport | None = None
    liveness: float | None = None
    pipeline_ms: float = 0.0
    """Of decoding, finding, embedding."""
    search_ms: float = 0.0


@value
class Alike:
    """Two references of one gallery whose templates are alike."""

    one: Reference
    other: Reference
    """The larger of the two."""
    score: float
    algorithm: int


class TooLate(Exception):
    """The work was dropped: its deadline passed before a thread was free."""


class Matcher(Protocol):
    """The port of `gateway.matcher`. Awaitables run in its own threads and never block the loop.

    A change that was awaited is seen by every question asked afterwards.
    """

    @property
    def face_algorithm(self) -> int:
        """Number of the embedding model in use."""

    def wait_ms(self, question: Question) -> float:
        """Estimate how long this question would take if asked now, its own work included."""

    async def analyse(self, picture: bytes) -> Analysis:
        """Find and embed the one face of a picture; raises PictureRefused, or TooLate when busy."""

    async def read_iris(self, picture: bytes) -> tuple[PictureReport, bytes]:
        """Measure a picture of an iris and return it as it is kept; raises PictureRefused.

        What depends on where pupil and iris are is not measured: no model that finds them is here.
        """

    async def match(self, question: Question) -> Answer:
        """Compare; raises PictureRefused, TemplateRefused, GalleryMissing or TooLate.

        Whoever stops waiting (a cancelled await) wants the work dropped, if it has not begun.
        """

    async def alike(self, scope: Scope, least: float) -> Sequence[Alike]:
        """Return every two references whose faces score at least so much, once for each algorithm.

        Takes minutes for a hundred thousand, in steps that others come between. Raises
        GalleryMissing, and TooLate once the matcher ends.
        """

    async def compare(self, one: FaceTemplate, other: FaceTemplate) -> float:
        """Return the cosine of two templates of one model; raises TemplateRefused."""

    async def open(
        self, scope: Scope, secret: bytes, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        """Build a gallery anew and swap it in; ``secret`` (32 bytes) determines its transform.

        Changes made to the gallery while it is being built are part of it. What the store takes up
        between the reading of ``members`` and this call is not: hold such changes back, or compare
        `state` with the store afterwards. Raises TemplateRefused, and leaves what was open.
        """

    async def check(
        self, scope: Scope, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        """Raise TemplateRefused for what an open gallery cannot take, and change nothing.

        Ask before storing what somebody else made: one template of another size in the store would
        keep the whole gallery from being opened again. Raises GalleryMissing.
        """

    async def extend(
        self, scope: Scope, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        """Add people to an open gallery; more templates of one reference are alternatives.

        A template that is there already is there once. All or none: raises TemplateRefused, and
        GalleryMissing where the gallery is neither open nor being built.
        """

    async def replace(
        self, scope: Scope, reference: Reference, templates: Sequence[ProtectedTemplate]
    ) -> None:
        """Have a reference stand for exactly these templates, in one step: every search sees what
        was there before or what is there now, and none sees the reference without a template.

        All or none: raises TemplateRefused, and GalleryMissing as `extend` does.
        """

    async def remove(self, scope: Scope, reference: Reference) -> None:
        """Forget a reference and all its templates; no harm where there are none."""

    async def close(self, scope: Scope) -> None:
        """Drop a gallery from memory."""

    async def protect(
        self, secret: bytes, template: FaceTemplate | IrisTemplate
    ) -> ProtectedTemplate:
        """Transform a template for a gallery; raises TemplateRefused."""

    async def reprotect(
        self, template: ProtectedTemplate, old: bytes, new: bytes
    ) -> ProtectedTemplate:
        """Carry a protected template from one secret to another, scores unchanged."""

    def state(self, scope: Scope) -> GalleryState | None:
        """Say what an open gallery holds, None where it is not open."""


@value
class GalleryState:
    """What a gallery in memory holds, for comparing it with the store."""

    faces: int
    irises: int
    """Templates, not people; each distinct one of a reference counts once."""
    index: int
    """Counts changes, and goes on counting when the gallery is built anew."""
    digest: bytes
    """32 bytes, see `gateway.domain.digests`; does not depend on the order of changes."""
