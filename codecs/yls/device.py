"""The terminal's side of a YLS/1 connection, for simulators and as a reference for makers.

Owns framing, the login and the end of the connection. It opens nothing and reads no clock: the
owner brings bytes and instants and takes bytes, as with a conversation. The records live in a
`RecordStore` that outlives it: after a lost connection make a new device around the same store.
"""

from __future__ import annotations

from contextlib import suppress

from gateway.codecs.api import Context
from gateway.codecs.yls.body import RESULT_OK, Refused, put, put_result
from gateway.codecs.yls.bus import BROADCAST, SLOT_SECONDS, SLOTS, matches, read_address
from gateway.codecs.yls.chores import Chore
from gateway.codecs.yls.device_events import (
    Acknowledged,
    Closed,
    DeviceEvent,
    FellBack,
    Key,
    Online,
    Overheard,
)
from gateway.codecs.yls.device_events import (
    Refused as LoginFailed,
)
from gateway.codecs.yls.device_session import DeviceSession
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import Frame, pack
from gateway.codecs.yls.handshake import NONCE_SIZE
from gateway.codecs.yls.inlet import Inlet
from gateway.codecs.yls.inquiry import Inquiry
from gateway.codecs.yls.limits import (
    ANSWER_SECONDS,
    HELLO_AGAIN_SECONDS,
    LONGEST_PAUSE_SECONDS,
    SERIAL_GAP_MS,
    UNTRUSTED_SECONDS,
)
from gateway.codecs.yls.login_device import DeviceConfig, DeviceLogin, LoginRefused
from gateway.codecs.yls.registers import (
    DIR,
    ENC,
    OW,
    PROTECTION,
    RSP,
    Bye,
    Command,
    Result,
    Tlv,
)
from gateway.codecs.yls.station import Station
from gateway.codecs.yls.status import StatusReport
from gateway.codecs.yls.store import RecordStore
from gateway.codecs.yls.turns import Turns

from gateway.domain.events import FrameDamaged
from gateway.domain.times import Instant


