"""Objects on their way from the gateway to a terminal, and those it is asked for (YLS/1 12).

Owns the pace: one request of a transfer at a time, bulk behind people who wait at a gate. How one
travels is `gateway.codecs.yls.transfer`'s.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.limits import CHUNK_OVERHEAD
from gateway.codecs.yls.orders import ended, judged
from gateway.codecs.yls.registers import Blob, Command, Result, Tlv, result_name
from gateway.codecs.yls.transfer import NO_OWNER, Progress, Transfer, owner_of_person
from gateway.codecs.yls.wishes import Secrecy, Wishes

from gateway.domain.commands import Outcome
from gateway.domain.events import Event
from gateway.domain.objects import ObjectKind, ObjectOutcome, PullLog, PullObject, SendObject
from gateway.domain.times import Instant

BLOBS = {kind: Blob[kind.name] for kind in ObjectKind}
KINDS = {blob: kind for kind, blob in BLOBS.items()}
_OPEN_DATA = frozenset({ObjectKind.FIRMWARE, ObjectKind.LOG})
"""Kinds that hold nothing biometric."""
MOST_DELIVERIES = 2
"""Objects on their way at a time; more wait for their turn."""
HOLD_SECONDS = 0.5
"""How long firmware waits while somebody stands at a gate."""


class Delivery:
    """One object on its way; implements `gateway.codecs.yls.wishes.Errand`, step after step."""

    repeat = True

    def __init__(
        self, wish: SendObject, chunk: int, done: Callable[[Delivery, Instant | None], list[Event]]
    ) -> None:
        owner = NO_OWNER if wish.person is None else owner_of_person(wish.person)
        self.wish = wish
        self.transfer = Transfer(BLOBS[wish.kind], wish.data, owner, chunk)
        self.secrecy = Secrecy.PLAIN if wish.kind in _OPEN_DATA else Secrecy.NEEDED
        self.due = 0.0
        """Monotonic seconds before which nothing is asked."""
        self.outcome: ObjectOutcome | None = None
        self._done = done
        self.command, self._body = self.transfer.next()

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        return self._body

    def answered(self, body: bytes, now: Instant) -> list[Event]:
        """See `Errand.answered`."""
        progress = self.transfer.answered(Body(body))
        if progress is Progress.DONE:
            self._end(Outcome.DONE, Result.OK)
        elif progress is Progress.REFUSED:
            self._end(Outcome.REFUSED, self.transfer.result)
        else:
            self.due = now.mono + (self.transfer.pause_s if progress is Progress.WAITING else 0)
            self.command, self._body = self.transfer.next()
        return self._done(self, now)

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        self._end(ended(sent=sent), result)
        return self._done(self, None)

    def _end(self, outcome: Outcome, result: int) -> None:
        self.outcome = ObjectOutcome(
            ticket=self.wish.ticket,
            outcome=outcome,
            code=result_name(result),
            digest=self.transfer.digest,
            size=len(self.wish.data),
        )


class Deliveries:
    """The objects of one session."""

    __slots__ = ("_chunk", "_gate", "_idle", "_now", "_on_way", "_wishes")

    def __init__(self, wishes: Wishes, max_frame: int, gate: Callable[[], bool]) -> None:
        """``gate`` says whether somebody waits at a gate: firmware pauses then."""
        self._wishes = wishes
        self._chunk = max_frame - CHUNK_OVERHEAD
        self._gate = gate
        self._idle: list[Delivery] = []
        self._on_way: list[Delivery] = []
        self._now = Instant(0.0, 0)

    def send(self, wish: SendObject, now: Instant) -> list[Event]:
        """Bring an object to the terminal."""
        self._idle.append(Delivery(wish, self._chunk, self._stepped))
        return self.tick(now)

    def deadline(self) -> float | None:
        """When an object may go on that has to wait; those that wait for others do not count."""
        return min((one.due for one in self._idle if one.due > self._now.mono), default=None)

    def tick(self, now: Instant) -> list[Event]:
        """Ask for the next step of everything that may go on."""
        self._now = now
        events: list[Event] = []
        for one in [one for one in self._idle if one.due <= now.mono]:
            if len(self._on_way) >= MOST_DELIVERIES:
                break
            if one.wish.kind is ObjectKind.FIRMWARE and self._gate():
                one.due = now.mono + HOLD_SECONDS
                continue
            self._idle.remove(one)
            self._on_way.append(one)
            events += self._wishes.add(one, now)
        return events

    def end(self) -> list[Event]:
        """Give up what is not asked for at the moment; the rest ends with its request."""
        idle, self._idle = self._idle, []
        events: list[Event] = []
        for one in idle:
            self._on_way.append(one)
            events += one.unanswered(Result.SESSION_EXPIRED, sent=True)
        return events

    def _stepped(self, one: Delivery, now: Instant | None) -> list[Event]:
        self._on_way.remove(one)
        if one.outcome is None:
            self._idle.insert(0, one)
        going_on = self.tick(now or self._now)
        return [one.outcome, *going_on] if one.outcome is not None else going_on


class PullErrand:
    """The wish that the terminal sends an object, or a part of its log."""

    repeat = True
    secrecy = Secrecy.PLAIN

    def __init__(self, wish: PullObject | PullLog) -> None:
        self._wish = wish
        self.command = Command.LOG_PULL if isinstance(wish, PullLog) else Command.BLOB_PULL

    def body(self, now: Instant) -> bytes:  # noqa: ARG002
        """See `Errand.body`."""
        wish = self._wish
        if isinstance(wish, PullLog):
            span = wish.from_ms.to_bytes(8, "big") + wish.to_ms.to_bytes(8, "big")
            return put(Tlv.LOG_RANGE, span, critical=True)
        kind = put_number(Tlv.BLOB_TYPE, BLOBS[wish.kind], 1, critical=True)
        return kind + put(Tlv.SHA256, wish.digest, critical=True)

    def answered(self, body: bytes, now: Instant) -> list[Event]:  # noqa: ARG002
        """See `Errand.answered`."""
        fields = Body(body)
        result = fields.number(Tlv.RESULT, 2)
        wish = self._wish
        digest = wish.digest if isinstance(wish, PullObject) else b""
        if Tlv.SHA256 in fields:
            digest = fields.bytes(Tlv.SHA256, 32)
        size = fields.number(Tlv.BLOB_SIZE, 4) if Tlv.BLOB_SIZE in fields else None
        return [self._outcome(judged(result), result, digest, size)]

    def unanswered(self, result: Result, *, sent: bool) -> list[Event]:
        """See `Errand.unanswered`."""
        return [self._outcome(ended(sent=sent), result, b"", None)]

    def _outcome(
        self, outcome: Outcome, result: int, digest: bytes, size: int | None
    ) -> ObjectOutcome:
        return ObjectOutcome(
            ticket=self._wish.ticket,
            outcome=outcome,
            code=result_name(result),
            digest=digest,
            size=size,
        )
