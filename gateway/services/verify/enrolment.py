"""From a photo to a template that is compared: measured, permitted, unique, stored, then in memory.

The gallery follows the store, never the other way round. Everything from the search for the same
face to the commit happens under the project's lock, so of two people with one face enrolled at the
same moment the second is found.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.enrolments import CheckedIris, Enrolled, EnrolmentResult
from gateway.domain.errors import GatepostError
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import Analysis, PictureRefused, Question, Scope, TooLate, Trait
from gateway.domain.quality import INFRARED, PictureReport, with_infrared
from gateway.domain.templates import FaceTemplate
from gateway.domain.values import value
from gateway.domain.workers import VerificationMode
from gateway.services.verify.city import City
from gateway.services.verify.context import VerifyContext
from gateway.services.verify.galleries import Galleries
from gateway.services.verify.limits import Threshold

SAME_FACE = "same_face"
CARD_PHOTO = "card_photo"
SEARCH_S = 10.0
"""What the search for the same face may take; nobody stands at a gate meanwhile."""


@value
class Draft:
    """A template that may be about to be stored."""

    person: PersonId
    project: ProjectId
    source: str
    template: FaceTemplate
    threshold: Threshold
    overrides: frozenset[str]


class Enrolment:
    """Implements `gateway.domain.enrolments.Enrolments`."""

    def __init__(
        self, context: VerifyContext, galleries: Galleries, city: City | None = None
    ) -> None:
        """``city`` is None where the settings want no city-wide gallery."""
        self._city = city
        self._ports = context.ports
        self._galleries = galleries
        self._mode = context.mode
        self._limits = context.limits
        self._tally = context.tally
        self._clock = context.clock
        self._log = context.common.log

    async def enrol_photo(
        self,
        person: PersonId,
        project: ProjectId,
        picture: bytes,
        *,
        source: str,
        card: bytes | None = None,
        infrared: bytes | None = None,
        overrides: frozenset[str] = frozenset(),
    ) -> EnrolmentResult:
        """See `Enrolments.enrol_photo`; the codes to override are `SAME_FACE`, `CARD_PHOTO` and
        those of picture rules.
        """
        await self.permit(person, project)
        try:
            analysis = await self._analyse(picture)
        except PictureRefused as error:
            nothing = EnrolmentResult(accepted=False, report=error.report)
            return self._settle(person, project, nothing, (error.code,))
        draft = Draft(
            person=person,
            project=project,
            source=source,
            template=analysis.template,
            threshold=self._threshold(analysis.template),
            overrides=overrides,
        )
        report = await self._with_infrared(analysis.report, infrared)
        refused = self._limits.enrolment.refuses(report)
        result = EnrolmentResult(
            accepted=False,
            report=report,
            refused=refused,
            waived=tuple(code for code in report.unmet if code not in refused),
            infrared=INFRARED not in report.unmet,
        )
        if card is not None:
            result = await self._compare_card(draft, result, card)
        return await self._finish(draft, result)

    async def check_iris(
        self,
        person: PersonId,
        project: ProjectId,
        picture: bytes,
        overrides: frozenset[str] = frozenset(),
    ) -> CheckedIris:
        """See `Enrolments.check_iris`; every unmet rule is a code to override."""
        await self.permit(person, project)
        try:
            report, kept = await self._ports.matcher.read_iris(picture)
        except PictureRefused as error:
            return CheckedIris(report=error.report, refused=(error.code,))
        refused = tuple(code for code in report.unmet if code not in overrides)
        waived = tuple(code for code in report.unmet if code in overrides)
        return CheckedIris(
            report=report, refused=refused, waived=waived, picture=b"" if refused else kept
        )

    async def permit(self, person: PersonId, project: ProjectId) -> None:
        """Raise GatepostError ``enrolment.…`` where nothing of this person may be taken here.

        Nothing is measured of a person who did not agree to it, not even to be refused.
        """
        self._permit_mode(project)
        await self._galleries.ensure(project, self._clock().mono)
        self.check(person, project)

    async def _with_infrared(self, report: PictureReport, infrared: bytes | None) -> PictureReport:
        """Say in a report whether an infrared picture is with it, and whether that is one (R-061).

        Its face is compared with nothing: what the network is worth in infrared nobody measured.
        """
        if infrared is None:
            return with_infrared(report, present=False)
        try:
            unfit = self._limits.enrolment.refuses((await self._analyse(infrared)).report)
        except PictureRefused as error:
            unfit = (error.code,)
        return with_infrared(report, present=True, unfit=unfit)

    async def _finish(self, draft: Draft, result: EnrolmentResult) -> EnrolmentResult:
        """Search, decide and store without letting go of the project."""
        person, project = draft.person, draft.project
        async with self._galleries.changing(project) as change:
            self.check(person, project)
            result = overridden(await self._search(draft, result), draft.overrides)
            if result.refused:
                return self._settle(person, project, result, result.refused)
            galleries, matcher = self._ports.galleries, self._ports.matcher
            secret = await galleries.secret(project)
            entry = Enrolled(
                person=person,
                reference=await galleries.reference(project, person),
                template=await matcher.protect(secret, draft.template),
                quality=result.waived,
                source=draft.source,
            )
            await change.has(await galleries.enrol(project, [entry]))
        if self._city is not None:
            result = replace(result, city=await self._city.enrolled(entry, draft.template))
        return self._settle(person, project, replace(result, accepted=True), ())

    def _permit_mode(self, project: ProjectId) -> None:
        if self._mode(project) is VerificationMode.DEVICE_ONLY:
            raise refusal(
                "device_only",
                "this project leaves verification to its terminals, so no template is kept here.",
                "Change the project's mode first; see docs/operators/verification.md.",
            )

    def check(self, person: PersonId, project: ProjectId) -> None:
        """See `permit`; for whoever holds the project still."""
        self._permit_mode(project)
        crowd = self._galleries.crowd(project)
        if crowd is None:
            raise refusal("not_ready", "the project's gallery is not in memory.", "Try again.")
        if not crowd.engaged(person, self._clock().wall) or person in crowd.withheld:
            raise refusal(
                "not_engaged", "this person does not work on this project.", "Engage them first."
            )
        if person in self._galleries.withheld or not crowd.agreed(person):
            raise refusal(
                "no_consent",
                "this person did not agree to biometrics leaving a terminal.",
                "Ask for the consent bio_network, or offer a card.",
            )

    def _threshold(self, template: FaceTemplate) -> Threshold:
        found = self._limits.thresholds.get((Trait.FACE, template.algorithm))
        if found is None:
            raise refusal(
                "no_threshold",
                f"no thresholds are set for face algorithm {template.algorithm}.",
                "Set them in [[threshold]].",
            )
        return found

    async def _analyse(self, picture: bytes) -> Analysis:
        """Measure a picture; raises PictureRefused. The gates go first: a full queue drops it."""
        try:
            return await self._ports.matcher.analyse(picture)
        except TooLate:
            raise busy() from None

    async def _compare_card(
        self, draft: Draft, result: EnrolmentResult, card: bytes
    ) -> EnrolmentResult:
        """Compare with the photo of the identity card (R-042); one nobody is in has no score."""
        score, needed = None, draft.threshold.one_to_one
        try:
            other = await self._analyse(card)
        except PictureRefused:
            pass
        else:
            score = await self._ports.matcher.compare(draft.template, other.template)
        result = replace(result, card_score=score, card_threshold=needed)
        if score is not None and score >= needed:
            return result
        return replace(result, refused=(*result.refused, CARD_PHOTO))

    async def _search(self, draft: Draft, result: EnrolmentResult) -> EnrolmentResult:
        """Look for the same face under another person, where the project allows a search."""
        crowd = self._galleries.crowd(draft.project)
        if crowd is None or self._mode(draft.project) is not VerificationMode.CENTRAL_GALLERY:
            return result
        question = Question(
            scope=Scope(draft.project),
            deadline=self._clock().mono + SEARCH_S,
            faces=(draft.template,),
        )
        try:
            found = await self._ports.matcher.match(question)
        except TooLate:
            raise busy() from None
        result = replace(result, searched=True)
        for each in found.candidates:
            other = crowd.person(each.reference)
            if other not in (None, draft.person) and each.score >= draft.threshold.one_to_many:
                result = replace(result, same_face_as=other, same_face_score=each.score)
                if self._limits.refuse_doubles:
                    return replace(result, refused=(*result.refused, SAME_FACE))
                return replace(result, waived=(*result.waived, SAME_FACE))
        return result

    def _settle(
        self,
        person: PersonId,
        project: ProjectId,
        result: EnrolmentResult,
        refused: tuple[str, ...],
    ) -> EnrolmentResult:
        if refused:
            self._tally.enrolments_refused += 1
            return replace(result, refused=refused)
        self._tally.enrolled += 1
        if {*result.waived} - {INFRARED}:  # most have none: a line for each would hide the others
            self._log.warning(
                "enrolment.waived", project=project, person=person, rules=",".join(result.waived)
            )
        return result


def overridden(result: EnrolmentResult, codes: frozenset[str]) -> EnrolmentResult:
    """Move what somebody answers for from the refused to the waived."""
    return replace(
        result,
        refused=tuple(code for code in result.refused if code not in codes),
        waived=(*result.waived, *(code for code in result.refused if code in codes)),
    )


def refusal(code: str, message: str, remedy: str) -> GatepostError:
    """Return an error of enrolment."""
    return GatepostError(f"enrolment.{code}", message, place="enrolment", remedy=remedy)


def busy() -> GatepostError:
    """Return the error of an enrolment for which the matcher had no time."""
    return refusal("busy", "the matcher has too much to do.", "Try again.")
