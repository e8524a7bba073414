"""The terminal asks the gateway who stands before it: deadlines, lanes, fallback (YLS/1 11, 11.4).

Owns the questions that are open, one for each door. None is repeated and none counts against the
gateway's window. What to do without an answer is the terminal's own, provisioned business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from gateway.codecs.yls.body import Body, put_number
from gateway.codecs.yls.device_events import Decided, DeviceEvent, FellBack
from gateway.codecs.yls.inquiry import AwaitedPicture, Inquiry
from gateway.codecs.yls.registers import OW, Blob, Command, Result, Tlv, result_name
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.texts import MOST_PROMPT, read_text
from gateway.codecs.yls.transfer import NO_OWNER, Progress, Transfer

FALL_BACK = frozenset({Result.BUSY, Result.DEADLINE, Result.INTERNAL})
"""Results after which the terminal decides by itself; any other refusal denies."""
NEVER = float("inf")


class _Question(NamedTuple):
    door: int
    due: float
    """Monotonic seconds at which the terminal stops waiting; never while a picture goes out."""


class Asking:
    """The questions of one session."""

    __slots__ = ("_lane", "_next_seq", "_open", "_out", "_protection", "_seal", "late")

    def __init__(
        self, seal: Seal, out: list[bytes], next_seq: Callable[[], int], protection: int | None
    ) -> None:
        self._seal = seal
        self._out = out
        self._next_seq = next_seq
        self._protection = protection
        self._open: dict[int, _Question] = {}
        self._lane: deque[tuple[int, Inquiry, Transfer]] = deque()
        self.late = 0
        """Answers that came when nobody waited for them any more; they change nothing."""

    @property
    def busy(self) -> bool:
        """Somebody waits, so bulk transfers pause."""
        return bool(self._open)

    def ask(self, inquiry: Inquiry, now: float) -> list[DeviceEvent]:
        """Send a question at once; an older one about the same door is cancelled."""
        protection = self._protection if inquiry.biometric else self._seal.default
        if protection is None:
            return [FellBack(door=inquiry.door, reason="unprotected")]
        for seq, one in list(self._open.items()):
            if one.door == inquiry.door:
                self._cancel(seq)
        seq = self._next_seq()
        self._out.append(self._seal.pack(protection, Command.VERIFY_REQ, seq, inquiry.encode()))
        self._open[seq] = _Question(inquiry.door, now + inquiry.deadline_ms / 1000)
        return []

    def ask_by_picture(
        self, inquiry: Inquiry, picture: bytes, chunk: int, now: float
    ) -> list[DeviceEvent]:
        """Ask with a picture that follows in pieces; the deadline runs from its last byte."""
        transfer = Transfer(Blob.SNAPSHOT, picture, NO_OWNER, chunk)
        named = AwaitedPicture(transfer.digest, len(picture))
        if self._protection is None:
            return [FellBack(door=inquiry.door, reason="unprotected")]
        refused = self.ask(replace(inquiry, reference=named), now)
        if not refused:
            seq = next(reversed(self._open))
            self._open[seq] = self._open[seq]._replace(due=NEVER)
            self._lane.append((seq, inquiry, transfer))
        return refused

    def next(self) -> tuple[Command, bytes] | None:
        """Return the next step of the picture somebody waits for; `step_answered` follows."""
        while self._lane and self._lane[0][0] not in self._open and not self._lane[0][2].all_sent:
            self._lane.popleft()
        return self._lane[0][2].next() if self._lane else None

    def step_answered(self, fields: Body, now: float) -> list[DeviceEvent]:
        """Take the answer to a step; raises Refused."""
        seq, inquiry, transfer = self._lane[0]
        progress = transfer.answered(fields)
        if progress is Progress.GOING:
            question = self._open.get(seq)
            if question is not None and transfer.all_sent:
                due = now + inquiry.deadline_ms / 1000
                self._open[seq] = question._replace(due=due)
            return []
        self._lane.popleft()
        if progress is Progress.DONE:
            return []
        question = self._open.pop(seq, None)
        if question is None:
            return []
        return [FellBack(door=question.door, reason=result_name(transfer.result))]

    def answered(self, seq: int, body: bytes) -> list[DeviceEvent]:
        """Take an answer; raises Refused."""
        question = self._open.pop(seq, None)
        if question is None:
            self.late += 1
            return []
        fields = Body(body)
        result = fields.number(Tlv.RESULT, 2)
        if result in FALL_BACK:
            return [FellBack(door=question.door, reason=result_name(result))]
        if result != Result.OK:
            return [Decided(door=question.door, decision=0, refusal=result_name(result))]
        return [
            Decided(
                door=question.door,
                decision=fields.number(Tlv.DECISION, 1),
                person=fields.number(Tlv.PERSON_NO, 4, 0),
                score=fields.number(Tlv.SCORE, 2, 0xFFFF),
                prompt=read_text(fields, Tlv.PROMPT, MOST_PROMPT),
                open_ds=fields.number(Tlv.DURATION, 2, 0),
            )
        ]

    def deadline(self) -> float | None:
        """When the next question must be given up."""
        due = min((one.due for one in self._open.values()), default=NEVER)
        return None if due == NEVER else due

    def tick(self, now: float) -> list[DeviceEvent]:
        """Stop waiting where the time is over."""
        over = [(seq, one) for seq, one in self._open.items() if one.due <= now]
        for seq, _ in over:
            del self._open[seq]
        return [FellBack(door=one.door, reason="no_answer") for _, one in over]

    def end(self) -> list[DeviceEvent]:
        """Stop waiting altogether: the session is over."""
        open_now, self._open = self._open, {}
        return [FellBack(door=one.door, reason="offline") for one in open_now.values()]

    def _cancel(self, seq: int) -> None:
        del self._open[seq]
        body = put_number(Tlv.CANCEL_SEQ, seq, 4, critical=True)
        flags = OW | self._seal.default
        self._out.append(self._seal.pack(flags, Command.VERIFY_CANCEL, self._next_seq(), body))
