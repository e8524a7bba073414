"""The people of one project in memory: who is engaged, who agreed, who has a template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.domain.decisions import Because
from gateway.domain.enrolments import Enrolled
from gateway.domain.ids import PersonId
from gateway.domain.matching import Reference
from gateway.domain.workers import Engagement, Person, Subject


class Crowd:
    """As of the last change that went through here; asking it costs no database."""

    def __init__(self, people: Sequence[Person], engagements: Sequence[Engagement]) -> None:
        self._references: dict[PersonId, Reference] = {}
        self._persons: dict[Reference, PersonId] = {}
        self.withheld: set[PersonId] = set()
        """People who are being taken away; whatever comes of it, nobody of them passes."""
        self.replace(people, engagements)

    def replace(self, people: Sequence[Person], engagements: Sequence[Engagement]) -> None:
        """Take over who is engaged and who agreed; templates are another matter."""
        self._agreed = {person.id: person.agreed for person in people}
        self._engagements: dict[PersonId, list[Engagement]] = {}
        for one in engagements:
            self._engagements.setdefault(one.person, []).append(one)

    def __len__(self) -> int:
        return len(self._references)

    def __contains__(self, person: PersonId) -> bool:
        return person in self._agreed or person in self._references

    def objection(self, person: PersonId, at_ms: int) -> Because | None:
        """Say why somebody may not be let in here now, None where nothing speaks against it."""
        engaged = self._engagements.get(person, ())
        if person in self.withheld or not any(one.covers(at_ms) for one in engaged):
            return Because.NOT_ENGAGED
        if Subject.BIO_NETWORK not in self._agreed.get(person, frozenset()):
            return Because.NO_CONSENT
        return None if person in self._references else Because.NOT_ENROLLED

    def agreed(self, person: PersonId) -> bool:
        """Say whether the biometrics of somebody may be compared and kept here."""
        return Subject.BIO_NETWORK in self._agreed.get(person, frozenset())

    def engaged(self, person: PersonId, from_ms: int) -> bool:
        """Say whether somebody works here at that moment or will later."""
        return any(
            one.to_ms is None or from_ms < one.to_ms for one in self._engagements.get(person, ())
        )

    def reference(self, person: PersonId) -> Reference | None:
        """Return what stands for an enrolled person in the gallery."""
        return self._references.get(person)

    def person(self, reference: Reference) -> PersonId | None:
        """Return who that is, also when the templates were removed since a question was asked."""
        return self._persons.get(reference)

    def enrol(self, entries: Iterable[Enrolled]) -> None:
        """Note who has templates now."""
        for one in entries:
            self._references[one.person] = one.reference
            self._persons[one.reference] = one.person

    def unlist(self, person: PersonId) -> None:
        """Note that somebody has no templates any more."""
        self._references.pop(person, None)

    def dismiss(self, person: PersonId, at_ms: int) -> None:
        """Note that an engagement ended."""
        self._engagements[person] = [
            replace(one, to_ms=at_ms) if one.covers(at_ms) else one
            for one in self._engagements.get(person, ())
        ]

    def disagree(self, person: PersonId) -> None:
        """Note that somebody withdrew the consent without which nothing is compared here."""
        if person in self._agreed:
            self._agreed[person] -= {Subject.BIO_NETWORK}
