"""The way of a record: identity number, placement, queue, commit, and only then the answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from gateway.domain.directory import Directory
from gateway.domain.events import PassageReported, PictureRef, RecordReported
from gateway.domain.ids import PassageId
from gateway.domain.ports import Outcome, SessionHandle
from gateway.domain.requests import Accept, Conflict, Defer, Request
from gateway.domain.times import Instant, TimeVerdict, correct
from gateway.services.common import Common
from gateway.services.lanes import ROW_BYTES, Lanes, Waiting
from gateway.services.normalise import normalise
from gateway.services.succession import Told, follow, nobody
from gateway.services.terminals import Terminal

# Named once: looking up a member of an enum takes Python 3.11 a tenth of a microsecond.
_PLAUSIBLE, _STORED, _UNAVAILABLE = TimeVerdict.PLAUSIBLE, Outcome.STORED, Outcome.UNAVAILABLE


class Ingest:
    """Takes records from sessions into the lanes and answers them once their fate is known."""

    def __init__(self, lanes: Lanes, common: Common, told: Told = nobody) -> None:
        """``told`` takes the holes that records tell of."""
        self._lanes = lanes
        self._told = told
        self._terminals = common.terminals
        self._tally = common.tally
        self._log = common.log
        self._retry_after = common.limits.retry_after_s
        self._ids: deque[range] = deque()
        self._next = iter(range(0))
        self.ready = False
        """Whether any passage id was ever drawn."""
        self.available = True
        """Whether the store takes records; set from its breaker, so that refusing costs nothing."""

    @property
    def ids_left(self) -> int:
        """How many passage ids are in reserve, the block in use not counted."""
        return sum(len(block) for block in self._ids)

    def add_ids(self, block: range) -> None:
        """Put a block of fresh passage ids in reserve."""
        self._ids.append(block)
        self.ready = True

    def record(
        self,
        session: SessionHandle,
        terminal: Terminal,
        directory: Directory,
        event: RecordReported,
        now: Instant,
    ) -> bool:
        """Queue a record, or defer it at once; True when it was queued."""
        tally = self._tally.lanes[event.lane]
        tally.received += 1
        id_ = self._new_id() if self.available else None
        if id_ is not None:
            time = correct(event.device_ms, terminal.clock_offset_ms, now)
            if time.verdict is not _PLAUSIBLE:
                self._tally.time_quarantined += 1
            record = normalise(
                event,
                id_=id_,
                place=terminal.placement(directory, time.corrected_ms),
                time=time,
                now=now,
                adapter=session.dialect,
            )
            item = Waiting(record, session, event.receipt, _size(event))
            if self._lanes.put(item, event.lane):
                return True
        tally.deferred += 1
        session.submit(Defer(receipt=event.receipt, retry_after_s=self._retry_after))
        return False

    def settle(self, items: Sequence[Waiting], outcomes: Sequence[Outcome], now: Instant) -> None:
        """Answer a batch: one write per session, whatever the number of records."""
        answers: dict[int, tuple[SessionHandle, list[Request]]] = {}
        for item, outcome in zip(items, outcomes, strict=True):
            session = item.session
            entry = answers.get(id(session))
            if entry is None:
                entry = answers[id(session)] = (session, [])
            entry[1].append(self._answer(item, outcome, now))
        for session, requests in answers.values():
            session.submit(*requests)

    def _answer(self, item: Waiting, outcome: Outcome, now: Instant) -> Request:
        report = item.record.report
        tally = self._tally.lanes[report.lane]
        if outcome is _UNAVAILABLE:
            tally.deferred += 1
            return Defer(receipt=item.receipt, retry_after_s=self._retry_after)
        self._hold(item)
        if outcome is _STORED:
            tally.stored += 1
            tally.age.observe((now.wall - item.record.time.corrected_ms) / 1000)
            if isinstance(report, PassageReported) and report.picture is not None:
                self._judge(item, report.picture)
        elif outcome is Outcome.DUPLICATE:
            tally.duplicate += 1
        else:
            return self._alarm(item, outcome)
        return Accept(receipt=item.receipt)

    def _judge(self, item: Waiting, picture: PictureRef) -> None:
        """Report a picture that came inside its record and is no complete JPEG; it is kept."""
        if picture.damage is not None:
            self._tally.pictures_damaged += 1
            self._log.warning(
                "picture.damaged", device=item.record.place.device, reason=picture.damage
            )

    def _alarm(self, item: Waiting, outcome: Outcome) -> Request:
        """Report a record that is kept but must be looked at; the terminal need not resend it."""
        report = item.record.report
        fields = {
            "device": item.record.place.device,
            "series": report.series,
            "number": report.number,
        }
        if outcome is Outcome.CONFLICT:
            self._tally.lanes[report.lane].conflict += 1
            self._log.error("record.conflict", **fields)
            return Conflict(receipt=item.receipt)
        self._tally.lanes[report.lane].rejected += 1
        self._log.error("record.rejected", **fields)
        return Accept(receipt=item.receipt)

    def _hold(self, item: Waiting) -> None:
        terminal = self._terminals.get(item.record.place.device)
        if terminal is None:
            return
        report = item.record.report
        ledger = terminal.ledgers.get(report.series)
        if ledger is not None:
            ledger.add(report.number)
            if report.series not in terminal.moved:
                terminal.moved |= {report.series}
        if report.follows is not None or report.series in terminal.newest:
            follow(terminal, report, self._log, self._told)

    def _new_id(self) -> PassageId | None:
        for id_ in self._next:
            return PassageId(id_)
        if not self._ids:
            return None
        self._next = iter(self._ids.popleft())
        return PassageId(next(self._next))


def _size(event: RecordReported) -> int:
    size = ROW_BYTES + len(event.raw)
    if isinstance(event, PassageReported) and event.picture and event.picture.data:
        size += len(event.picture.data)
    return size
