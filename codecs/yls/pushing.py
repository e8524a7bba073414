"""People on their way to a terminal, and its digests back: the gateway's errands (YLS/1 13).

Owns the bodies and what their answers mean. In which order people go, and what follows
NEED_BLOB, is decided by whoever pushes.
"""

from __future__ import annotations

from gateway.codecs.yls.body import Body, Refused, put_number
from gateway.codecs.yls.crowd import BUCKETS, SIZE
from gateway.codecs.yls.orders import ended, judged
from gateway.codecs.yls.persons import write_person
from gateway.codecs.yls.registers import Command, Result, Tlv, result_name
from gateway.codecs.yls.wishes import Secrecy, Wishes

from gateway.domain.commands import CommandOutcome, Outcome
from gateway.domain.events import Event
from gateway.domain.people import (
    AskBuckets,
    BucketsOutcome,
    Enrol,
    PersonDelete,
    PersonOutcome,
    PersonPut,
)
from gateway.domain.times import Instant

_KNOWN_ALREADY = frozenset({Result.OK, Result.STALE_REV})


class Push:
    """A change of one person; the same revision twice is harmless, so it may be repeated."""

    repeat = True

    def __init__(self, change: PersonPut | PersonDelete) -> None:
        self._change = change
        self.command = Command.PERSON_DEL
        self.secrecy = Secrecy.WANTED
        if isinstance(change, PersonPut):
            self.command = Command.PERSON_PUT
            if change.templates or change.faces or change.irises:
                self.secrecy = Secrecy.NEEDED

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        one = self._change
        if isinstance(one, PersonPut):
            return write_person(one)
        said = put_number(Tlv.PERSON_NO, one.person, 4, critical=True)
        said += put_number(Tlv.PERSON_REV, one.revision, 4, critical=True)
        if one.batch_end is not None:
            said += put_number(Tlv.BATCH_END, one.batch_end, 4)
        return said

    def answered(self, body: bytes, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Errand.answered`."""
        fields = Body(body)
        result = fields.number(Tlv.RESULT, 2)
        lacks = fields.bytes(Tlv.SHA256, 32) if result == Result.NEED_BLOB else None
        erased = fields.number(Tlv.ERASED, 2) if Tlv.ERASED in fields else None
        outcome = Outcome.DONE if result in _KNOWN_ALREADY else Outcome.REFUSED
        return [self._outcome(outcome, result, lacks, erased)]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        return [self._outcome(ended(sent=sent), result, None, None)]

    def _outcome(
        self, outcome: Outcome, result: int, lacks: bytes | None, erased: int | None
    ) -> PersonOutcome:
        return PersonOutcome(
            ticket=self._change.ticket,
            outcome=outcome,
            code=result_name(result),
            person=self._change.person,
            revision=self._change.revision,
            lacks=lacks,
            erased=erased,
        )


class Enrolment:
    """The wish that a terminal captures somebody."""

    command = Command.ENROLL
    repeat = True
    secrecy = Secrecy.PLAIN

    def __init__(self, wish: Enrol) -> None:
        self._wish = wish

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        wish = self._wish
        return (
            put_number(Tlv.PERSON_NO, wish.person, 4, critical=True)
            + put_number(Tlv.METHOD, int(wish.means), 2, critical=True)
            + put_number(Tlv.DURATION, min(wish.seconds * 10, 0xFFFF), 2)
        )

    def answered(self, body: bytes, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Errand.answered`."""
        result = Body(body).number(Tlv.RESULT, 2)
        ticket = self._wish.ticket
        return [CommandOutcome(ticket=ticket, outcome=judged(result), code=result_name(result))]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        ticket = self._wish.ticket
        return [CommandOutcome(ticket=ticket, outcome=ended(sent=sent), code=result_name(result))]


class BucketsQuestion:
    """The question for all 256 digests, which take more than one frame."""

    command = Command.PERSON_DIGEST
    repeat = True
    secrecy = Secrecy.PLAIN

    def __init__(self, wish: AskBuckets, wishes: Wishes) -> None:
        self._wish = wish
        self._wishes = wishes
        self._row = b""

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        return put_number(Tlv.OFFSET, len(self._row), 4, critical=True)

    def answered(self, body: bytes, now: Instant) -> list[Event]:
        """See `Errand.answered`."""
        fields = Body(body)
        result = fields.number(Tlv.RESULT, 2)
        if result != Result.OK:
            return [self._outcome(Outcome.REFUSED, result)]
        more = fields.bytes(Tlv.BUCKETS)
        if fields.number(Tlv.OFFSET, 4) != len(self._row) or not more or len(more) % SIZE:
            raise Refused(Result.OUT_OF_RANGE)
        self._row += more
        if len(self._row) > BUCKETS * SIZE:
            raise Refused(Result.OUT_OF_RANGE)
        if len(self._row) < BUCKETS * SIZE:
            return self._wishes.add(self, now)
        return [self._outcome(Outcome.DONE, result)]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        return [self._outcome(ended(sent=sent), result)]

    def _outcome(self, outcome: Outcome, result: int) -> BucketsOutcome:
        row = self._row if outcome is Outcome.DONE else b""
        buckets = tuple(row[at : at + SIZE] for at in range(0, len(row), SIZE))
        code = result_name(result)
        return BucketsOutcome(ticket=self._wish.ticket, outcome=outcome, code=code, buckets=buckets)
