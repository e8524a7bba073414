"""A device server on loopback with a fake desk and a clock the test moves by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from gateway.codecs.api import Dialect
from gateway.protocols.capture import Taps
from gateway.protocols.flow import FlowLimits
from gateway.protocols.gate import Gate, ListenerLimits
from gateway.protocols.listener import DeviceServer
from gateway.protocols.registry import Registry
from gateway.protocols.roster import Roster
from gateway.protocols.session import Session
from gateway.protocols.surroundings import Surroundings
from gateway.protocols.sweep import Sweep

from gateway.domain.commands import OutcomeBase
from gateway.domain.events import (
    BlobCompleted,
    BlobInterrupted,
    BlobOffered,
    ClockMeasured,
    DeviceStatus,
    FirmwareChanged,
    LoginFailed,
    LoginProved,
    RangeAnswered,
    RecordReported,
    RecordsLost,
)
from gateway.domain.ids import DeviceId, Receipt, Serial
from gateway.domain.people import PersonEnrolled
from gateway.domain.ports import Report, SessionHandle
from gateway.domain.requests import Accept, Admit, CredentialGiven, NoOrders, Refusal, Refuse
from gateway.domain.times import Instant
from gateway.domain.verification import TemplateRejected, VerificationEvent, VerifyRequested
from tests.support.lines import line_dialect
from tests.support.sessions import SilentLog

PATIENCE = 10.0
"""Seconds after which a wait that should have ended is a failure."""

T = TypeVar("T")


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a test on asyncio's own loop."""

    async def bounded() -> T:
        return await asyncio.wait_for(main(), 3 * PATIENCE)

    return asyncio.run(bounded())


async def soon(wanted: Awaitable[T]) -> T:
    """Wait for something that must happen."""
    return await asyncio.wait_for(wanted, PATIENCE)


class HandClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = Instant(1000.0, 1_700_000_000_000)

    def __call__(self) -> Instant:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall + int(seconds * 1000))


class TestedCounters:
    """Implements SessionCounters."""

    __test__ = False

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()

    def opened(self, listener: str) -> None:
        self.counts["opened", listener] += 1

    def closed(self, listener: str, reason: str) -> None:
        self.counts["closed", reason] += 1

    def refused(self, reason: str) -> None:
        self.counts["refused", reason] += 1

    def frame_damaged(self, dialect: str, code: str) -> None:
        self.counts["frame_damaged", dialect, code] += 1

    def misbehaved(self, dialect: str, code: str) -> None:
        self.counts["misbehaved", dialect, code] += 1

    def unknown_message(self, dialect: str) -> None:
        self.counts["unknown_message", dialect] += 1

    def verified_late(self, dialect: str) -> None:
        self.counts["verified_late", dialect] += 1

    def deferred(self, dialect: str) -> None:
        self.counts["deferred", dialect] += 1

    def codec_error(self, dialect: str) -> None:
        self.counts["codec_error", dialect] += 1


