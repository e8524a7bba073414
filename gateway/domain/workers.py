"""The people of the sites: who works where, what they agreed to, and how a project may verify them.

A person is named by a number that terminals know; identity numbers and names are sealed in the
store and never leave it in clear. "Engagement" is a person on a project for a while (2.1 of the
domain model); consent is a ledger, never a flag (R-170).
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import Protocol

from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.values import value


class VerificationMode(Enum):
    """What a project lets the gateway do with biometrics; the strictest is the default (R-170)."""

    DEVICE_ONLY = "device_only"
    """Terminals decide; the gateway compares nothing and keeps no template."""
    VERIFY_AND_FORGET = "verify_and_forget"
    """One comparison with the template of the person a terminal claims; the probe is wiped."""
    CENTRAL_GALLERY = "central_gallery"
    """Also a search among everybody engaged on the project."""


class Subject(Enum):
    """What a person consented to; each is asked, given and withdrawn by itself."""

    FACE_LOCAL = "face_local"
    IRIS_LOCAL = "iris_local"
    BIO_NETWORK = "bio_network"
    """Biometrics may leave the terminal: without it there is no template and no match here."""
    SHARE_UPSTREAM = "share_upstream"
    SHARE_BANK = "share_bank"
    PHOTO_ARCHIVE = "photo_archive"
    CITY_GALLERY = "city_gallery"
    """Templates may be compared with those of the whole city; needs BIO_NETWORK as well."""


@value
class Consent:
    """One entry of the ledger."""

    person: PersonId
    subject: Subject
    given_ms: int
    """Milliseconds since 1970 UTC, as all times here."""
    text_version: str
    """Which text was shown."""
    text_digest: bytes
    """SHA-256 of that text."""
    how: str
    """Signature, recording, QR confirmation …, or the clause where the basis is a statute."""
    taken_by: str
    withdrawn_ms: int | None = None


@value
class Person:
    """A person as the running gateway needs them: no name, no identity number."""

    id: PersonId
    """Also the number that terminals know; 1…2³²−1."""
    agreed: frozenset[Subject] = frozenset()
    """Consents in force."""


@value
class Engagement:
    """A person on a project for a while; intervals of one person on one project never overlap."""

    person: PersonId
    project: ProjectId
    from_ms: int
    to_ms: int | None = None
    """The first millisecond after it; None is open."""

    def covers(self, at_ms: int) -> bool:
        """Whether the person belongs to the project at that moment."""
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


@value
class PersonSheet:
    """What a terminal may have to know of a person: all of one moment, and never kept."""

    name: str = field(repr=False)
    engagement: Engagement | None
    """The one that covers the moment; None: does not belong to the project."""
    agreed: frozenset[Subject]
    photo: bytes | None = field(default=None, repr=False)
    """The enrolment photo, as it was accepted."""


class SheetReader(Protocol):
    """Where people are looked up just before something about them leaves."""

    async def sheet(self, person: PersonId, project: ProjectId, at_ms: int) -> PersonSheet | None:
        """Return somebody's sheet; None for nobody, and after the identity was erased.

        Raises StoreUnavailable.
        """
