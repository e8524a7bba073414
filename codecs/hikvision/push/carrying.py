"""Orders on their way by PUSH: from the gateway into a terminal's outbox, and what came of them.

Owns the records that an errand hands over on one connection.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.codecs.api import Context
from gateway.codecs.errand import Answer, Call, Errands, NoAnswer, Terms
from gateway.codecs.hikvision.booking import Receipts, Settled
from gateway.codecs.hikvision.documents import read_document
from gateway.codecs.hikvision.isapi.verdicts import TARGET
from gateway.codecs.hikvision.push.outbox import Fetched, Found, Outbox, Verdict
from gateway.codecs.hikvision.push.payload import Payload, unpack
from gateway.codecs.hikvision.push.texts import Item
from gateway.codecs.hikvision.push.uuids import write_uuid
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.values import number
from gateway.codecs.hikvision.verdict import put_verdict

from gateway.domain.commands import CommandOutcome, Outcome
from gateway.domain.events import Event, FaultReported, Misbehaved, PassageReported
from gateway.domain.ids import Receipt, Serial
from gateway.domain.requests import Accept, Conflict, Defer, Request
from gateway.domain.times import Instant
from gateway.domain.verification import VerdictDue

FOREVER = 1e9
"""Seconds after which nothing is waited for."""
_STATUS = {0: 200, 1: 200, 2: 503, 3: 500, 4: 403, 5: 400, 6: 400, 7: 200}
"""What goes with a ResponseStatus; of a result only the text travels (inferred)."""


class Carrying:
    """The outbox of one terminal, as one connection sees it."""

    def __init__(
        self, outbox: Outbox, serial: Serial, context: Context, errands: Errands, receipts: Receipts
    ) -> None:
        self._outbox = outbox
        self._serial = serial
        self._context = context
        self._errands = errands
        self._receipts = receipts
        self._reported: dict[Receipt, bool | None] = {}
        """Records an errand handed over here, and whether each is kept."""

    @property
    def idle(self) -> bool:
        """Nothing is under way."""
        return not self._outbox.busy

    @property
    def reporting(self) -> bool:
        """Records that an errand handed over are not settled."""
        return bool(self._reported)

    @property
    def pending(self) -> bool:
        """There is something to fetch."""
        return self._outbox.pending

    def takes(self, request: Request) -> bool:
        """Say whether a request is an order that can be carried."""
        return type(request) in self._errands.orders and not isinstance(request, VerdictDue)

    def start(self, order: Any, secret: bytes | None, now: Instant) -> list[Event]:
        """Begin an order."""
        terms = Terms(
            serial=self._serial,
            secret=secret,
            now=now,
            entropy=self._context.entropy,
            settings=self._context.settings,
        )
        errand = self._errands.makers[type(order)](order, terms)
        return self._told(self._outbox.start(errand, now.mono), now.mono)

    def decide(self, settled: Settled) -> None:
        """Have a verdict fetched."""
        said, question = settled.verdict, settled.question
        assert said is not None
        assert question is not None
        body = put_verdict(said.serial_no, said.passes, said.info, said.person)
        call = Call(method="PUT", target=TARGET, content_type="application/json", body=body)
        self._outbox.decide(Verdict(call=call, until=question.gone_at, passes=said.passes))

    def review(self, mono: float) -> list[Event]:
        """Take note that time has passed."""
        return self._told(self._outbox.review(mono), mono)

    def restarted(self) -> None:
        """Take note of a new session."""
        self._outbox.restarted()

    def fetch(self, mono: float) -> tuple[Fetched, list[Event]]:
        """Return what the terminal gets."""
        fetched = self._outbox.fetch(lambda: write_uuid(self._context.entropy(16)), mono)
        late = [Misbehaved(code="verdict_undelivered") for _ in range(fetched.too_late)]
        return fetched, list(late)

    def result(self, item: Item, now: Instant) -> list[Event]:
        """Take what a call led to."""
        found = self._outbox.result(item.uuid, _answer(item, now), now.mono)
        if found is None:
            return [Misbehaved(code="stray_result")]
        return self._told(found, now.mono)

    def settle(self, request: Request, mono: float) -> list[Event]:
        """Take what became of a record that an errand handed over."""
        if not isinstance(request, Accept | Conflict | Defer):
            return []
        if request.receipt not in self._reported:
            return []
        self._reported[request.receipt] = not isinstance(request, Defer)
        return self._resume(mono)

    def lost(self, mono: float) -> list[Event]:
        """Let go of what was handed over: nobody here will hear what became of it."""
        if not self._reported:
            return []
        self._reported = {}
        return self._told(self._outbox.reported(False, mono), mono)

    def abandon(self, mono: float) -> list[Event]:
        """End what nobody will ever fetch: these are the last words of a memory of its own."""
        return self.review(mono + FOREVER)

    def _told(self, found: Found, mono: float) -> list[Event]:
        if found.outcome is not None:
            return [found.outcome]  # type: ignore[list-item]  # every outcome is an event
        if found.report is None:
            return []
        events = [self._numbered(event) for event in found.report.events]
        return events if self._reported else events + self._resume(mono)

    def _numbered(self, event: Event) -> Event:
        if not isinstance(event, PassageReported | FaultReported):
            return event
        receipt = self._receipts()
        self._reported[receipt] = None
        return replace(event, receipt=receipt)

    def _resume(self, mono: float) -> list[Event]:
        if None in self._reported.values():
            return []
        kept, self._reported = all(self._reported.values()), {}
        return self._told(self._outbox.reported(kept, mono), mono)


def unsupported(order: Any) -> list[Event]:
    """Say that an order cannot be carried."""
    return [CommandOutcome(ticket=order.ticket, outcome=Outcome.NOT_SENT, code="unsupported")]


def _answer(item: Item, now: Instant) -> Answer | NoAnswer:
    try:
        payload = unpack(item)
    except Refused:
        return NoAnswer(reason="not_http", arrived=True)
    kind, body, _ = payload
    return Answer(status=_status(payload), content_type=kind, body=body, at=now)


def _status(payload: Payload) -> int:
    if payload.status is not None:
        return payload.status
    try:
        said = read_document(payload.body, payload.kind) if payload.body else {}
    except Refused:
        return 200
    said = said.get("ResponseStatus", said)
    return _STATUS.get(number(said.get("statusCode")) or 0, 200) if isinstance(said, dict) else 200
