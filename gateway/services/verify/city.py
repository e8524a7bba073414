"""What may be asked of the city-wide gallery, by operators and at enrolment; it opens no gate."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.city import CITY, CityStore
from gateway.domain.city_cases import (
    CaseVerdict,
    CityCandidate,
    CityCase,
    CityFinding,
    Likeness,
)
from gateway.domain.enrolments import Enrolled
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId
from gateway.domain.matching import (
    Alike,
    Candidate,
    GalleryMissing,
    Question,
    Reference,
    TooLate,
    Trait,
)
from gateway.domain.templates import FaceTemplate
from gateway.services.verify.city_memory import CityMemory
from gateway.services.verify.context import VerifyContext

SEARCH_S = 10.0
"""What a search may take; nobody stands at a gate meanwhile."""
SECRET_BYTES = 32


class City:
    """There is one where the settings want the gallery; whether it is on the decision says."""

    def __init__(self, store: CityStore, context: VerifyContext) -> None:
        self._store = store
        self._matcher = context.ports.matcher
        self._limits = context.limits
        self._clock = context.clock
        self._log = context.common.log
        self.memory = CityMemory(store, self._matcher, context.common.tasks, self._log)

    async def enrolled(self, entry: Enrolled, template: FaceTemplate) -> CityFinding | None:
        """Take somebody in who was enrolled on a project, and say who else has this face.

        ``entry`` is what the project stored: person, source and waived rules are taken from it.
        None where nobody decided on such a gallery, or the person did not agree to it. Nothing the
        city's gallery is to blame for is raised: the enrolment on the project stands.
        """
        try:
            if await self._store.decision() is None:
                return None
            if not await self._store.may_have(entry.person):
                return None
            finding = await self._take_in(entry, template)
        except GatepostError as error:
            finding = CityFinding(kept=False, trouble=error.code)
        for code in finding.warnings:
            cases = [one.reference for one in finding.cases]
            self._log.warning("city.warned", person=entry.person, code=code, cases=cases)
        return finding

    async def look(self, picture: bytes) -> tuple[CityCandidate, ...]:
        """Return whom the face in a picture resembles enough, best first.

        Raises PictureRefused, GatepostError ``city.…`` and StoreUnavailable.
        """
        await self._decided()
        try:
            template = (await self._matcher.analyse(picture)).template
        except TooLate:
            raise _busy() from None
        async with self.memory.lock:
            await self.memory.ready()
            found = await self._search(template, self._limits.city_candidates)
        least = self._least(template.algorithm)
        named = self.memory.named(found)
        return tuple(
            CityCandidate(person=one, score=score) for one, score in named if score >= least
        )

    async def doubles(self) -> Sequence[CityCase]:
        """Compare everybody with everybody; return who is alike, unless settled as two people.

        Takes minutes in a large city. Raises GatepostError ``city.…`` and StoreUnavailable.
        """
        await self._decided()
        async with self.memory.lock:
            await self.memory.ready()
        # Without the lock: whoever withdraws meanwhile does not wait for the end of it.
        try:
            pairs = await self._matcher.alike(CITY, self._limits.city_face)
        except (TooLate, GalleryMissing):
            raise _busy() from None
        likely = [one for one in pairs if one.score >= self._least(one.algorithm)]
        return _unsettled(await self._store.note(self._people_of(likely)))

    async def renew(self, *, by: str, reason: str) -> int:
        """Give the gallery another secret and carry every template over; return how many.

        Raises GatepostError ``city.…`` and StoreUnavailable.
        """
        await self._decided()
        async with self.memory.lock:
            await self.memory.drop()
            old, new = await self._store.secret(), secrets.token_bytes(SECRET_BYTES)
            entries: list[Enrolled] = []
            async for batch in self._store.members():
                entries += batch
            carried = await self._carried(entries, old, new)
            await self._store.renew(new, carried, by=by, reason=reason)
        return len(carried)

    async def end(self, *, by: str, reason: str) -> None:
        """End the decision: nothing of the gallery stays, here or in the store."""
        async with self.memory.lock:
            await self.memory.drop()
            await self._store.end(by=by, reason=reason)

    async def _take_in(self, entry: Enrolled, template: FaceTemplate) -> CityFinding:
        person, least = entry.person, self._least(template.algorithm)
        async with self.memory.lock:
            await self.memory.ready()
            found = self.memory.named(await self._search(template, self._limits.city_candidates))
            unlike = await self._unlike(person, template, least)
            protected = await self._matcher.protect(await self._store.secret(), template)
            reference = await self._store.reference(person)
            own = replace(entry, reference=reference, template=protected)
            await self.memory.hold(await self._store.enrol([own]))
        alike = [
            Likeness(person=person, other=other, score=score, algorithm=template.algorithm)
            for other, score in found
            if other != person and score >= least
        ]
        cases = _unsettled(await self._store.note(alike))
        return CityFinding(kept=True, cases=tuple(cases), unlike=unlike)

    async def _unlike(self, person: PersonId, template: FaceTemplate, least: float) -> float | None:
        """Return the score with what is here of the same person, where it is too small."""
        kind = (Trait.FACE, template.algorithm)
        held = [
            (one.template.trait, one.template.algorithm) for one in await self._store.held(person)
        ]
        if kind not in held:
            return None
        own = frozenset([await self._store.reference(person)])
        found = await self._search(template, 1, own)
        return found[0].score if found and found[0].score < least else None

    async def _search(
        self, template: FaceTemplate, most: int, among: frozenset[Reference] | None = None
    ) -> tuple[Candidate, ...]:
        question = Question(
            scope=CITY,
            deadline=self._clock().mono + SEARCH_S,
            faces=(template,),
            among=among,
            most=most,
        )
        try:
            return (await self._matcher.match(question)).candidates
        except TooLate:
            raise _busy() from None

    async def _decided(self) -> None:
        """Raise GatepostError ``city.off`` where no decision is in force."""
        if await self._store.decision() is None:
            self.memory.distrust()
            raise switched_off()

    def _people_of(self, pairs: Sequence[Alike]) -> list[Likeness]:
        """Name pairs, without those one of whom has gone or is just going."""
        found = []
        for one in pairs:
            person, other = self.memory.person(one.one), self.memory.person(one.other)
            if person is not None and other is not None:
                found.append(
                    Likeness(person=person, other=other, score=one.score, algorithm=one.algorithm)
                )
        return found

    def _least(self, algorithm: int) -> float:
        """Return what a score must reach to be told; raises GatepostError ``city.no_threshold``."""
        threshold = self._limits.thresholds.get((Trait.FACE, algorithm))
        if threshold is None:
            raise GatepostError(
                "city.no_threshold",
                f"no thresholds are set for face algorithm {algorithm}.",
                place="city gallery",
                remedy="Set them in [[threshold]].",
            )
        return max(threshold.one_to_many, self._limits.city_face)

    async def _carried(self, entries: Sequence[Enrolled], old: bytes, new: bytes) -> list[Enrolled]:
        return [
            replace(one, template=await self._matcher.reprotect(one.template, old, new))
            for one in entries
        ]


def switched_off() -> GatepostError:
    """Return the error of a question to a gallery that is not there."""
    return GatepostError(
        "city.off",
        "there is no city-wide gallery.",
        place="city gallery",
        remedy="It needs city_gallery.enabled and a decision: `gatepost city decide`.",
    )


def _unsettled(cases: Sequence[CityCase]) -> list[CityCase]:
    return [one for one in cases if one.verdict is not CaseVerdict.DIFFERENT]


def _busy() -> GatepostError:
    return GatepostError(
        "city.busy",
        "the matcher has too much to do, or the gallery was just given up.",
        place="city gallery",
        remedy="Try again.",
    )
