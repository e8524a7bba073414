"""From what a terminal said to what the gateway stores: placement, corrected time, flags."""

from __future__ import annotations

from gateway.domain.events import FaultReported, PassageReported, RecordReported
from gateway.domain.ids import PassageId
from gateway.domain.passages import (
    DirectionSource,
    FaultRecord,
    Passage,
    PassageFlag,
    Placement,
    Record,
)
from gateway.domain.times import CorrectedTime, Instant, TimeVerdict
from gateway.domain.vocabulary import Decision, Direction, VerifiedBy

# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_PLAUSIBLE = TimeVerdict.PLAUSIBLE
_NOWHERE, _FROM_MOUNTING = Direction.UNKNOWN, DirectionSource.MOUNTING
_NOBODY, _GRANTED, _GUARD = Decision.STRANGER, Decision.GRANTED, VerifiedBy.GUARD
_STRANGER, _REFUSED = PassageFlag.STRANGER.value, PassageFlag.REFUSED.value
_TEST_RUN, _OFFLINE = PassageFlag.TEST_RUN.value, PassageFlag.TAKEN_OFFLINE.value
_FLAGS = tuple(PassageFlag(bits) for bits in range(2 * max(PassageFlag)))
"""Every combination, because making one is dearer than all the rest of `normalise`."""


def normalise(
    event: RecordReported,
    *,
    id_: PassageId,
    place: Placement,
    time: CorrectedTime,
    now: Instant,
    adapter: str,
) -> Record:
    """Build the record to be stored; what the terminal said stays inside it, untouched."""
    if isinstance(event, FaultReported):
        return FaultRecord(
            id=id_, report=event, place=place, received_ms=now.wall, time=time, adapter=adapter
        )
    direction, source = _direction(event, place)
    return Passage(
        id=id_,
        report=event,
        place=place,
        received_ms=now.wall,
        time=time,
        direction=direction,
        direction_source=source,
        flags=_flags(event, place, time),
        adapter=adapter,
    )


def _direction(event: PassageReported, place: Placement) -> tuple[Direction, DirectionSource]:
    """A one-way mounting outranks the message: the fence knows better than a menu setting."""
    if place.direction is not _NOWHERE:
        return place.direction, _FROM_MOUNTING
    if event.direction is not Direction.UNKNOWN:
        return event.direction, DirectionSource.MESSAGE
    return Direction.UNKNOWN, DirectionSource.UNKNOWN


def _flags(event: PassageReported, place: Placement, time: CorrectedTime) -> PassageFlag:
    bits = 0
    if event.decision is _NOBODY or event.claim is None:
        bits |= _STRANGER
    if event.decision is not _GRANTED:
        bits |= _REFUSED
    if not place.accepted:
        bits |= _TEST_RUN
    if place.supplier_in_grace:
        bits |= PassageFlag.SUPPLIER_IN_GRACE.value
    if time.verdict is not _PLAUSIBLE:
        bits |= PassageFlag.TIME_QUARANTINED.value
    if event.clock_synchronised is False:
        bits |= PassageFlag.CLOCK_NOT_SYNCHRONISED.value
    if event.repeat:
        bits |= PassageFlag.REPEAT.value
    if event.taken_offline:
        bits |= _OFFLINE
    if event.test:
        bits |= PassageFlag.TEST_RECORD.value
    if event.duress:
        bits |= PassageFlag.DURESS.value
    if event.verified_by is _GUARD:
        bits |= PassageFlag.OPENED_BY_GUARD.value
    return _FLAGS[bits]
