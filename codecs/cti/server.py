"""The gateway's side: who may say what when, and what is answered.

Owns the order login, then everything else, and the rule that a frame with attendance is answered
once all of its records are durable. Records of one frame are reported one after the other, each
when the one before it is settled, so a long frame needs no more credit than a short one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from gateway.codecs.api import Context
from gateway.codecs.conversation import FramedConversation
from gateway.codecs.cti.attendance import Attendance, read_attendances
from gateway.codecs.cti.content import Refused, put_time, seal
from gateway.codecs.cti.frame import Frame, answer, parse
from gateway.codecs.cti.framing import FRAMING
from gateway.codecs.cti.limits import FRAME_BEFORE_LOGIN, MOST_WAITING
from gateway.codecs.cti.login import Login, read_login
from gateway.codecs.cti.registers import ATTENDANCES, LOGINS, Command, State
from gateway.codecs.cti.report import report

from gateway.domain.events import Event, Heartbeat, LoginClaimed, Misbehaved, UnknownMessage
from gateway.domain.requests import Accept, Admit, Conflict, Defer, Farewell, Refuse, Request
from gateway.domain.times import Instant

SAMPLE = 32
"""Bytes of an unknown content that are shown to the operator."""


class Parcel:
    """A frame with attendance on its way into the store."""

    def __init__(self, frame: Frame, records: list[Attendance]) -> None:
        self.frame = frame
        self.rest = deque(records)
        """Records not reported yet."""


class CtiConversation(FramedConversation[Parcel]):
    """Implements `gateway.codecs.api.Conversation` for the city terminal interface."""

    framing = FRAMING

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._frames.limit = FRAME_BEFORE_LOGIN
        self._asked: Frame | None = None
        """A login that waits for the gateway's word."""
        self._login: Login | None = None
        self._online = False

    def read(self, frame: bytes, now: Instant) -> Iterator[Event]:
        """See `FramedConversation.read`."""
        asked = parse(frame)
        if asked.state != State.OK:  # an answer, and we ask nothing
            yield Misbehaved(code="unasked_answer", detail=f"state {asked.state}")
            return
        try:
            yield from self._take(asked, now)
        except Refused as refused:
            self._fail(asked, refused.reason)
            yield Misbehaved(code=refused.code, detail=refused.reason)

    def submit(self, request: Request, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.submit`."""
        match request:
            case Admit() if self._asked is not None:
                self._online = True
                self._frames.limit = FRAMING.max_frame
                self.send(answer(self._asked))
                self._asked = None
            case Refuse(reason=reason) if self._asked is not None:
                self._fail(self._asked, f"拒绝登录 login refused: {reason.value}")
                self._asked = None
                self.closing = "refused"
            case Accept(receipt=receipt) | Conflict(receipt=receipt):
                parcel = self.settle(receipt)
                return self._go_on(parcel, now) if parcel is not None else []
            case Defer(receipt=receipt):
                parcel = self.settle(receipt)
                if parcel is not None:
                    self._fail(parcel.frame, "稍后重发 not stored yet: send it again")
            case Farewell(reason=parting):  # the interface has no word for it
                self.closing = parting.value
        return []

    def _take(self, asked: Frame, now: Instant) -> Iterator[Event]:
        if not asked.whole:
            where = f"part {asked.part} of {asked.parts}"
            raise Refused("multi_part", f"不支持分包 frames in parts are not supported: {where}")
        if asked.command in LOGINS:
            yield self._claim(asked)
        elif not self._online or self._login is None:
            raise Refused("not_logged_in", "尚未登录 not logged in")
        elif asked.command == Command.HEARTBEAT:
            self.send(answer(asked))
            yield Heartbeat()
        elif asked.command == Command.TIME_SYNC:
            self.send(answer(asked, seal(put_time(now.wall))))
        elif asked.command in ATTENDANCES:
            yield from self._attendance(asked, now)
        else:
            self._fail(asked, f"不支持的命令 command {asked.command} is not supported")
            yield UnknownMessage(command=asked.command, sample=asked.content[:SAMPLE])

    def _claim(self, asked: Frame) -> LoginClaimed:
        if self._asked is not None:
            raise Refused("busy", "正在登录 a login is being answered already")
        login = read_login(asked.content)
        self._asked, self._login = asked, login
        return LoginClaimed(serial=login.device)

    def _attendance(self, asked: Frame, now: Instant) -> list[Event]:
        if len(self._tickets) >= MOST_WAITING:
            raise Refused("busy", "稍后重发 too many frames wait for their answer: send it again")
        records = read_attendances(asked.command, asked.content)
        return self._go_on(Parcel(asked._replace(content=b""), records), now)

    def _go_on(self, parcel: Parcel, now: Instant) -> list[Event]:
        """Report the next record, or answer the frame after its last one."""
        assert self._login is not None
        if parcel.rest:
            record = parcel.rest.popleft()
            return [report(self._login.device, record, self.receipt(parcel), now.wall)]
        self.send(answer(parcel.frame))
        return []

    def _fail(self, asked: Frame, reason: str) -> None:
        self.send(answer(asked, reason.encode(), State.FAILED))
