"""Records between arrival and receipt: one answer per frame, once all of its records are settled.

Owns which receipt belongs to which frame, and what the device is then told. Knows no bytes beyond
the body of the answer; the decision about each record is the gateway's.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.yls.acks import Ledger, Span
from gateway.codecs.yls.asked import Asked, Reply, Verdict
from gateway.codecs.yls.body import RESULT_OK, put_number, put_result
from gateway.codecs.yls.groups import Found, Lost
from gateway.codecs.yls.records import report
from gateway.codecs.yls.registers import Result, Tlv

from gateway.domain.events import Event, RecordsLost
from gateway.domain.ids import Receipt
from gateway.domain.requests import Accept, Conflict, Defer
from gateway.domain.vocabulary import Lane

MOST_RETRY_SECONDS = 0xFFFF
"""What the HB element can hold."""
VERDICT = 12
"""Bytes of an answer before its acknowledgements: RESULT and HB."""


class _Waiting:
    """A frame some of whose records are not settled."""

    __slots__ = ("asked", "conflict", "left", "retry_s", "spans")

    def __init__(self, asked: Asked | None, left: int) -> None:
        self.asked = asked
        self.left = left
        self.retry_s = 0
        self.conflict = False
        self.spans: list[Span] = []


class RecordIntake:
    """The records of one connection."""

    __slots__ = ("_receipts", "ledger")

    def __init__(self) -> None:
        self.ledger = Ledger()
        self._receipts: dict[int, tuple[_Waiting, Span]] = {}

    def take(
        self, asked: Asked, found: Found, lane: Lane, receipt: Callable[[], Receipt]
    ) -> list[Event]:
        """Turn the groups of a frame into events, each with a receipt."""
        events: list[Event] = []
        receipts: list[tuple[Receipt, Span]] = []
        for one in found:
            number = receipt()
            if isinstance(one, Lost):
                series, first, last, reason = one
                events.append(
                    RecordsLost(
                        receipt=number, series=series, first=first, last=last, reason=reason
                    )
                )
                receipts.append((number, (series, first, last)))
            else:
                event = report(one, number, lane)
                events.append(event)
                receipts.append((number, (event.series, event.number, event.number)))
        waiting = _Waiting(asked, len(receipts))
        for number, span in receipts:
            self._receipts[number] = waiting, span
        return events

    def settle(self, verdict: Verdict) -> Reply | None:
        """Note the fate of one record; return the answer when it was the frame's last.

        What is durable is entered in the ledger even when the session that sent it is over.
        """
        entry = self._receipts.pop(verdict.receipt, None)
        if entry is None:
            return None
        waiting, span = entry
        waiting.spans.append(span)
        if isinstance(verdict, Accept):
            self.ledger.hold(*span)
        elif isinstance(verdict, Conflict):
            self.ledger.hold(*span)
            waiting.conflict = True
        else:
            seconds = verdict.retry_after_s if isinstance(verdict, Defer) else 1
            waiting.retry_s = max(waiting.retry_s, seconds, 1)
        waiting.left -= 1
        if waiting.left or waiting.asked is None:
            return None
        return Reply(waiting.asked, self._answer(waiting))

    def restart(self, ledger: Ledger) -> None:
        """Begin a new session: what the old one sent is still settled, but no longer answered."""
        for waiting, _ in self._receipts.values():
            waiting.asked = None
        self.ledger = ledger

    def _answer(self, waiting: _Waiting) -> bytes:
        if waiting.retry_s:
            seconds = min(waiting.retry_s, MOST_RETRY_SECONDS)
            verdict = put_result(Result.RETRY_LATER) + put_number(Tlv.HB, seconds, 2)
        else:
            verdict = put_result(Result.REC_CONFLICT) if waiting.conflict else RESULT_OK
        return verdict + self.ledger.tell(waiting.spans)
