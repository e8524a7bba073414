"""The events of one request: each on its own way, and one answer when all of them are settled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.codecs.hikvision.booking import Booking, Receipts, Settled
from gateway.codecs.hikvision.listening import beat, unknown, watch
from gateway.codecs.hikvision.notice import Notice, read_notice
from gateway.codecs.hikvision.push.memory import Terminal
from gateway.codecs.hikvision.push.payload import unpack
from gateway.codecs.hikvision.push.texts import Item, Result
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.settings import Settings

from gateway.domain.events import Event, Misbehaved
from gateway.domain.requests import Accept, Conflict, Defer, Request
from gateway.domain.times import Instant
from gateway.domain.verification import Denied, Granted, Undecided

_WHY = {400: "Cannot be read.", 413: "Too large.", 503: "Try again."}


@dataclass(slots=True, kw_only=True)
class _Entry:
    uuid: str
    booking: Booking | None = None
    result: Result | None = None


class Batch:
    """Owns what became of each event of a request."""

    def __init__(self, settings: Settings, receipts: Receipts, terminal: Terminal) -> None:
        self._settings = settings
        self._receipts = receipts
        self._terminal = terminal
        self._entries: list[_Entry] = []
        self.verdicts: list[Settled] = []
        """What is to be told of questions that were settled; whoever reads it empties it."""

    def take(self, items: list[Item], begun: float, now: Instant) -> list[Event]:
        """Take events; each is recorded, or asked about, as if it came by listening."""
        return [event for item in items for event in self._take(item, begun, now)]

    def _take(self, item: Item, begun: float, now: Instant) -> list[Event]:
        entry = _Entry(uuid=item.uuid)
        self._entries.append(entry)
        try:
            payload = unpack(item)
            notice = read_notice(payload.kind, payload.body)
        except Refused as refused:
            entry.result = _failed(item.uuid, refused.status)
            return [Misbehaved(code=refused.code, detail=refused.detail)]
        events: list[Event] = [Misbehaved(code=oddity) for oddity in notice.oddities]
        self._terminal.hardware, strange = watch(notice, self._terminal.hardware)
        events += strange
        if notice.heartbeat:
            entry.result = Result(uuid=item.uuid)
            return events + beat(notice, self._settings.utc_offset_minutes, now)
        entry.booking = Booking(self._settings, self._receipts, self._terminal.remembered)
        named = _named(notice, item.uuid)
        return events + unknown(notice) + entry.booking.take(named, begun, None, now)

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """Take what the gateway says of one of them."""
        events: list[Event] = []
        for entry in self._entries:
            if entry.booking is None or entry.result is not None:
                continue
            match request:
                case Granted() | Denied() | Undecided():
                    events += entry.booking.decided(request, now)
                case Accept(receipt=receipt):
                    events += self._settle(entry, entry.booking.settled(receipt, now))
                case Conflict(receipt=receipt):
                    settled = entry.booking.settled(receipt, now, disputed=True)
                    events += self._settle(entry, settled)
                case Defer(receipt=receipt) if entry.booking.deferred(receipt):
                    entry.result = _failed(entry.uuid, 503)
        return events

    def deadline(self) -> float | None:
        """Monotonic seconds at which an open question is answered in any case."""
        dues = [entry.booking.deadline() for entry in self._entries if entry.booking is not None]
        return min((due for due in dues if due is not None), default=None)

    def expire(self, now: Instant) -> list[Event]:
        """Answer questions whose time is up with no."""
        booked = [entry.booking for entry in self._entries if entry.booking is not None]
        return [event for booking in booked for event in booking.expire(now)]

    def lost(self) -> list[Event]:
        """Give up what is not settled; the terminal sends it again."""
        open_ = [one.booking for one in self._entries if one.booking and one.result is None]
        return [event for booking in open_ for event in booking.lost()]

    def results(self) -> list[Result] | None:
        """Return what became of each, None while one is on its way."""
        told = [entry.result for entry in self._entries if entry.result is not None]
        return told if len(told) == len(self._entries) else None

    def _settle(self, entry: _Entry, settled: Settled | None) -> list[Event]:
        if settled is None:
            return []
        entry.result = Result(uuid=entry.uuid)
        if settled.verdict is not None and not settled.again:
            self.verdicts.append(settled)
        return settled.events


def _failed(uuid: str, status: int) -> Result:
    return Result(uuid=uuid, status=status, why=_WHY.get(status, _WHY[400]))


def _named(notice: Notice, uuid: str) -> Notice:
    """Keep the terminal's name for an event with its text: it names nothing but the sending."""
    return replace(notice, raw=f"UUID: {uuid}\r\n\r\n".encode() + notice.raw)
