"""From an event to its answer: the question first, then the record, and only then a word.

Owns what waits for the gateway, not how the terminal is told: by the answer to its request, or by
an order that it fetches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.codecs.hikvision.asking import NOBODY, Asking
from gateway.codecs.hikvision.identity import UNNUMBERED_SERIES, identify
from gateway.codecs.hikvision.meaning import asks
from gateway.codecs.hikvision.notice import Notice
from gateway.codecs.hikvision.questions import Question, Remembered, Reply, deadlines
from gateway.codecs.hikvision.report import Facts, Ruling, event_ms, lane, report
from gateway.codecs.hikvision.settings import Settings

from gateway.domain.events import Event, Misbehaved
from gateway.domain.ids import Receipt
from gateway.domain.times import Instant
from gateway.domain.verification import VerifyAnswer, VerifyLate
from gateway.domain.vocabulary import Decision, Lane

REPLAYED = Ruling(Decision.UNKNOWN)
"""A question that comes afterwards: what the terminal did then, it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A record on its way into the store, and the answer that waits for it."""

    receipt: Receipt
    reply: Reply | None = None
    question: Question | None = None
    ruling: Ruling = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An event is durable: what the terminal is told beside that."""

    events: list[Event]
    question: Question | None = None
    verdict: Reply | None = None
    """None where it asked nothing, or no longer listens."""
    replayed: bool = False
    """The question came afterwards: nobody stands there any more."""
    again: bool = False
    """The question came before within its patience, and its verdict was given."""


class Receipts:
    """Numbers for what waits on one connection."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> Receipt:
        """Return the next one."""
        self._last += 1
        return Receipt(self._last)


class Booking:
    """One event at a time, on its way."""

    def __init__(
        self, settings: Settings, receipts: Callable[[], Receipt], remembered: Remembered
    ) -> None:
        """``remembered`` holds the answers of the last questions, whichever way they came."""
        self._settings = settings
        self._asking = Asking(remembered)
        self._pending: Pending | None = None
        self._receipt = receipts

    @property
    def busy(self) -> bool:
        """The gateway has something to say before anything else is read."""
        return self._pending is not None or self._asking.open is not None

    def deadline(self) -> float | None:
        """Monotonic seconds at which an open question is answered in any case."""
        return None if self._asking.open is None else self._asking.open.decide_by

    def take(
        self, notice: Notice, begun: float, patience_s: int | None, now: Instant
    ) -> list[Event]:
        """Take an event: record it, or ask first.

        ``begun`` is when the terminal began to wait, in monotonic seconds.
        """
        if not asks(notice):
            return self._record(notice, None, now)
        named = identify(notice, self._settings.utc_offset_minutes)
        if named.series == UNNUMBERED_SERIES:
            fault = Misbehaved(code="question_without_serial")
            return [fault, *self._record(notice, NOBODY, now)]
        patience_s = patience_s or self._settings.patience_s
        decide_by, gone_at = deadlines(begun, patience_s)
        question = Question(
            notice=notice,
            identity=named,
            receipt=self._receipt(),
            decide_by=decide_by,
            gone_at=gone_at,
        )
        refusal = Reply(serial_no=named.number, passes=False)
        if self._stale(notice, patience_s, now):
            fault = Misbehaved(code="stale_question")
            return [fault, *self._book(question, refusal, REPLAYED, now)]
        known = self._asking.remembered.find(named.name, now.mono)
        if known is not None:
            return self._book(question, *known, now)
        return self._asking.ask(question, now.mono) or self._book(question, refusal, NOBODY, now)

    def decided(self, answer: VerifyAnswer, now: Instant) -> list[Event]:
        """Take the gateway's decision; the record comes before the answer."""
        found = self._asking.decide(answer, now.mono)
        return self._asking.late(answer, now.mono) if found is None else self._book(*found, now)

    def expire(self, now: Instant) -> list[Event]:
        """Answer a question whose time is up with no."""
        found = self._asking.expire(now.mono)
        return [] if found is None else self._book(*found, now)

    def settled(self, receipt: Receipt, now: Instant, *, disputed: bool = False) -> Settled | None:
        """Close the event whose record is durable, None for another's; disputed opens nothing."""
        pending = self._close(receipt)
        if pending is None:
            return None
        reply, question = pending.reply, pending.question
        if reply is None or question is None:
            return Settled(events=[])
        if now.mono >= question.gone_at:
            late_ms = round((now.mono - question.gone_at) * 1000)
            late = VerifyLate(about=question.receipt, late_ms=late_ms)
            return Settled(events=[late] if reply.passes else [])
        if disputed:
            reply = replace(reply, passes=False)
        name = question.identity.name
        again = self._asking.remembered.find(name, now.mono) is not None
        self._asking.remembered.keep(name, question.gone_at, reply, pending.ruling)
        replayed = pending.ruling is REPLAYED
        return Settled(events=[], question=question, verdict=reply, replayed=replayed, again=again)

    def deferred(self, receipt: Receipt) -> bool:
        """Close the event that was not stored; False for another's."""
        return self._close(receipt) is not None

    def lost(self) -> list[Event]:
        """Say what is never going to be told; the terminal sends again what was not answered."""
        pending = self._pending
        if pending is not None and pending.reply is not None and pending.reply.passes:
            return [Misbehaved(code="verdict_undelivered")]
        return self._asking.cancel()

    def _stale(self, notice: Notice, patience_s: int, now: Instant) -> bool:
        device_ms = event_ms(notice, self._settings.utc_offset_minutes)
        if lane(notice, device_ms, now.wall) is Lane.BACKFILL:
            return True
        return abs(now.wall - device_ms) > (patience_s + self._settings.skew_s) * 1000

    def _book(self, question: Question, reply: Reply, ruling: Ruling, now: Instant) -> list[Event]:
        events = self._record(question.notice, ruling, now)
        assert self._pending is not None
        self._pending = replace(self._pending, reply=reply, question=question, ruling=ruling)
        return events

    def _record(self, notice: Notice, ruling: Ruling | None, now: Instant) -> list[Event]:
        receipt = self._receipt()
        self._pending = Pending(receipt=receipt)
        offset = self._settings.utc_offset_minutes
        return [report(notice, Facts(receipt, now.wall, offset, ruling))]

    def _close(self, receipt: Receipt) -> Pending | None:
        pending = self._pending
        if pending is None or pending.receipt != receipt:
            return None
        self._pending = None
        return pending
