"""Verifications that wait for the gateway's word, on its side of a session (YLS/1 11).

Owns what is open, until when an answer is of use, and the pictures that people at the gate wait
for. Decides nothing. None of it counts against the window, so a full window of records never keeps
a door shut.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.jpeg import judge
from gateway.codecs.yls.asked import Asked, Reply
from gateway.codecs.yls.body import Body, put_result
from gateway.codecs.yls.inquiry import AwaitedPicture, Inquiry, read_inquiry, write_decision
from gateway.codecs.yls.limits import LANE_PICTURE_SECONDS, MOST_LANES, MOST_VERIFICATIONS
from gateway.codecs.yls.registers import Result, Tlv

from gateway.domain.events import Event
from gateway.domain.ids import Receipt
from gateway.domain.templates import TemplateFault
from gateway.domain.times import Instant
from gateway.domain.verification import (
    Denied,
    Granted,
    Hesitation,
    TemplateRejected,
    Undecided,
    VerifyAnswer,
    VerifyCancelled,
    VerifyLate,
    VerifyRequested,
)
from gateway.domain.vocabulary import Decision

_HESITATIONS = {
    Hesitation.BUSY: Result.BUSY,
    Hesitation.DEADLINE: Result.DEADLINE,
    Hesitation.INTERNAL: Result.INTERNAL,
}


class _Open:
    """One verification that is not answered yet."""

    __slots__ = ("asked", "due", "inquiry", "over", "put")

    def __init__(self, asked: Asked, inquiry: Inquiry, due: float) -> None:
        self.asked = asked
        self.inquiry = inquiry
        self.due = due
        """Monotonic seconds from which an answer is too late."""
        self.put = False
        """The gateway was asked; before, a picture is awaited."""
        self.over = False
        """The terminal was told DEADLINE; only the lateness of an answer is still of interest."""


class Verifications:
    """The verifications of one session."""

    __slots__ = ("_allowance", "_open", "_receipt", "by_picture")

    def __init__(self, receipt: Callable[[], Receipt], uplink_ms: int, *, by_picture: bool) -> None:
        self._receipt = receipt
        self._allowance = uplink_ms
        self.by_picture = by_picture
        self._open: dict[int, _Open] = {}

    def decides(self, seq: int) -> bool:
        """Say whether that request still waits for its answer."""
        return any(one.asked.seq == seq and not one.over for one in self._open.values())

    def waiting(self) -> bool:
        """Say whether somebody stands at a gate, so that bulk pauses."""
        return any(not one.over for one in self._open.values())

    def request(
        self, asked: Asked, body: bytes, now: Instant, *, protected: bool
    ) -> tuple[bytes | None, list[Event]]:
        """Take VERIFY_REQ; raises Refused."""
        inquiry = read_inquiry(body, protected=protected, by_picture=self.by_picture)
        if len(self._open) >= MOST_VERIFICATIONS:
            self._open = {key: one for key, one in self._open.items() if not one.over}
        if len(self._open) >= MOST_VERIFICATIONS:
            return put_result(Result.BUSY), []
        if inquiry.reference is not None and self._lanes >= MOST_LANES:
            return put_result(Result.BUSY), []
        number = self._receipt()
        one = _Open(asked, inquiry, now.mono + LANE_PICTURE_SECONDS)
        if inquiry.reference is not None:
            self._open[number] = one
            return None, []
        event = self._put(number, one, inquiry.picture, now)
        if event is None:
            return put_result(Result.DEADLINE), []
        return None, [event]

    @property
    def _lanes(self) -> int:
        return sum(not one.put for one in self._open.values())

    def cancel(self, body: bytes) -> list[Event]:
        """Take VERIFY_CANCEL: nobody waits for that answer any more; raises Refused."""
        seq = Body(body).number(Tlv.CANCEL_SEQ, 4)
        for number, one in list(self._open.items()):
            if one.asked.seq == seq:
                del self._open[number]
                return [VerifyCancelled(about=Receipt(number))] if one.put else []
        return []

    def awaits(self, digest: bytes) -> AwaitedPicture | None:
        """Return the picture of that digest when somebody at a gate waits for it."""
        for one in self._open.values():
            reference = one.inquiry.reference
            if reference is not None and reference.digest == digest and not one.put:
                return reference
        return None

    def arrived(
        self, digest: bytes, picture: bytes, now: Instant
    ) -> tuple[list[Reply], list[Event]]:
        """Take a whole picture whose digest held: from its last byte on the deadline runs."""
        replies: list[Reply] = []
        events: list[Event] = []
        for number, one in list(self._open.items()):
            reference = one.inquiry.reference
            if reference is None or reference.digest != digest or one.put:
                continue
            if judge(picture) is not None:
                del self._open[number]
                replies.append(Reply(one.asked, put_result(Result.BAD_TEMPLATE)))
                events.append(TemplateRejected(fault=TemplateFault.PICTURE))
                continue
            event = self._put(number, one, picture, now)
            if event is not None:
                events.append(event)
        return replies, events

    def settle(self, answer: VerifyAnswer, now: Instant) -> tuple[Reply | None, list[Event]]:
        """Take the gateway's word; a late one is counted and not sent."""
        one = self._open.pop(answer.receipt, None)
        if one is None:
            return None, []
        if one.over or now.mono >= one.due:
            late = VerifyLate(
                about=answer.receipt, late_ms=max(0, round((now.mono - one.due) * 1000))
            )
            reply = None if one.over else Reply(one.asked, put_result(Result.DEADLINE))
            return reply, [late]
        return Reply(one.asked, _body(answer)), []

    def deadline(self) -> float | None:
        """When the next verification must be given up."""
        return min((one.due for one in self._open.values() if not one.over), default=None)

    def tick(self, now: Instant) -> list[Reply]:
        """Tell terminals that nothing will come any more."""
        replies = []
        for number, one in list(self._open.items()):
            if one.over or now.mono < one.due:
                continue
            replies.append(Reply(one.asked, put_result(Result.DEADLINE)))
            if one.put:
                one.over = True
            else:
                del self._open[number]
        return replies

    def end(self) -> list[Event]:
        """Call back what the gateway is still deciding."""
        called_back: list[Event] = [
            VerifyCancelled(about=Receipt(number))
            for number, one in self._open.items()
            if one.put and not one.over
        ]
        self._open.clear()
        return called_back

    def _put(
        self, number: Receipt | int, one: _Open, picture: bytes | None, now: Instant
    ) -> VerifyRequested | None:
        budget = one.inquiry.deadline_ms - self._allowance
        if budget <= 0:
            self._open.pop(number, None)
            return None
        one.put = True
        one.due = now.mono + budget / 1000
        self._open[number] = one
        return one.inquiry.event(Receipt(number), budget, picture)


def _body(answer: VerifyAnswer) -> bytes:
    if isinstance(answer, Granted | Denied):
        if isinstance(answer, Denied) and answer.decision is Decision.GRANTED:
            return put_result(Result.INTERNAL)  # a contradiction opens no gate
        try:
            return write_decision(answer)
        except (OverflowError, ValueError):
            return put_result(Result.INTERNAL)  # a claim that is no number of ours
    assert isinstance(answer, Undecided)
    return put_result(_HESITATIONS[answer.reason])
