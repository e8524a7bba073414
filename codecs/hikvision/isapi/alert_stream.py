"""The stream of events of a terminal that cannot report: arming, read part by part.

An event's picture comes as a part of its own behind it. So an event that announces one is held
until the next part, which is at the latest the next heartbeat, ten seconds on (certain).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.codecs.arming import BadStream
from gateway.codecs.errand import Terms
from gateway.codecs.hikvision.documents import looks_like_event
from gateway.codecs.hikvision.limits import MOST_BODY, MOST_PICTURE
from gateway.codecs.hikvision.meaning import asks, codes, meaning
from gateway.codecs.hikvision.notice import Notice, read_notice
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.report import NO_TIME_MS, Facts, Ruling, event_ms, report
from gateway.codecs.hikvision.values import number
from gateway.codecs.http.multipart import BadParts, Part
from gateway.codecs.http.parameters import parameters
from gateway.codecs.http.parts_stream import PartsStream

from gateway.domain.events import ClockMeasured, Event, Heartbeat, Misbehaved, UnknownMessage
from gateway.domain.ids import Receipt
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Decision

TARGET = "/ISAPI/Event/notification/alertStream"
SILENCE_S = 30.0
"""Three heartbeats (certain: one every ten seconds)."""
SAMPLE = 32
CLOCK_UNCERTAINTY_MS = 1500
_UNDECIDED = Ruling(Decision.UNKNOWN)
"""A question by the stream gets no answer here: what the terminal does, it says afterwards."""


class AlertStream:
    """Implements `gateway.codecs.arming.Armed`."""

    target = TARGET
    silence_s = SILENCE_S

    def __init__(self, terms: Terms) -> None:
        self._offset = int(terms.settings.get("utc_offset_minutes", 480))
        self._parts: PartsStream | None = None
        self._held: Notice | None = None
        """An event whose picture may follow."""
        self._receipts = 0
        self.over: str | None = None
        """See `Armed.over`."""

    def begin(self, content_type: str) -> None:
        """See `Armed.begin`."""
        kind, named = parameters(content_type)
        if not kind.startswith("multipart/"):
            raise BadStream("no_multipart")
        try:
            self._parts = PartsStream(named.get("boundary"), MOST_BODY)
        except BadParts as bad:
            raise BadStream(bad.code) from None

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """See `Armed.feed`."""
        assert self._parts is not None
        if self.over is not None:
            return []
        parts = self._parts.feed(data)
        self.over = "ended" if self._parts.ended else self._parts.bad
        return [event for part in parts for event in self._take(part, now)]

    def end(self, now: Instant) -> list[Event]:
        """See `Armed.end`."""
        held, self._held = self._held, None
        return [] if held is None else list(self._record(held, now))

    def _take(self, part: Part, now: Instant) -> Iterator[Event]:
        held, self._held = self._held, None
        if not looks_like_event(part.data, part.kind):
            yield from self._picture(held, part, now)
            return
        if held is not None:
            yield from self._record(held, now)
        try:
            notice = read_notice(part.kind, part.data)
        except Refused as refused:
            yield Misbehaved(code=refused.code, detail=refused.detail)
            return
        if notice.heartbeat:
            yield from self._beat(notice, now)
        elif number(notice.inner.get("picturesNumber")):
            self._held = notice
        else:
            yield from self._record(notice, now)

    def _picture(self, held: Notice | None, part: Part, now: Instant) -> Iterator[Event]:
        if held is None:
            yield Misbehaved(code="picture_alone")
            return
        fits = 0 < len(part.data) <= MOST_PICTURE
        if not fits:
            yield Misbehaved(code="picture_too_large")
        yield from self._record(held, now, part.data if fits else None)

    def _record(
        self, notice: Notice, now: Instant, picture: bytes | None = None
    ) -> Iterator[Event]:
        if meaning(notice) is None:
            major, minor = codes(notice)
            yield UnknownMessage(command=major << 16 | minor, sample=notice.raw[:SAMPLE])
        self._receipts += 1
        ruling = _UNDECIDED if asks(notice) else None
        facts = Facts(Receipt(self._receipts), now.wall, self._offset, ruling)
        yield report(replace(notice, picture=picture), facts)

    def _beat(self, notice: Notice, now: Instant) -> Iterator[Event]:
        yield Heartbeat()
        at = event_ms(notice, self._offset)
        if at != NO_TIME_MS:
            offset_ms = at - now.wall
            yield ClockMeasured(offset_ms=offset_ms, uncertainty_ms=CLOCK_UNCERTAINTY_MS)
