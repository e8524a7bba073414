"""What each kind of event leads to: a question to the desk, a count, or an answer at once.

Two tables, because a connection that is not admitted has no device its records could belong to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway.domain.captures import UNKNOWN
from gateway.domain.commands import CommandOutcome, OutcomeBase
from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
    ClockMeasured,
    CredentialWanted,
    FaultReported,
    FirmwareChanged,
    FrameDamaged,
    Heartbeat,
    LoginClaimed,
    LoginFailed,
    LoginProved,
    Misbehaved,
    OrdersWanted,
    PassageReported,
    RangeAnswered,
    RecordReported,
    RecordsLost,
    SaidGoodbye,
    UnknownMessage,
)
from gateway.domain.maintenance import (
    DescriptionOutcome,
    FaultNoticed,
    FirmwareInstalled,
    SearchOutcome,
    StatusOutcome,
)
from gateway.domain.objects import ObjectOutcome, ObjectWanted
from gateway.domain.people import (
    BucketsOutcome,
    PeopleListed,
    PeopleStated,
    PersonEnrolled,
    PersonOutcome,
)
from gateway.domain.ports import Report
from gateway.domain.requests import DeclineBlob, Defer, NoOrders, Refusal, Refuse
from gateway.domain.times import Instant
from gateway.domain.verification import (
    Hesitation,
    TemplateRejected,
    Undecided,
    VerdictDue,
    VerificationEvent,
    VerifyCancelled,
    VerifyLate,
    VerifyRequested,
)

if TYPE_CHECKING:
    from gateway.protocols.session import Session

Route = Callable[["Session", Any, Instant], None]

OUTCOMES = (
    CommandOutcome,
    PersonOutcome,
    BucketsOutcome,
    ObjectOutcome,
    StatusOutcome,
    DescriptionOutcome,
    PeopleListed,
    SearchOutcome,
)
PUT_OFF_S = 600
"""Seconds a terminal keeps an enrolment or the end of an upgrade that nobody here takes yet."""

NOISE = frozenset({FrameDamaged, Misbehaved})
"""Events that are no sign of a healthy terminal."""


def _credential(session: Session, event: CredentialWanted, now: Instant) -> None:
    answer = session.shared.desk.credential(event.serial, session.peer, now)
    if answer is None and session.admitted:
        # A second login beside a session that was proved long ago, which goes on.
        answer = Refuse(reason=Refusal.LOCKED_OUT)
    if answer is None:
        session.drop("locked_out")
    else:
        session.tell(answer, now)


def _login_proved(session: Session, event: LoginProved, now: Instant) -> None:
    if session.prove(event.serial, event.firmware, now):
        session.fetches = event.fetches
        session.takes_orders = session.takes_orders or event.fetches
        session.shared.desk.login(session, event, session.peer, now)


def _login_claimed(session: Session, event: LoginClaimed, now: Instant) -> None:
    """Take an address its device is bound to for the proof its protocol does not have.

    The refusal does not tell what was wrong; the log does, as for any proof that did not hold.
    """
    if session.shared.binds(event.serial, session.peer):
        _login_proved(session, LoginProved(serial=event.serial), now)
    else:
        _login_failed(session, LoginFailed(serial=event.serial, reason="address"), now)
        session.tell(Refuse(reason=Refusal.NOT_LISTED), now)


def _login_failed(session: Session, event: LoginFailed, now: Instant) -> None:
    session.shared.desk.login_failed(event, session.peer, now)


def _firmware_changed(session: Session, event: FirmwareChanged, now: Instant) -> None:
    del now
    session.shared.desk.firmware_changed(session, event)


def _heartbeat(session: Session, event: Heartbeat, now: Instant) -> None:
    if session.push_only:
        session.shared.desk.beat(session, now)
    if event.status is not None:
        session.shared.desk.status(session, event.status, now)


def _orders_wanted(session: Session, event: OrdersWanted, now: Instant) -> None:
    del event, now
    session.shared.desk.orders_wanted(session)


def _no_orders(session: Session, event: OrdersWanted, now: Instant) -> None:
    del event
    session.tell(NoOrders(), now)


def _clock(session: Session, event: ClockMeasured, now: Instant) -> None:
    session.shared.desk.clock(session, event, now)


def _record(session: Session, event: RecordReported, now: Instant) -> None:
    if session.credit.take(event.receipt):
        session.shared.desk.record(session, event, now)
    else:
        _defer(session, event, now)


def _records_lost(session: Session, event: RecordsLost, now: Instant) -> None:
    if session.credit.take(event.receipt):
        session.shared.desk.records_lost(session, event, now)
    else:
        _defer(session, event, now)


def _defer(session: Session, event: RecordReported | RecordsLost, now: Instant) -> None:
    session.shared.counters.deferred(session.dialect)
    session.tell(Defer(receipt=event.receipt), now)


def _blob_offered(session: Session, event: BlobOffered, now: Instant) -> None:
    session.shared.desk.blob_offered(session, event, now)


def _blob_completed(session: Session, event: BlobCompleted, now: Instant) -> None:
    session.shared.desk.blob_completed(session, event, now)


def _blob_interrupted(session: Session, event: BlobInterrupted, now: Instant) -> None:
    del now
    session.shared.desk.blob_interrupted(session, event)


def _decline(session: Session, event: BlobOffered | BlobCompleted, now: Instant) -> None:
    session.tell(DeclineBlob(receipt=event.receipt, code="unavailable"), now)


def _range_answered(session: Session, event: RangeAnswered, now: Instant) -> None:
    del now
    session.shared.desk.range_answered(session, event)


def _verify(session: Session, event: VerifyRequested, now: Instant) -> None:
    session.shared.desk.verify(session, event, now)


def _verification_ended(session: Session, event: VerificationEvent, now: Instant) -> None:
    del now
    if isinstance(event, VerifyLate):
        session.shared.counters.verified_late(session.dialect)
    session.shared.desk.verification_ended(session, event)


def _template_rejected(session: Session, event: TemplateRejected, now: Instant) -> None:
    del now
    session.shared.desk.template_rejected(session, event)


def _verdict_due(session: Session, event: VerdictDue, now: Instant) -> None:
    del now
    session.shared.verdicts(session.device, event)


def _undecided(session: Session, event: VerifyRequested, now: Instant) -> None:
    session.tell(Undecided(receipt=event.receipt, reason=Hesitation.BUSY), now)


def _outcome(session: Session, event: OutcomeBase, now: Instant) -> None:
    session.shared.desk.outcome(session, event, now)


def _reported(session: Session, event: Report, now: Instant) -> None:
    session.shared.desk.reported(session, event, now)


def _enrolled(session: Session, event: PersonEnrolled, now: Instant) -> None:
    session.shared.desk.enrolled(session, event, now)


def _put_off(session: Session, event: PersonEnrolled | FirmwareInstalled, now: Instant) -> None:
    session.tell(Defer(receipt=event.receipt, retry_after_s=PUT_OFF_S), now)


def _not_here(session: Session, event: ObjectWanted, now: Instant) -> None:
    session.tell(DeclineBlob(receipt=event.receipt, code="unknown"), now)


def _frame_damaged(session: Session, event: FrameDamaged, now: Instant) -> None:
    del now
    session.shared.counters.frame_damaged(session.dialect, event.code)
    session.blame(f"damaged.{event.code}")
    session.complain(event.code, f"{event.size} bytes dropped")


def _misbehaved(session: Session, event: Misbehaved, now: Instant) -> None:
    del now
    session.shared.counters.misbehaved(session.dialect, event.code)
    session.blame(f"misbehaved.{event.code}")
    session.complain(event.code, event.detail)


def _unknown_message(session: Session, event: UnknownMessage, now: Instant) -> None:
    del now
    session.shared.counters.unknown_message(session.dialect)
    session.blame(f"{UNKNOWN}{event.command:04x}")


def _nothing(session: Session, event: object, now: Instant) -> None:
    del session, event, now


STRANGER_ROUTES: dict[type, Route] = {
    CredentialWanted: _credential,
    LoginProved: _login_proved,
    LoginClaimed: _login_claimed,
    LoginFailed: _login_failed,
    FirmwareChanged: _nothing,
    Heartbeat: _nothing,
    OrdersWanted: _no_orders,
    ClockMeasured: _nothing,
    PassageReported: _defer,
    FaultReported: _defer,
    RecordsLost: _defer,
    BlobOffered: _decline,
    BlobCompleted: _decline,
    BlobInterrupted: _nothing,
    RangeAnswered: _nothing,
    VerifyRequested: _undecided,
    VerifyCancelled: _nothing,
    VerifyLate: _nothing,
    TemplateRejected: _nothing,
    VerdictDue: _nothing,
    **dict.fromkeys(OUTCOMES, _nothing),
    PeopleStated: _nothing,
    FaultNoticed: _nothing,
    PersonEnrolled: _put_off,
    FirmwareInstalled: _put_off,
    ObjectWanted: _not_here,
    FrameDamaged: _frame_damaged,
    Misbehaved: _misbehaved,
    UnknownMessage: _unknown_message,
    SaidGoodbye: _nothing,
}
"""Before admission. A goodbye needs no route: the conversation sets ``closing`` by itself."""

MEMBER_ROUTES: dict[type, Route] = {
    **STRANGER_ROUTES,
    FirmwareChanged: _firmware_changed,
    Heartbeat: _heartbeat,
    OrdersWanted: _orders_wanted,
    ClockMeasured: _clock,
    PassageReported: _record,
    FaultReported: _record,
    RecordsLost: _records_lost,
    BlobOffered: _blob_offered,
    BlobCompleted: _blob_completed,
    BlobInterrupted: _blob_interrupted,
    RangeAnswered: _range_answered,
    VerifyRequested: _verify,
    VerifyCancelled: _verification_ended,
    VerifyLate: _verification_ended,
    TemplateRejected: _template_rejected,
    VerdictDue: _verdict_due,
    **dict.fromkeys(OUTCOMES, _outcome),
    PersonEnrolled: _enrolled,
    PeopleStated: _reported,
    FaultNoticed: _reported,
}
"""After admission."""
