"""A question on its way to its answer: asked, decided, recorded, told.

Owns the one question that an event can ask. Whatever happens the door stays shut, unless the
gateway grants in time and the record is durable.
"""

from __future__ import annotations

from gateway.codecs.hikvision.questions import Question, Remembered, Reply, request
from gateway.codecs.hikvision.report import Ruling

from gateway.domain.events import Event
from gateway.domain.ids import Receipt
from gateway.domain.verification import (
    Denied,
    Granted,
    Undecided,
    VerifyAnswer,
    VerifyCancelled,
    VerifyLate,
)
from gateway.domain.vocabulary import Decision

NOBODY = Ruling(Decision.DENIED)
"""Nobody decided in time: the answer is no."""


class Asking:
    """The open question and what was answered before."""

    def __init__(self, remembered: Remembered) -> None:
        self.open: Question | None = None
        self.remembered = remembered
        self._late: tuple[Receipt, float] | None = None
        """The last question that was answered without the gateway, and when its time was up."""

    def ask(self, question: Question, mono: float) -> list[Event]:
        """Open a question; an empty list means that there is no time left to ask anybody."""
        if mono >= question.decide_by:
            self._late = (question.receipt, question.decide_by)
            return []
        self.open = question
        return [request(question, mono)]

    def decide(self, answer: VerifyAnswer, mono: float) -> tuple[Question, Reply, Ruling] | None:
        """Close the open question by an answer; None for an answer to another one."""
        question = self.open
        if question is None or answer.receipt != question.receipt:
            return None
        self.open = None
        match answer:
            case Granted(claim=claim, score=score, prompt=prompt) if mono < question.gone_at:
                ruling = Ruling(Decision.GRANTED, claim, score, by_gateway=True)
                return question, self._reply(question, True, prompt, claim), ruling
            case Denied(decision=decision, claim=claim, score=score, prompt=prompt):
                ruling = Ruling(decision, claim, score, by_gateway=True)
                return question, self._reply(question, False, prompt), ruling
            case Granted() | Undecided():
                return question, self._reply(question, False), NOBODY

    def expire(self, mono: float) -> tuple[Question, Reply, Ruling] | None:
        """Close the open question once its time is up."""
        question = self.open
        if question is None or mono < question.decide_by:
            return None
        self.open = None
        self._late = (question.receipt, question.decide_by)
        return question, self._reply(question, False), NOBODY

    def late(self, answer: VerifyAnswer, mono: float) -> list[Event]:
        """Return what is to be said of an answer that came too late, once."""
        if self._late is None or self._late[0] != answer.receipt:
            return []
        (about, due), self._late = self._late, None
        return [VerifyLate(about=about, late_ms=max(0, round((mono - due) * 1000)))]

    def cancel(self) -> list[Event]:
        """Give the open question up: the terminal is gone."""
        question, self.open = self.open, None
        return [] if question is None else [VerifyCancelled(about=question.receipt)]

    def _reply(self, question: Question, passes: bool, info: str = "", person: str = "") -> Reply:
        return Reply(
            serial_no=question.identity.number,
            passes=passes,
            info=info,
            person=person if question.blind else "",
        )
