"""What operators do with people: add, list, show, dismiss, consent, withdraw.

Nothing here returns an identity number or a name in clear.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.directory import Project
from gateway.domain.enrolments import Enrolments, NewPerson, WorkerStore
from gateway.domain.errors import GatepostError
from gateway.domain.identity_numbers import RESIDENT
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.workers import Consent, Engagement, Subject
from gateway.people_answers import listed, shown
from gateway.people_enrolment import (
    Applicant,
    PeopleRuntime,
    Pictures,
    enrol,
    keep_irises,
    read_pictures,
    ready_enrolments,
)
from gateway.people_input import Interval, consent_of, engagement_needed, new_person, project_of
from gateway.protocols.clock import read_clock
from gateway.storage.opening import Storage
from gateway.storage.people_reader import PersonSummary

MOST = 2**32 - 1
"""The largest number of a person; a larger one may be an identity number and is not repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be stored of somebody, checked."""

    now_ms: int
    person: NewPerson
    known: PersonSummary | None
    """What was known of them before."""
    project: Project
    interval: Interval | None
    """None where they are engaged already."""
    consents: Sequence[Consent]


class PeopleOperations:
    """The calls of ``gatepost person``; ``runtime`` is None when no gateway runs."""

    def __init__(
        self,
        storage: Storage,
        runtime: PeopleRuntime | None = None,
        wall: Callable[[], int] = lambda: read_clock().wall,
    ) -> None:
        kept = None if runtime is None else runtime.workers
        self._storage = storage
        self._workers: WorkerStore = storage.workers if kept is None else kept
        self._watch = runtime.watch if runtime is not None and kept is None else None
        self._runtime = runtime
        self._wall = wall

    def calls(self) -> Mapping[str, Callable[..., Awaitable[Any]]]:
        """Return the table of calls by name."""
        return {
            "person.add": self.add,
            "person.list": self.list_people,
            "person.show": self.show,
            "person.dismiss": self.dismiss,
            "person.consent": self.consent,
            "person.withdraw": self.withdraw,
        }

    async def add(
        self,
        *,
        by: str,
        overrides: Sequence[str] = (),
        **said: Any,
    ) -> dict[str, Any]:
        """Register a person, put them on a project, note consents and enrol pictures (Base64).

        ``said`` is what `_planned` and `read_pictures` take. Said twice it changes nothing the
        second time. Everything that can be wrong is found before anything is stored, but for the
        pictures themselves: a person whose photo is refused is known. ``overrides`` are codes that
        refuse pictures and that ``by`` answers for.
        """
        pictures = read_pictures(said)
        plan = await self._planned(**said)
        enrolments = None
        if pictures.any:
            subjects = [one.subject for one in plan.consents]
            enrolments = ready_enrolments(
                self._runtime, plan.project, plan.known, subjects, plan.now_ms
            )
        person = await self._store(plan, by)
        await self._followed("add", person, [plan.project], by)
        answer = shown(await self._summary(person), await self._codes(), plan.now_ms)
        answer |= {"new": plan.known is None, "photo": None, "irises": {}}
        if enrolments is not None:
            applicant = Applicant(
                person=person,
                project=plan.project,
                overrides=frozenset(overrides),
                now_ms=plan.now_ms,
            )
            answer |= await self._pictured(enrolments, applicant, pictures, by)
        return answer

    async def _pictured(
        self, enrolments: Enrolments, who: Applicant, pictures: Pictures, by: str
    ) -> dict[str, Any]:
        """Enrol what there is; write down who let what pass in spite of what."""
        photos = self._storage.photos
        photo = None
        if pictures.photo is not None:
            photo = await enrol(enrolments, photos, who, pictures)
        irises = await keep_irises(enrolments, photos, who, pictures)
        passed = [one for one in (photo, *irises.values()) if one is not None]
        used = sorted({code for one in passed for code in one["waived"]} & who.overrides)
        if used and self._runtime is not None:
            self._runtime.log.warning(
                "people.overridden", person=who.person, codes=",".join(used), by=by
            )
        return {"photo": photo, "irises": irises}

    async def _planned(
        self,
        *,
        id_number: str,
        name: str,
        project: str,
        id_type: str = RESIDENT,
        from_ms: int | None = None,
        to_ms: int | None = None,
        consents: Sequence[Mapping[str, str]] = (),
        card: Mapping[str, str] | None = None,
    ) -> Plan:
        """Check what is to be added; without a beginning the engagement is from now on."""
        now_ms = self._wall()
        site = await self._project(project)
        person = new_person(id_type, id_number, name, card or {}, now_ms)
        number = await self._workers.find(person.id_type, person.id_number)
        known = None if number is None else await self._summary(number)
        engagements = () if known is None else known.engagements
        return Plan(
            now_ms=now_ms,
            person=person,
            known=known,
            project=site,
            interval=engagement_needed(site, engagements, from_ms, to_ms, now_ms),
            consents=[consent_of(one, now_ms) for one in consents],
        )

    async def _store(self, plan: Plan, by: str) -> PersonId:
        person = await self._workers.register(plan.person, by=by)
        if plan.interval is not None:
            start, end = plan.interval
            engagement = Engagement(
                person=person, project=plan.project.id, from_ms=start, to_ms=end
            )
            await self._workers.engage(engagement, by=by)
        for one in plan.consents:
            await self._agree(replace(one, person=person), by)
        return person

    async def list_people(self, project: str) -> list[dict[str, Any]]:
        """List everybody who ever was engaged on a project."""
        site = await self._project(project)
        found = await self._storage.people.on_project(site.id)
        return [listed(one, site.id, self._wall()) for one in found]

    async def show(self, person: int) -> dict[str, Any]:
        """Show one person."""
        summary = await self._summary(PersonId(person))
        return shown(summary, await self._codes(), self._wall())

    async def dismiss(self, person: int, project: str, by: str) -> dict[str, Any]:
        """End somebody's engagement on a project now, and destroy the templates there."""
        site = await self._project(project)
        summary, now_ms = await self._summary(PersonId(person)), self._wall()
        here = [one for one in summary.engagements if one.project == site.id]
        if not any(one.covers(now_ms) for one in here):
            raise GatepostError(
                "person.not_engaged",
                "this person is not engaged there now.",
                place=f"person {person} on project {project}",
                remedy="See `gatepost person show`.",
            )
        await self._workers.dismiss(summary.person, site.id, now_ms, by=by)
        await self._destroyed(summary.person, [site])
        await self._followed("dismiss", summary.person, [site], by)
        return await self.show(person)

    async def consent(self, person: int, consent: Mapping[str, str], by: str) -> dict[str, Any]:
        """Write a consent into the ledger, unless the same one is in force."""
        summary = await self._summary(PersonId(person))
        agreed = replace(consent_of(consent, self._wall()), person=summary.person)
        await self._agree(agreed, by)
        await self._followed("consent", summary.person, await self._sites(summary), by)
        return await self.show(person)

    async def withdraw(self, person: int, subject: str, by: str) -> dict[str, Any]:
        """Withdraw a consent; of ``bio_network``, destroy templates, photos and their key."""
        summary, about = await self._summary(PersonId(person)), Subject(subject)
        sites = await self._sites(summary)
        await self._workers.withdraw(summary.person, about, self._wall(), by=by)
        if about is Subject.BIO_NETWORK:
            await self._destroyed(summary.person, sites)
        await self._followed("withdraw", summary.person, sites, by)
        return await self.show(person)

    async def _agree(self, consent: Consent, by: str) -> None:
        """Write a consent, unless the same text was agreed to before and is still in force."""
        for old in (await self._summary(consent.person)).consents:
            same = (old.subject, old.text_version, old.text_digest) == (
                consent.subject,
                consent.text_version,
                consent.text_digest,
            )
            if same and old.withdrawn_ms is None:
                return
        await self._workers.consent(consent, by=by)

    async def _followed(
        self, what: str, person: PersonId, sites: Sequence[Project], by: str
    ) -> None:
        """Tell the log and whoever holds people in memory."""
        if self._runtime is None:
            return
        if self._watch is not None:
            for site in sites:
                await self._watch.people_changed(site.id)
        codes = [site.code for site in sites]
        self._runtime.log.info("people.changed", what=what, person=person, projects=codes, by=by)

    async def _destroyed(self, person: PersonId, sites: Sequence[Project]) -> None:
        if self._watch is not None:
            for site in sites:
                await self._watch.templates_destroyed(site.id, person)

    async def _project(self, code: str) -> Project:
        return project_of(code, (await self._storage.directory.load()).projects.values())

    async def _codes(self) -> dict[ProjectId, str]:
        projects = (await self._storage.directory.load()).projects
        return {id_: project.code for id_, project in projects.items()}

    async def _sites(self, summary: PersonSummary) -> list[Project]:
        """Return every project this person ever was on; templates are on no other."""
        projects = (await self._storage.directory.load()).projects
        return [projects[id_] for id_ in dict.fromkeys(e.project for e in summary.engagements)]

    async def _summary(self, person: PersonId) -> PersonSummary:
        possible = 0 < person <= MOST
        found = await self._storage.people.person(person) if possible else None
        if found is None:
            raise GatepostError(
                "person.unknown",
                "nobody of this number is known.",
                place=f"person {person}" if possible else "person",
                remedy="See `gatepost person list --project CODE`.",
            )
        return found
