"""From an event to its answer: the question first, then the record, and only then a word.

Owns what waits for the gateway. A 200 says that the record is durable; for a question it carries
the verdict, or none when the terminal no longer listens. A 503 with nothing in it makes it send the
event again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.codecs.hikvision.asking import NOBODY, Asking
from gateway.codecs.hikvision.exchange import Exchange
from gateway.codecs.hikvision.identity import UNNUMBERED_SERIES, identify
from gateway.codecs.hikvision.limits import MOST_PATIENCE_S
from gateway.codecs.hikvision.meaning import asks
from gateway.codecs.hikvision.notice import Notice
from gateway.codecs.hikvision.questions import Question, Reply, deadlines
from gateway.codecs.hikvision.report import Facts, Ruling, event_ms, lane, report
from gateway.codecs.hikvision.settings import Settings
from gateway.codecs.hikvision.verdict import put_verdict

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


class Booking:
    """The one event a connection can have on its way."""

    def __init__(self, exchange: Exchange, settings: Settings) -> None:
        self._exchange = exchange
        self._settings = settings
        self._asking = Asking()
        self._pending: Pending | None = None
        self._last_receipt = 0

    @property
    def busy(self) -> bool:
        """The gateway has something to say before anything else is read."""
        return self._pending is not None or self._asking.open is not None

    def deadline(self) -> float | None:
        """Monotonic seconds at which an open question is answered in any case."""
        return None if self._asking.open is None else self._asking.open.decide_by

    def take(self, notice: Notice, patience_s: int | None, now: Instant) -> list[Event]:
        """Take an event: record it, or ask first."""
        begun = self._exchange.begun(now.mono, MOST_PATIENCE_S)
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

    def settled(self, receipt: Receipt, now: Instant, *, disputed: bool = False) -> list[Event]:
        """Answer an event whose record is durable; a disputed one opens nothing."""
        pending = self._close(receipt)
        if pending is None:
            return []
        reply, question = pending.reply, pending.question
        if reply is None or question is None:
            self._exchange.reply(200, now.mono)
            return []
        if now.mono >= question.gone_at:
            self._exchange.reply(200, now.mono)
            late_ms = round((now.mono - question.gone_at) * 1000)
            late = VerifyLate(about=question.receipt, late_ms=late_ms)
            return [late] if reply.passes else []
        if disputed:
            reply = replace(reply, passes=False)
        self._exchange.tell(
            put_verdict(reply.serial_no, reply.passes, reply.info, reply.person), now.mono
        )
        name = question.identity.name
        self._asking.remembered.keep(name, question.gone_at, reply, pending.ruling)
        return []

    def deferred(self, receipt: Receipt, now: Instant) -> None:
        """Have the terminal send an event again."""
        if self._close(receipt) is not None:
            self._exchange.reply(503, now.mono)

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

    def _receipt(self) -> Receipt:
        self._last_receipt += 1
        return Receipt(self._last_receipt)