class YlsDevice:
    """One connection of one terminal.

    Call `start` once connected, then `feed` for bytes, `tick` at `deadline`, and send `output`
    after each call. Instants are read from the terminal's own clock.
    """

    __slots__ = (
        "_config",
        "_context",
        "_hello_at",
        "_inlet",
        "_login",
        "_login_by",
        "_out",
        "_quiet_by",
        "_session",
        "_slots",
        "_station",
        "_status",
        "_store",
        "_turns",
        "closing",
    )

    def __init__(
        self,
        config: DeviceConfig,
        context: Context,
        store: RecordStore,
        station: Station | None = None,
    ) -> None:
        """``station`` is what the terminal is beside its records; it outlives the connection."""
        self._config = config
        self._context = context
        self._store = store
        self._station = station or Station()
        self._inlet = Inlet(config.max_frame, resync=context.resync)
        self._out: list[bytes] = []
        self._login: DeviceLogin | None = None
        self._login_by: float | None = None
        self._hello_at = 0.0
        self._quiet_by: float | None = None
        self._session: DeviceSession | None = None
        self._status = StatusReport()
        self._turns = Turns(self._station.address)
        self._slots: list[tuple[float, bytes]] = []
        self.closing: str | None = None
        """Set once the conversation is over: send what is left, then close."""

    @property
    def online(self) -> bool:
        """Both sides proved who they are and the session goes on."""
        return self._session is not None and self.closing is None

    @property
    def idle(self) -> bool:
        """Online, and everything recorded is acknowledged and delivered."""
        return self._session is not None and self._session.idle

    @property
    def status(self) -> StatusReport:
        """What heartbeats say."""
        return self._status

    @status.setter
    def status(self, status: StatusReport) -> None:
        self._status = status
        if self._session is not None:
            self._session.status = status

    def start(self, now: Instant) -> None:
        """Say HELLO."""
        nonce = self._context.entropy(NONCE_SIZE)
        binding = self._context.channel_binding
        address = self._station.address
        self._login = DeviceLogin(self._config, nonce, self._store.stores(), binding, address)
        self._login_by = now.mono + ANSWER_SECONDS
        self._hello_at = now.mono
        self._out.append(self._login.hello)

    def record(self, draft: Draft, now: Instant) -> int:
        """Store an event and send it at once when online; return its number."""
        number = self._store.record(draft)
        if self._session is not None and self.closing is None:
            self._session.recorded(number)
            self._session.pump(now)
            self.closing = self._session.closing
        return number

    def verify(
        self, inquiry: Inquiry, now: Instant, picture: bytes | None = None
    ) -> list[DeviceEvent]:
        """Ask the gateway who may pass: Decided or FellBack follows, at once when offline.

        ``picture`` is a JPEG of at most 100 KiB that is sent in pieces behind the question.
        """
        if self._session is None or self.closing is not None:
            return [FellBack(door=inquiry.door, reason="offline")]
        return self._session.verify(inquiry, picture, now)

    def chore(self, chore: Chore, now: Instant) -> bool:
        """Send a request of the terminal's own; False when offline."""
        if self._session is None or self.closing is not None:
            return False
        self._session.chore(chore, now)
        return True

    @property
    def late_answers(self) -> int:
        """Answers to verifications that came after the deadline; they were ignored."""
        return self._session.late_answers if self._session is not None else 0

    def feed(self, data: bytes, now: Instant) -> list[DeviceEvent]:
        """Take bytes as they arrived and return what they mean, in order."""
        if self.closing is not None:
            return []
        return self._sort(self._inlet.feed(data), now)

    def output(self) -> bytes:
        """Return and forget the bytes to be sent; on a bus only when it is our turn."""
        out = self._out
        if self._station.address:
            return self._turns.output()
        if len(out) == 1:
            return out.pop()
        data = b"".join(out)
        out.clear()
        return data

    def deadline(self) -> float | None:
        """Monotonic seconds at which `tick` wants to be called, or None."""
        if self.closing is not None:
            return None
        due = self._session.deadline() if self._session is not None else None
        slot = self._slots[0][0] if self._slots else None
        for other in (self._login_by, self._quiet_by, slot):
            if other is not None and (due is None or other < due):
                due = other
        return due

    def tick(self, now: Instant) -> list[DeviceEvent]:
        """Act on time having passed; harmless when called early."""
        if self.closing is not None:
            return []
        events: list[DeviceEvent] = []
        if self._quiet_by is not None and now.mono >= self._quiet_by:
            events += self._sort(self._inlet.gap(), now)
        while self._slots and now.mono >= self._slots[0][0]:
            self._out.append(self._slots.pop(0)[1])
        if self._login_by is not None and now.mono >= self._login_by:
            return [*events, *self._close("login_timeout")]
        if self._session is not None and self.closing is None:
            events += self._session.tick(now)
            self.closing = self._session.closing
        return events

    def part(self, reason: Bye = Bye.NORMAL) -> None:
        """End the session on purpose."""
        if self._session is not None:
            self._session.part(reason)
        self.closing = reason.name.lower()

    def _sort(self, found: list[Frame | FrameDamaged], now: Instant) -> list[DeviceEvent]:
        events: list[DeviceEvent] = []
        for one in found:
            if self.closing is not None:
                break
            if isinstance(one, Frame):
                events += self._take(one, now)
            elif not self._context.resync:
                events += self._close(one.code)
        if self._context.resync:
            waiting = self._inlet.buffered > 0
            self._quiet_by = now.mono + SERIAL_GAP_MS / 1000 if waiting else None
        return events

    def _take(self, frame: Frame, now: Instant) -> list[DeviceEvent]:
        if not frame.flags & DIR:
            return []
        if frame.address == BROADCAST:
            return self._overhear(frame, now)
        if frame.address not in (0, self._station.address):
            return []
        events = self._heed(frame, now)
        self._turns.take(frame, self._station.address, self._out, self._idle)
        return events

    def _heed(self, frame: Frame, now: Instant) -> list[DeviceEvent]:
        session = self._session
        if session is not None and frame.sid and self._login is None:
            events = session.take(frame, now)
            self.closing = session.closing
            return events
        try:
            return self._before_login(frame, now)
        except LoginRefused as refused:
            untrusted = refused.reason == "server_untrusted"
            seconds = UNTRUSTED_SECONDS if untrusted else refused.retry_after_s
            if seconds is not None:
                seconds = min(seconds, LONGEST_PAUSE_SECONDS)
            self.closing = refused.reason
            return [LoginFailed(reason=refused.reason, retry_after_s=seconds)]
        except Refused as refused:
            return self._close(refused.result.name.lower())

    def _before_login(self, frame: Frame, now: Instant) -> list[DeviceEvent]:
        login = self._login
        if frame.command == Command.SET_ADDR and not frame.flags & (RSP | OW):
            return self._take_address(frame)
        if frame.flags & OW:
            return self._close("bye") if frame.command == Command.BYE and login else []
        if not frame.flags & RSP:
            return []
        if login is None or frame.command not in (Command.HELLO, Command.AUTH):
            return self._hint(frame, now)
        if frame.command == Command.HELLO:
            self._out.append(login.answer(frame))
            return []
        return self._begin(login, frame, now)

    def _take_address(self, frame: Frame) -> list[DeviceEvent]:
        """Take an address from whoever commissions the bus, as long as we have none."""
        if self._station.address:
            return []
        with suppress(Refused):
            self._station.address = read_address(frame.body, self._config.serial)
            self._out.append(pack(RSP, 0, Command.SET_ADDR, frame.seq, 0, RESULT_OK))
        return []

    def _overhear(self, frame: Frame, now: Instant) -> list[DeviceEvent]:
        """Take a frame to everybody; one that is not believed changes nothing."""
        with suppress(Refused):
            if frame.command == Command.ENUM:
                if not self._station.address and matches(frame.body, self._config.serial):
                    slot = self._context.entropy(1)[0] % SLOTS
                    said = put(Tlv.SN, self._config.serial.encode(), critical=True)
                    answer = pack(RSP, 0, Command.ENUM, frame.seq, 0, said)
                    self._slots.append((now.mono + slot * SLOT_SECONDS, answer))
                return []
            clock_set = self._status.time_quality > 0
            keys = self._station.group_keys
            fields, time = self._station.broadcasts.judge(
                frame, keys, now.wall, clock_set=clock_set
            )
            if frame.command == Command.PROMPT:
                self._station.panel.prompt(put(Tlv.PROMPT, fields.bytes(Tlv.PROMPT)))
            return [Overheard(command=frame.command, time_ms=time)]
        return []

    def _idle(self) -> bytes:
        """Return the frame that gives the line back when there is nothing to say."""
        seq, sid = self._session.idle_number() if self._session is not None else (0, 0)
        return pack(OW, self._station.address, Command.POLL, seq, sid, b"")

    def _begin(self, login: DeviceLogin, frame: Frame, now: Instant) -> list[DeviceEvent]:
        secure = self._context.secure
        seal, admission = login.finish(frame, bare=secure)
        bench = bool(self._context.settings.get("bench_plain_biometrics", False))
        protection: int | None = None
        if secure:
            protection = 0
        elif self._config.encrypts:
            protection = ENC
        elif bench:
            protection = seal.default
        self._session = DeviceSession(
            self._config,
            login,
            seal,
            self._store,
            self._station,
            self._out,
            heartbeat_s=admission.heartbeat_s,
            picture_protection=protection,
        )
        self._session.status = self._status
        self._login = self._login_by = None
        self._inlet.limit = login.max_frame
        events: list[DeviceEvent] = [
            Online(session=admission.session, heartbeat_s=admission.heartbeat_s)
        ]
        freed: list[Key] = []
        for ack in admission.acks:
            freed += self._store.acknowledge(ack)
        if freed:
            events.append(Acknowledged(keys=tuple(freed)))
        self._session.pump(now)
        return events

    def _hint(self, frame: Frame, now: Instant) -> list[DeviceEvent]:
        """Log in again when told to, but not at the pace of whoever forges hints (YLS/1 7.6)."""
        if frame.flags & PROTECTION or now.mono - self._hello_at < HELLO_AGAIN_SECONDS:
            return []
        if frame.body == put_result(Result.NOT_LOGGED_IN):
            self.start(now)
        return []

    def _close(self, reason: str) -> list[DeviceEvent]:
        self.closing = reason
        return [Closed(reason=reason)]
