"""Everything a session does beside records, beats and objects: which machine takes what.

Each conversation is a machine of its own in a module beside this one and is made when it is first
needed, so one that got stuck holds up nobody and a terminal that only records costs nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from gateway.codecs.yls.asked import Asked, Reply, Verdict
from gateway.codecs.yls.blobs import BlobIntake
from gateway.codecs.yls.body import RESULT_OK, Body, Refused
from gateway.codecs.yls.deliveries import KINDS, Deliveries, PullErrand
from gateway.codecs.yls.faults import read_fault
from gateway.codecs.yls.limits import BLOB_LIMITS
from gateway.codecs.yls.orders import Order
from gateway.codecs.yls.persons import MULTI, SYNC_STATE, read_templates
from gateway.codecs.yls.pushing import BucketsQuestion, Enrolment, Push
from gateway.codecs.yls.registers import Blob, Command, Result, Tlv, result_name
from gateway.codecs.yls.reports import Reports
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.texts import MOST_TEXT, read_text
from gateway.codecs.yls.upkeep import StatusQuestion, Upkeep
from gateway.codecs.yls.verification import Verifications
from gateway.codecs.yls.wishes import Errand, Wishes

from gateway.domain.commands import CommandRequest
from gateway.domain.events import Event
from gateway.domain.ids import Receipt
from gateway.domain.maintenance import (
    AskStatus,
    AssignAddress,
    FirmwareInstalled,
    Poll,
    UpkeepRequest,
)
from gateway.domain.objects import ObjectWanted, PullLog, PullObject, SendObject
from gateway.domain.people import (
    AskBuckets,
    Enrol,
    PeopleStated,
    PersonDelete,
    PersonEnrolled,
    PersonPut,
)
from gateway.domain.requests import Request
from gateway.domain.times import Instant
from gateway.domain.verification import Denied, Granted, Undecided

UNCOUNTED = frozenset({Command.VERIFY_REQ})
"""Requests of the device that do not count against its window (YLS/1 5)."""


class Core(NamedTuple):
    """What the machines of one session share."""

    wishes: Wishes
    blobs: BlobIntake
    seal: Seal
    receipt: Callable[[], Receipt]
    max_frame: int
    by_picture: bool
    """The device may send a picture where others send a template."""
    uplink_ms: int


class Taken(NamedTuple):
    """A request of the device, with what an answer needs."""

    asked: Asked
    body: bytes
    now: Instant
    events: list[Event]
    protected: bool
    """Link or frame guards biometric data."""


class Features:
    """The machines of one session."""

    __slots__ = ("_core", "_deliveries", "_ready", "_reports", "_verifications")

    def __init__(self, core: Core) -> None:
        self._core = core
        self._verifications = Verifications(
            core.receipt, core.uplink_ms, by_picture=core.by_picture
        )
        core.blobs.awaited = self._awaited
        self._reports = Reports(core.receipt)
        self._deliveries = Deliveries(core.wishes, core.max_frame, self._verifications.waiting)
        self._ready: list[Reply] = []

    def take(
        self, asked: Asked, body: bytes, now: Instant, events: list[Event], *, protected: bool
    ) -> bytes | None:
        """Take a request whose command is in TAKEN; raises Refused."""
        return _TAKERS[asked.command](self, Taken(asked, body, now, events, protected))

    def aside(self, command: int, body: bytes, events: list[Event]) -> bool:
        """Take a message that wants no answer; False for one nobody knows. Raises Refused."""
        if command != Command.VERIFY_CANCEL:
            return False
        events += self._verifications.cancel(body)
        return True

    def ask(self, request: Request, now: Instant) -> list[Event]:
        """Take a word or a wish of the gateway's."""
        if isinstance(request, Granted | Denied | Undecided):
            reply, events = self._verifications.settle(request, now)
            if reply is not None:
                self._ready.append(reply)
            return events
        if isinstance(request, CommandRequest):
            return self._core.wishes.add(Order(request, now), now)
        if isinstance(request, SendObject):
            return self._deliveries.send(request, now)
        if isinstance(request, AskBuckets):
            return self._core.wishes.add(BucketsQuestion(request, self._core.wishes), now)
        if isinstance(request, UpkeepRequest) and not isinstance(request, AskStatus):
            return self._core.wishes.add(Upkeep(request, self._done), now)
        if isinstance(request, Poll):
            self._core.wishes.tell(Command.POLL, b"", protection=0)
            return []
        make = _ERRANDS.get(type(request))
        return self._core.wishes.add(make(request), now) if make is not None else []

    def settle(self, verdict: Verdict) -> Reply | None:
        """Take the gateway's word on a report; None where nobody waits for it."""
        return self._reports.settle(verdict)

    def pictured(self, digest: bytes, picture: bytes, now: Instant) -> list[Event]:
        """Take a picture that somebody at a gate waits for."""
        replies, events = self._verifications.arrived(digest, picture, now)
        self._ready += replies
        return events

    def ready(self) -> list[Reply]:
        """Return and forget the answers that can go out now."""
        ready, self._ready = self._ready, []
        return ready

    def decides(self, seq: int) -> bool:
        """Say whether a request that does not count against the window is still open."""
        return self._verifications.decides(seq)

    def deadline(self) -> float | None:
        """When one of the machines wants to act."""
        due = self._verifications.deadline()
        other = self._deliveries.deadline()
        return other if due is None or (other is not None and other < due) else due

    def tick(self, now: Instant) -> list[Event]:
        """Let the machines act on time having passed."""
        self._ready += self._verifications.tick(now)
        return self._deliveries.tick(now)

    def end(self) -> list[Event]:
        """Return what the gateway must know when the session is over."""
        return [*self._verifications.end(), *self._deliveries.end()]

    def _done(self, wish: UpkeepRequest) -> None:
        """From its answer on, a terminal is spoken to under the address it was given."""
        if isinstance(wish, AssignAddress):
            self._core.seal.address = wish.address
            self._verifications.by_picture = False  # not offered on a bus

    def _awaited(self, digest: bytes) -> int | None:
        picture = self._verifications.awaits(digest)
        return None if picture is None else picture.size

    def _verify(self, taken: Taken) -> bytes | None:
        reply, events = self._verifications.request(
            taken.asked, taken.body, taken.now, protected=taken.protected
        )
        taken.events.extend(events)
        return reply

    def _people_state(self, taken: Taken) -> bytes | None:
        value = Body(taken.body).bytes(Tlv.SYNC_STATE, SYNC_STATE.size)
        revision, count, digest = SYNC_STATE.unpack(value)
        taken.events.append(PeopleStated(revision=revision, count=count, digest=digest))
        return RESULT_OK

    def _enrolled(self, taken: Taken) -> bytes | None:
        fields = Body(taken.body, MULTI)
        templates, faces, irises = read_templates(fields, protected=taken.protected)
        person, result = fields.number(Tlv.PERSON_NO, 4), fields.number(Tlv.RESULT, 2)
        enrolled = PersonEnrolled(
            receipt=self._reports.enter(taken.asked),
            person=person,
            code=result_name(result),
            templates=templates,
            faces=faces,
            irises=irises,
        )
        taken.events.append(enrolled)
        return None

    def _object_wanted(self, taken: Taken) -> bytes | None:
        fields = Body(taken.body)
        digest, code = fields.bytes(Tlv.SHA256, 32), fields.number(Tlv.BLOB_TYPE, 1)
        if code not in BLOB_LIMITS:
            raise Refused(Result.OUT_OF_RANGE)
        receipt = self._reports.enter(taken.asked)
        kind = KINDS[Blob(code)]
        taken.events.append(ObjectWanted(receipt=receipt, digest=digest, kind=kind))
        return None

    def _fault(self, taken: Taken) -> bytes | None:
        taken.events.append(read_fault(taken.body))
        return RESULT_OK

    def _installed(self, taken: Taken) -> bytes | None:
        fields = Body(taken.body)
        version, outcome = fields.name(Tlv.FW_VERSION), fields.number(Tlv.FW_OUTCOME, 1)
        reason = read_text(fields, Tlv.TEXT, MOST_TEXT)
        receipt = self._reports.enter(taken.asked)
        taken.events.append(
            FirmwareInstalled(receipt=receipt, version=version, applied=outcome == 0, reason=reason)
        )
        return None


_TAKERS: dict[int, Callable[[Features, Taken], bytes | None]] = {
    Command.VERIFY_REQ: Features._verify,
    Command.PERSON_SYNC: Features._people_state,
    Command.PERSON_REPORT: Features._enrolled,
    Command.BLOB_PULL: Features._object_wanted,
    Command.FAULT: Features._fault,
    Command.FW_RESULT: Features._installed,
}
TAKEN = frozenset(_TAKERS)
"""Commands of requests that `Features.take` knows."""

_ERRANDS: dict[type, Callable[[Any], Errand]] = {
    PersonPut: Push,
    PersonDelete: Push,
    Enrol: Enrolment,
    PullObject: PullErrand,
    PullLog: PullErrand,
    AskStatus: StatusQuestion,
}
