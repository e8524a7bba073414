"""Erases what is biometric when its purpose has ended: old photos, templates of who left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gateway.domain.enrolments import PeopleWatch
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.ports import Log

DAY_MS = 86_400_000


class ErasesPhotos(Protocol):
    """The store of photos, as far as retention goes."""

    async def erase_before(self, kept_ms: int) -> int:
        """Erase what was kept before this instant; return how many that were."""


class ErasesTemplates(Protocol):
    """The store of galleries, as far as retention goes."""

    async def erase_lapsed(self, ended_ms: int) -> set[tuple[ProjectId, PersonId]]:
        """Destroy templates of people whose last engagement ended before; return whose."""


class ErasesCity(Protocol):
    """The store of the city-wide gallery, as far as retention goes."""

    async def erase_lapsed(self, ended_ms: int) -> set[PersonId]:
        """Destroy templates of people whose last engagement ended before; return whose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionLimits:
    """How long things are kept."""

    photo_days: int = 7
    template_days: int = 30


class Retention:
    """Looks from time to time what has been kept long enough."""

    def __init__(
        self,
        *,
        photos: ErasesPhotos,
        galleries: ErasesTemplates,
        city: ErasesCity,
        limits: RetentionLimits,
        watch: PeopleWatch | None,
        log: Log,
    ) -> None:
        self._photos = photos
        self._galleries = galleries
        self._city = city
        self._limits = limits
        self._watch = watch
        self._log = log

    async def keep_house(self, now_ms: int) -> None:
        """Erase what is due, then let memory follow; raises StoreUnavailable."""
        photos = await self._photos.erase_before(now_ms - self._limits.photo_days * DAY_MS)
        ended_ms = now_ms - self._limits.template_days * DAY_MS
        gone = await self._galleries.erase_lapsed(ended_ms)
        if self._watch is not None:
            for project, person in sorted(gone):
                await self._watch.templates_destroyed(project, person)
        from_city = await self._city.erase_lapsed(ended_ms)
        people = {person for _, person in gone} | from_city
        if photos or people:
            self._log.info("people.expired", photos=photos, people=len(people))
        if self._watch is not None:
            for person in sorted(from_city):
                await self._watch.city_left(person)
