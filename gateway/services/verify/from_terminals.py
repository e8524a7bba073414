"""What terminals capture of people: ordered, taken in, and compared once somebody approved it.

A terminal is answered when its capture is durable, or told for good that nobody may have it. The
card stays the measure (R-042): the one who approves has looked at it, or answers for not having.
"""

from __future__ import annotations

from gateway.domain.enrolments import Enrolled, EnrolmentResult
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import DeviceId, PersonId, ProjectId
from gateway.domain.local_enrolments import Captured, LocalEnrolment, LocalState
from gateway.domain.matching import Question, Reference, Scope, TemplateRefused, TooLate, Trait
from gateway.domain.people import PersonEnrolled
from gateway.domain.ports import SessionHandle
from gateway.domain.requests import Accept, DeclineBlob, Defer
from gateway.domain.templates import FaceTemplate, IrisTemplate
from gateway.domain.workers import VerificationMode
from gateway.services.verify.context import VerifyContext
from gateway.services.verify.enrolment import SAME_FACE, SEARCH_S, Enrolment, busy, refusal
from gateway.services.verify.galleries import Galleries

LATER_S = 60
"""Seconds after which a terminal tries again where the database or a gallery was not there."""
PASSING = frozenset({"enrolment.not_ready", "enrolment.busy"})
OK = "ok"
FOREIGN = "template.foreign"
"""Nobody in the gallery has a template of this algorithm."""
UNSEEN = "picture_unseen"
"""Stands with a template like a waived rule: nobody here measured a picture or saw a card."""


