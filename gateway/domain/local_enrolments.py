"""What a terminal captured of a person, waiting for somebody to look into it (R-092).

Nothing of it is compared, here or elsewhere, before a person approved it: a terminal's word alone
puts nobody into a gallery.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import field
from enum import Enum
from typing import Protocol

from gateway.domain.enrolments import Enrolled
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.templates import ElementType, Eye, FaceTemplate, IrisTemplate
from gateway.domain.values import value


class LocalState(Enum):
    """What became of a capture."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    DESTROYED = "destroyed"
    """Nobody decided in time, or the person withdrew or left."""


@value
class Captured:
    """The templates of one report."""

    faces: tuple[FaceTemplate, ...] = field(default=(), repr=False)
    irises: tuple[IrisTemplate, ...] = field(default=(), repr=False)

    @property
    def every(self) -> tuple[FaceTemplate | IrisTemplate, ...]:
        """All of them, faces first."""
        return (*self.faces, *self.irises)

    def to_bytes(self) -> bytes:
        """Return what is sealed and stored."""
        faces = [
            {
                "algorithm": one.algorithm,
                "dimensions": one.dimensions,
                "elements": one.elements.value,
                "normalised": one.normalised,
                "scale": one.scale,
                "data": b64encode(one.data).decode(),
            }
            for one in self.faces
        ]
        irises = [
            {
                "eye": one.eye.value,
                "algorithm": one.algorithm,
                "bits": one.bits,
                "code": b64encode(one.code).decode(),
                "mask": None if one.mask is None else b64encode(one.mask).decode(),
            }
            for one in self.irises
        ]
        return json.dumps({"faces": faces, "irises": irises}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Captured:
        """Read what `to_bytes` made."""
        read = json.loads(data)
        return cls(
            faces=tuple(
                FaceTemplate(
                    **{
                        **one,
                        "elements": ElementType(one["elements"]),
                        "data": b64decode(one["data"]),
                    }
                )
                for one in read["faces"]
            ),
            irises=tuple(
                IrisTemplate(
                    **{
                        **one,
                        "eye": Eye(one["eye"]),
                        "code": b64decode(one["code"]),
                        "mask": None if one["mask"] is None else b64decode(one["mask"]),
                    }
                )
                for one in read["irises"]
            ),
        )


@value
class LocalEnrolment:
    """One capture as it is listed."""

    number: int
    person: PersonId
    project: ProjectId
    device: DeviceId
    received_ms: int
    ordered_by: str
    """Empty where nobody ordered it: somebody registered at the terminal itself."""
    faces: int
    irises: int
    state: LocalState
    decided_by: str = ""


class LocalEnrolmentStore(Protocol):
    """Where captures wait. Every method raises StoreUnavailable without the database."""

    async def keep(
        self, person: PersonId, project: ProjectId, device: DeviceId, captured: Captured
    ) -> int:
        """Store a capture and return its number; it takes the place of one that waits.

        Raises StoreRefused without the person's consent or engagement, and on a project that keeps
        no templates.
        """

    async def waiting(self) -> Sequence[LocalEnrolment]:
        """Return what waits for a decision, the oldest first."""

    async def show(self, number: int) -> tuple[LocalEnrolment, Captured | None] | None:
        """Return one capture and, as long as it waits, what was captured; None for no such one."""

    async def settle(self, number: int, state: LocalState, *, by: str, reason: str) -> bool:
        """Decide on a capture that waits, with an audit line; False where it does not wait."""

    async def approve(
        self, number: int, project: ProjectId, entries: Sequence[Enrolled], *, by: str, reason: str
    ) -> Sequence[Enrolled]:
        """Store what was made of a capture and settle it in one transaction, or do neither.

        Returns what `GalleryStore.enrol` does. Raises StoreRefused as that does, and where the
        capture does not wait any more: what was rejected or destroyed opens no gate.
        """
