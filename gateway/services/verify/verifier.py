"""One verification from question to answer: whether it may be, whether in time, and by whom.

Each question is answered exactly once and in time, with a decision or with the word that makes the
terminal fall back. Nothing here blocks, and nothing here needs the database.
"""

from __future__ import annotations

import asyncio

from gateway.domain.decisions import Because, Verdict
from gateway.domain.ids import PersonId, ProjectId, Receipt
from gateway.domain.matching import (
    Answer,
    GalleryMissing,
    PictureRefused,
    TemplateRefused,
    TooLate,
)
from gateway.domain.ports import SessionHandle
from gateway.domain.times import Instant
from gateway.domain.verification import VerificationEvent, VerifyLate, VerifyRequested
from gateway.services.bad_templates import BadTemplates, fault_of
from gateway.services.verify.context import VerifyContext
from gateway.services.verify.crowd import Crowd
from gateway.services.verify.galleries import Galleries
from gateway.services.verify.inquiries import Inquiry, lively, may_ask, read_claim
from gateway.services.verify.judging import judge
from gateway.services.verify.outcomes import RULINGS, Outcome, answer, explained
from gateway.services.verify.records import Decisions
from gateway.services.verify.writing import record_of

NO_THRESHOLD = "threshold.missing"
"""Detail of TEMPLATE_REFUSED where nobody set what scores of this algorithm must reach."""