class TerminalEnrolments:
    """Takes captures and enrols those that are approved."""

    def __init__(self, context: VerifyContext, galleries: Galleries, enrolment: Enrolment) -> None:
        self._context = context
        self._ports = context.ports
        self._galleries = galleries
        self._enrolment = enrolment
        self._log = context.common.log
        self._clock = context.clock

    async def may_order(self, device: DeviceId, person: PersonId) -> None:
        """Raise GatepostError ``enrolment.…`` where a terminal may not capture this person."""
        project = self._project(device)
        if project is None:
            raise refusal(
                "not_placed", "this terminal hangs on no project.", "Mount it in the directory."
            )
        await self._enrolment.permit(person, project)

    def take(self, session: SessionHandle, event: PersonEnrolled) -> None:
        """Take in what a terminal captured; it is answered once that is durable."""
        self._context.common.tasks.spawn(self._take(session, event), "enrolment")

    async def approve(
        self, number: int, *, by: str, reason: str, overrides: frozenset[str]
    ) -> EnrolmentResult:
        """Have a capture compared from now on; raises GatepostError ``enrolment.…``.

        Who gave the order cannot approve as well: two people have seen it then (R-042).
        """
        found, captured = await self._waiting(number)
        if by == found.ordered_by:
            raise refusal(
                "second_person",
                "who had somebody captured does not approve it as well.",
                "Have another operator look at the card and approve it.",
            )
        person, project = found.person, found.project
        await self._enrolment.permit(person, project)
        self._check_thresholds(captured)
        async with self._galleries.changing(project) as change:
            self._enrolment.check(person, project)
            result = await self._double(found, captured, overrides)
            if result.refused:
                self._context.tally.enrolments_refused += 1
                return result
            entries = await self._entries(found, captured, result)
            members = [(one.reference, one.template) for one in entries]
            await self._ports.matcher.check(Scope(project), members)
            held = await self._ports.local.approve(number, project, entries, by=by, reason=reason)
            await change.has(held)
        self._context.tally.enrolled += 1
        return result

    async def reject(self, number: int, *, by: str, reason: str) -> None:
        """Destroy a capture; raises GatepostError ``enrolment.decided``."""
        await self._waiting(number)
        if not await self._ports.local.settle(number, LocalState.REJECTED, by=by, reason=reason):
            raise decided()

    async def _take(self, session: SessionHandle, event: PersonEnrolled) -> None:
        try:
            code = await self._taken(session.device, event)
        except GatepostError as error:
            if isinstance(error, StoreUnavailable) or error.code in PASSING:
                session.submit(Defer(receipt=event.receipt, retry_after_s=LATER_S))
                return
            self._log.warning(
                "enrolment.not_taken", device=session.device, person=event.person, code=error.code
            )
            session.submit(DeclineBlob(receipt=event.receipt, code="unsupported"))
            return
        if code:
            self._log.warning(
                "enrolment.not_captured", device=session.device, person=event.person, code=code
            )
        session.submit(Accept(receipt=event.receipt))

    async def _taken(self, device: DeviceId, event: PersonEnrolled) -> str:
        """Keep a capture; return why there is none."""
        if event.code != OK:
            return event.code
        if event.templates or not (event.faces or event.irises):
            raise refusal(
                "by_reference",
                "the templates are not in the report itself.",
                "Have the terminal report them inline.",
            )
        person = PersonId(event.person)
        await self.may_order(device, person)
        project = self._project(device)
        assert project is not None
        captured = Captured(faces=event.faces, irises=event.irises)
        number = await self._ports.local.keep(person, project, device, captured)
        self._log.info("enrolment.captured", device=device, person=person, number=number)
        return ""

    def _project(self, device: DeviceId) -> ProjectId | None:
        terminal = self._context.common.terminals.get(device)
        now = self._clock().wall
        placed = None if terminal is None else terminal.placement(self._context.directory(), now)
        return None if placed is None else placed.project

    async def _waiting(self, number: int) -> tuple[LocalEnrolment, Captured]:
        found = await self._ports.local.show(number)
        if found is None or found[1] is None:
            raise decided()
        return found[0], found[1]

    def _check_thresholds(self, captured: Captured) -> None:
        for one in captured.every:
            if (_trait(one), one.algorithm) not in self._context.limits.thresholds:
                raise refusal(
                    "no_threshold",
                    f"no thresholds are set for {_trait(one).value} algorithm {one.algorithm}, so"
                    " it would be compared with nobody.",
                    "Set them in [[threshold]], as measured for this terminal.",
                )

    async def _double(
        self, found: LocalEnrolment, captured: Captured, overrides: frozenset[str]
    ) -> EnrolmentResult:
        """Look whether somebody else has these already, where the project allows a search."""
        result = EnrolmentResult(accepted=True)
        crowd = self._galleries.crowd(found.project)
        mode = self._context.mode(found.project)
        if crowd is None or mode is not VerificationMode.CENTRAL_GALLERY:
            return result
        for one in captured.every:
            needed = self._context.limits.thresholds[_trait(one), one.algorithm].one_to_many
            for each in await self._alike(found.project, one):
                other = crowd.person(each[0])
                if other not in (None, found.person) and each[1] >= needed:
                    refused = () if SAME_FACE in overrides else (SAME_FACE,)
                    return EnrolmentResult(
                        accepted=not refused,
                        refused=refused,
                        waived=() if refused else (SAME_FACE,),
                        same_face_as=other,
                        same_face_score=each[1],
                        searched=True,
                    )
        return EnrolmentResult(accepted=True, searched=True)

    async def _alike(
        self, project: ProjectId, one: FaceTemplate | IrisTemplate
    ) -> list[tuple[Reference, float]]:
        """Search one template; where nobody has any of its algorithm there is nobody."""
        question = Question(
            scope=Scope(project),
            deadline=self._clock().mono + SEARCH_S,
            faces=(one,) if isinstance(one, FaceTemplate) else (),
            irises=() if isinstance(one, FaceTemplate) else (one,),
        )
        try:
            answer = await self._ports.matcher.match(question)
        except TooLate:
            raise busy() from None
        except TemplateRefused as error:
            if error.code != FOREIGN:
                raise
            return []
        return [(each.reference, each.score) for each in answer.candidates]

    async def _entries(
        self, found: LocalEnrolment, captured: Captured, result: EnrolmentResult
    ) -> list[Enrolled]:
        """Return what is to be stored of a capture."""
        galleries, matcher = self._ports.galleries, self._ports.matcher
        secret = await galleries.secret(found.project)
        reference = await galleries.reference(found.project, found.person)
        return [
            Enrolled(
                person=found.person,
                reference=reference,
                template=await matcher.protect(secret, one),
                quality=(UNSEEN, *result.waived),
                source=self._serial(found.device),
            )
            for one in captured.every
        ]

    def _serial(self, device: DeviceId) -> str:
        devices = self._context.directory().devices.values()
        return next((one.serial for one in devices if one.id == device), f"device {device}")


def decided() -> GatepostError:
    """Return the error of a decision on what does not wait for one."""
    return refusal(
        "decided",
        "no capture of this number waits for a decision.",
        "See `gatepost person review`.",
    )


def _trait(one: FaceTemplate | IrisTemplate) -> Trait:
    return Trait.FACE if isinstance(one, FaceTemplate) else Trait.IRIS