class Mailbox:
    """Things that happened, awaited in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    def put(self, *what: Any) -> None:
        self._queue.put_nowait(what)

    async def get(self) -> Any:
        return await soon(self._queue.get())

    def empty(self) -> bool:
        return self._queue.empty()


class FakeDesk:
    """Implements DeviceDesk: serial ``T-7`` is device 7, ``X-…`` is unknown, ``R-7`` is refused.

    ``L-…`` is locked out, and who says ``S-…`` is not to be answered at all.
    Records are kept until the test settles them, unless ``prompt`` is set.
    """

    def __init__(self) -> None:
        self.happened = Mailbox()
        self.prompt = False
        self.slow_login = False
        self.faulty = False
        self.heartbeats = 0
        self.paces = 0
        self.records: list[int] = []
        self.waiting: list[tuple[SessionHandle, Receipt]] = []
        self.logins: list[tuple[SessionHandle, LoginProved]] = []

    def credential(
        self, serial: Serial, peer: str, now: Instant
    ) -> CredentialGiven | Refuse | None:
        if serial.startswith("S"):
            return None
        if serial.startswith("L"):
            return Refuse(reason=Refusal.LOCKED_OUT)
        return CredentialGiven(secret=None if serial.startswith("X") else b"secret")

    def login_failed(self, event: LoginFailed, peer: str, now: Instant) -> None:
        self.happened.put("login_failed", event.serial, peer)

    def login(self, session: SessionHandle, event: LoginProved, peer: str, now: Instant) -> None:
        self.logins.append((session, event))
        if event.serial.startswith("R"):
            session.submit(Refuse(reason=Refusal.REVOKED))
        elif not self.slow_login:
            self.admit(session, event)
        self.happened.put("login", event.serial)

    def admit(self, session: SessionHandle, event: LoginProved, heartbeat_s: int = 30) -> None:
        session.device = DeviceId(int(event.serial.partition("-")[2]))
        session.slot = session.device
        session.submit(Admit(session=session.device, heartbeat_s=heartbeat_s))

    def beat(self, session: SessionHandle, now: Instant) -> None:
        self.paces += 1

    def heard(self, session: SessionHandle, now: Instant) -> None:
        self.heartbeats += 1

    def status(self, session: SessionHandle, status: DeviceStatus, now: Instant) -> None:
        self.happened.put("status", session.device)

    def firmware_changed(self, session: SessionHandle, event: FirmwareChanged) -> None:
        self.happened.put("firmware", event.firmware)

    def clock(self, session: SessionHandle, event: ClockMeasured, now: Instant) -> None:
        self.happened.put("clock", event.offset_ms)

    def record(self, session: SessionHandle, event: RecordReported, now: Instant) -> None:
        if self.faulty:
            raise KeyError("a mistake in a service")
        self.records.append(event.number)
        if self.prompt:
            session.submit(Accept(receipt=event.receipt))
        else:
            self.waiting.append((session, event.receipt))
            self.happened.put("record", event.number)

    def settle(self) -> None:
        waiting, self.waiting = self.waiting, []
        for session, receipt in waiting:
            session.submit(Accept(receipt=receipt))

    def records_lost(self, session: SessionHandle, event: RecordsLost, now: Instant) -> None:
        self.happened.put("records_lost", event.first)

    def blob_offered(self, session: SessionHandle, event: BlobOffered, now: Instant) -> None:
        self.happened.put("blob_offered", event.size)

    def blob_completed(self, session: SessionHandle, event: BlobCompleted, now: Instant) -> None:
        self.happened.put("blob_completed", event.data)

    def blob_interrupted(self, session: SessionHandle, event: BlobInterrupted) -> None:
        self.happened.put("blob_interrupted", session.device, event.data)

    def range_answered(self, session: SessionHandle, event: RangeAnswered) -> None:
        self.happened.put("range_answered", event.code)

    def verify(self, session: SessionHandle, event: VerifyRequested, now: Instant) -> None:
        self.happened.put("verify", event.candidate)

    def template_rejected(self, session: SessionHandle, event: TemplateRejected) -> None:
        self.happened.put("template_rejected", event.fault)

    def verification_ended(self, session: SessionHandle, event: VerificationEvent) -> None:
        self.happened.put("verification_ended", event)

    def orders_wanted(self, session: SessionHandle) -> None:
        session.submit(NoOrders())

    def outcome(self, session: SessionHandle, event: OutcomeBase, now: Instant) -> None:
        self.happened.put("outcome", event.ticket, event.outcome)

    def enrolled(self, session: SessionHandle, event: PersonEnrolled, now: Instant) -> None:
        self.happened.put("enrolled", event.person)

    def reported(self, session: SessionHandle, event: Report, now: Instant) -> None:
        self.happened.put("reported", event)

    def lost(self, session: SessionHandle, reason: str, now: Instant) -> None:
        self.happened.put("lost", session.device, reason)


@dataclass
class Caller:
    """A terminal on a plain asyncio stream."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, *lines: str) -> None:
        self.writer.write("".join(line + "\n" for line in lines).encode())

    async def hear(self) -> str:
        return (await soon(self.reader.readline())).decode().rstrip("\n")

    async def ended(self) -> bytes:
        """Return what is left until the connection ends, however it ends."""
        try:
            return await soon(self.reader.read())
        except ConnectionError:
            return b""

    async def login(self, serial: str) -> None:
        self.say(f"HELLO {serial}")
        assert await self.hear() == f"IN {serial.partition('-')[2]}"

    async def hang_up(self) -> None:
        self.writer.close()
        try:
            await soon(self.writer.wait_closed())
        except ConnectionError:
            return


@dataclass
class Bench:
    """The server under test and everything around it."""

    shared: Surroundings
    server: DeviceServer
    desk: FakeDesk
    clock: HandClock
    counters: TestedCounters
    log: SilentLog
    deafness: list[tuple[int, bool]]
    port: int = 0
    callers: list[Caller] = field(default_factory=list)

    async def call(self, **options: Any) -> Caller:
        caller = Caller(*await soon(asyncio.open_connection("127.0.0.1", self.port, **options)))
        self.callers.append(caller)
        return caller

    def sweep(self, after: float = 0.0) -> None:
        """Let time pass, then look at every connection once."""
        self.clock.pass_(after)
        Sweep(self.shared.roster, self.clock, lambda: None).run()

    async def gone(self) -> None:
        """Wait until the server has no connection left."""
        await soon(self.shared.roster.empty())


LIMITS = ListenerLimits(connections=100)


@asynccontextmanager
async def bench(
    *dialects: Dialect,
    limits: ListenerLimits = LIMITS,
    flow: FlowLimits | None = None,
    clock: HandClock | None = None,
    listen: bool = True,
    desk: FakeDesk | None = None,
    taps: Taps | None = None,
) -> AsyncIterator[Bench]:
    """Run a server for the dialects (text lines by default) until the test is over."""
    counters, log = TestedCounters(), SilentLog()
    desk = desk or FakeDesk()
    clock = clock or HandClock()
    deafness: list[tuple[int, bool]] = []
    shared = Surroundings(
        dialects=dialects or (line_dialect(),),
        desk=desk,
        clock=clock,
        entropy=bytes,
        log=log,
        counters=counters,
        gate=Gate(limits),
        roster=Roster(),
        registry=Registry[Session](),
        flow=flow or FlowLimits(),
        taps=taps,
        deaf=lambda session, deaf, now: deafness.append((session.device, deaf)),
    )
    server = DeviceServer(shared)
    made = Bench(shared, server, desk, clock, counters, log, deafness)
    if listen:
        made.port = (await server.listen("plain", "127.0.0.1", 0)).getHost().port
    try:
        yield made
    finally:
        for caller in made.callers:
            await caller.hang_up()
        await server.drain(0.0)


def with_limits(**changes: Any) -> ListenerLimits:
    return replace(LIMITS, **changes)