class Verifier:
    """Answers VerifyRequested."""

    def __init__(self, context: VerifyContext, galleries: Galleries, decisions: Decisions) -> None:
        self._matcher = context.ports.matcher
        self._galleries = galleries
        self._decisions = decisions
        self._limits = context.limits
        self._tally = context.tally
        self._bad_templates = BadTemplates(context.common)
        self._terminals = context.common.terminals
        self._directory = context.directory
        self._tasks = context.common.tasks
        self._clock = context.clock
        self._log = context.common.log
        self._open: dict[tuple[SessionHandle, Receipt], Inquiry] = {}

    @property
    def open(self) -> int:
        """How many questions wait for their answer."""
        return len(self._open)

    def verify(self, session: SessionHandle, event: VerifyRequested, now: Instant) -> None:
        """Answer at once where nothing is to be compared, else as soon as it was."""
        inquiry = Inquiry(
            session=session,
            event=event,
            project=self._project(session, now),
            asked=now,
            claim=read_claim(event),
            due=now.mono + (event.budget_ms - self._limits.margin_ms) / 1000,
        )
        self._open[inquiry.key] = inquiry
        try:
            refusal = self._admit(inquiry)
        except Exception as error:
            refusal = self._fault(inquiry, error)
        if refusal is None:
            inquiry.task = self._tasks.spawn(self._decide(inquiry), "verification")
        else:
            self._conclude(inquiry, refusal)

    def ended(self, session: SessionHandle, event: VerificationEvent) -> None:
        """Drop a question nobody waits for any more, or note that its answer was not sent."""
        if isinstance(event, VerifyRequested):
            return
        inquiry = self._open.get((session, event.about))
        if inquiry is None:
            return
        if isinstance(event, VerifyLate):
            inquiry.late = True
            return
        del self._open[inquiry.key]
        if inquiry.task is not None:
            inquiry.task.cancel()
        self._write(inquiry, Outcome(because=Because.CANCELLED), self._clock())

    def _project(self, session: SessionHandle, now: Instant) -> ProjectId | None:
        terminal = self._terminals.get(session.device)
        return None if terminal is None else terminal.placement(self._directory(), now.wall).project

    def _admit(self, inquiry: Inquiry) -> Outcome | None:
        """Say what speaks against comparing at all, in the order of who is to decide it."""
        if inquiry.project is None:
            return Outcome(because=Because.NOT_PLACED)
        refused = may_ask(inquiry, self._directory().mode(inquiry.project))
        if refused is not None:
            return Outcome(because=refused)
        if not lively(inquiry.event, self._limits):
            return Outcome(because=Because.LIVENESS_FAILED)
        inquiry.crowd = self._galleries.crowd(inquiry.project)
        if inquiry.crowd is None:
            return Outcome(because=Because.GALLERY_NOT_READY)
        algorithm = inquiry.algorithm(self._matcher)
        if (inquiry.trait, algorithm) not in self._limits.thresholds:
            return Outcome(
                because=Because.TEMPLATE_REFUSED, detail=NO_THRESHOLD, algorithm=algorithm
            )
        refused = self._of_claim(inquiry, inquiry.crowd)
        if refused is not None:
            return Outcome(because=refused)
        wait_s = self._matcher.wait_ms(inquiry.question()) / 1000
        if self._clock().mono + wait_s >= inquiry.due:
            return Outcome(because=Because.BUSY)
        return None

    def _of_claim(self, inquiry: Inquiry, crowd: Crowd) -> Because | None:
        if not inquiry.claims:
            return None
        if inquiry.claim is None:
            return Because.CLAIM_UNKNOWN
        objection = self._objection(inquiry, inquiry.claim)
        inquiry.reference = crowd.reference(inquiry.claim)
        return Because.CLAIM_UNKNOWN if objection is Because.NOT_ENGAGED else objection

    def _objection(self, inquiry: Inquiry, person: PersonId) -> Because | None:
        """Say what speaks against a person passing here at this moment."""
        now = self._clock()
        project = self._project(inquiry.session, now)
        if project is None or project != inquiry.project:
            return Because.NOT_PLACED
        refused = may_ask(inquiry, self._directory().mode(project))
        if refused is not None:
            return refused
        crowd = self._galleries.crowd(project)
        if crowd is None:
            return Because.GALLERY_NOT_READY
        return self._galleries.objection(crowd, person, now.wall)

    async def _decide(self, inquiry: Inquiry) -> None:
        try:
            outcome = await self._compare(inquiry)
        except Exception as error:
            outcome = self._fault(inquiry, error)
        self._conclude(inquiry, outcome)

    async def _compare(self, inquiry: Inquiry) -> Outcome:
        project = inquiry.project
        assert project is not None
        try:
            # The matcher drops what it has not begun by then; what it has begun may take longer.
            async with asyncio.timeout(inquiry.due - self._clock().mono):
                found = await self._matcher.match(inquiry.question())
        except TimeoutError:
            return Outcome(because=Because.LATE)
        except TooLate:
            # Dropped before its time, it gave way to what is more urgent.
            early = self._clock().mono < inquiry.due
            return Outcome(because=Because.BUSY if early else Because.LATE)
        except PictureRefused as error:
            return Outcome(because=Because.PICTURE_REFUSED, detail=error.code)
        except TemplateRefused as error:
            algorithm = inquiry.algorithm(self._matcher)
            return Outcome(because=Because.TEMPLATE_REFUSED, detail=error.code, algorithm=algorithm)
        except GalleryMissing as error:
            self._galleries.distrust(project, error)
            return Outcome(because=Because.GALLERY_NOT_READY)
        return self._judge(inquiry, found)

    def _judge(self, inquiry: Inquiry, found: Answer) -> Outcome:
        threshold = self._limits.thresholds.get((found.trait, found.algorithm))
        if threshold is None:
            return Outcome(
                because=Because.TEMPLATE_REFUSED, detail=NO_THRESHOLD, algorithm=found.algorithm
            )
        crowd, claimed = inquiry.crowd, inquiry.reference
        assert crowd is not None
        because = judge(found, threshold, claimed)
        granted = RULINGS[because].verdict is Verdict.GRANTED
        person = crowd.person(found.candidates[0].reference) if granted else None
        if granted and person is None:
            return Outcome(because=Because.GALLERY_NOT_READY)  # another gallery since the question
        # What was allowed when the question came may have been forbidden while it was answered.
        concerned = inquiry.claim or person
        objection = None if concerned is None else self._objection(inquiry, concerned)
        if objection is Because.NO_CONSENT:
            return Outcome(because=objection)
        return explained(objection or because, person, found, threshold, claimed)

    def _conclude(self, inquiry: Inquiry, outcome: Outcome) -> None:
        """Answer, unless the question was called back; what is late now is not sent as decided."""
        if self._open.get(inquiry.key) is not inquiry:
            return
        now = self._clock()
        deadline = inquiry.asked.mono + inquiry.event.budget_ms / 1000
        if now.mono >= deadline:
            outcome = Outcome(because=Because.LATE)
        gone = inquiry.session.over
        inquiry.session.submit(answer(inquiry.event.receipt, outcome, inquiry.claim))
        if self._open.pop(inquiry.key, None) is None:
            return  # the answer ended the session, which called the question back
        if gone:
            outcome = Outcome(because=Because.CANCELLED)
        elif inquiry.late:
            outcome = Outcome(because=Because.LATE)
        if outcome.because is Because.TEMPLATE_REFUSED:
            fault = fault_of(outcome.detail)
            self._bad_templates.refused(inquiry.session, fault, outcome.algorithm)
        self._write(inquiry, outcome, now)

    def _write(self, inquiry: Inquiry, outcome: Outcome, now: Instant) -> None:
        self._tally.decided[outcome.because] += 1
        self._tally.latency.observe(max(0.0, now.mono - inquiry.asked.mono))
        self._decisions.put(record_of(inquiry, outcome, now))

    def _fault(self, inquiry: Inquiry, error: Exception) -> Outcome:
        self._log.error("verification.failed", device=inquiry.session.device, reason=repr(error))
        return Outcome(because=Because.FAILED)
