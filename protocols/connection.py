"""One connection: its turn at the gate, its bytes before login, its deadlines, and its end.

Knows nothing of what is said on it; that is the session's, which exists once the dialect is known.
"""

# ruff: noqa: N802 - Twisted calls these methods by these names.

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from gateway.codecs.api import Context, Dialect
from gateway.protocols.endings import ended_by_peer, trace
from gateway.protocols.flow import Congestion
from gateway.protocols.newcomer import Newcomer
from gateway.protocols.recognise import Unrecognised
from gateway.protocols.session import Session
from gateway.protocols.surroundings import Surroundings
from gateway.protocols.tls import channel_binding
from twisted.internet.interfaces import IHandshakeListener, IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.domain.requests import Parting
from gateway.domain.times import Instant

ASSUMED_HEARTBEAT = 30
"""Seconds; holds between the proof of identity and the admission that tells the real interval."""


def _silence_limit(heartbeat_s: float) -> float:
    """Seconds without a byte after which a connection counts as half-open (YLS/1 8)."""
    return 1.5 * heartbeat_s + 10.0


def _ignore(data: bytes, now: Instant) -> None:
    """Take what arrives on a connection that is over."""
    del data, now


@implementer(IHandshakeListener, IPushProducer)
class Connection:
    """The Twisted protocol of a device connection; its transport may be plain or TLS."""

    __slots__ = (
        "_clock",
        "_congestion",
        "_deliver",
        "_due",
        "_held",
        "_idle",
        "_label",
        "_listener",
        "_newcomer",
        "_opened_at",
        "_read_at",
        "_session",
        "_shared",
        "_silence",
        "_traffic",
        "_transport",
        "ending",
        "peer",
    )

    def __init__(
        self, shared: Surroundings, peer: str, listener: str, label: bytes | None = None
    ) -> None:
        """``label`` is the exporter label of a TLS listener, None on a plain one."""
        self.peer = peer
        """Address of the other end, without the port."""
        self.ending: str | None = None
        """Why it is over, set as soon as that is decided."""
        self._shared = shared
        self._clock = shared.clock
        self._traffic = shared.traffic
        self._listener = listener
        self._label = label
        self._transport: Any = None
        self._session: Session | None = None
        self._newcomer: Newcomer | None = Newcomer(
            shared.dialects, shared.gate.limits.patience_seconds, shared.noise_bytes
        )
        self._deliver: Callable[[bytes, Instant], None] = self._receive_newcomer
        self._congestion: Congestion | None = None
        self._held = False
        self._silence = _silence_limit(ASSUMED_HEARTBEAT)
        self._idle = 0.0
        self._opened_at = 0.0
        self._read_at = 0.0
        self._due = inf

    # What the transport calls.

    def makeConnection(self, transport: Any) -> None:
        """Take the transport and come in."""
        self._transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        """Begin to log in, or wait unread until the gate says so."""
        shared, newcomer = self._shared, self._newcomer
        assert newcomer is not None
        self._opened_at = self._read_at = self._clock().mono
        self._transport.registerProducer(self, True)
        shared.roster.add(self)
        shared.counters.opened(self._listener)
        if shared.gate.enter(self):
            self._start(newcomer)
        else:
            newcomer.wait(self._opened_at)
            self._due = newcomer.login_by
            self._transport.pauseProducing()

    def handshakeCompleted(self) -> None:
        """Start the conversation, bound to this TLS link."""
        if self._newcomer is not None and self._label is not None:
            self._newcomer.binding = channel_binding(self._transport, self._label)
            self._greet(self._newcomer)

    def dataReceived(self, data: bytes) -> None:
        """Note that something came, and pass it on."""
        now = self._clock()
        self._read_at = now.mono
        traffic = self._traffic
        traffic.reads += 1
        traffic.bytes_in += len(data)
        self._deliver(data, now)

    def connectionLost(self, reason: Failure) -> None:
        """Leave every list and tell the session."""
        now = self._clock()
        shared, session = self._shared, self._session
        ending = self.ending = self.ending or ended_by_peer(
            reason, shaking=self._label is not None and self._session is None
        )
        self._deliver = _ignore
        self._due = inf
        shared.roster.discard(self)
        shared.gate.leave(self)
        shared.counters.closed(self._listener, ending)
        if self._held or self._congestion is not None:
            self._tell_deaf(False, now)
        if self._newcomer is None or shared.hush.allows():
            seconds = round(now.mono - self._opened_at, 3)
            shared.log.info("session.closed", **self._who(), reason=ending, seconds=seconds)
        if session is not None:
            session.lost(ending, now)

    def pauseProducing(self) -> None:
        """Stop reading a peer that does not take our answers, and admit that we are deaf."""
        now = self._clock()
        self._congestion = Congestion(now.mono)
        self._due = now.mono
        self._transport.pauseProducing()
        self._tell_deaf(True, now)

    def resumeProducing(self) -> None:
        """Read again: the peer has caught up."""
        self._congestion = None
        self._listen()

    def stopProducing(self) -> None:
        """Do nothing: the loss of the connection is told separately."""

    # What the gate and the session call.

    def begin(self) -> None:
        """Start to log in after having waited."""
        assert self._newcomer is not None
        if self.ending is None:  # else its turn came between the end of its patience and its loss
            self._start(self._newcomer)
            self._transport.resumeProducing()

    def known(self) -> None:
        """Take note that the peer proved who it is: the bounds for strangers fall away."""
        assert self._session is not None
        self._newcomer = None
        self._deliver = self._session.receive
        self._shared.gate.known(self)

    def expect_every(self, heartbeat_s: float) -> None:
        """Take note of how often the peer was told to be heard."""
        self._silence = max(_silence_limit(heartbeat_s), self._idle)
        self._due = min(self._due, self._next_due())

    def hold(self) -> None:
        """Do not read what would not find room."""
        now = self._clock()
        self._held, self._due = True, inf
        self._transport.pauseProducing()
        self._tell_deaf(True, now)

    def release(self) -> None:
        """Read again, unless the peer has to take our answers first."""
        self._held = False
        if self.ending is None:
            self._listen()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._traffic.bytes_out += len(data)
        self._transport.write(data)

    def finish(self, reason: str, now: Instant) -> None:
        """Close once everything is sent; after a while in any case."""
        if self.ending is None:
            self.ending = reason
            self._deliver = _ignore
            self._due = now.mono + self._shared.flow.linger_seconds
            self._transport.unregisterProducer()
            self._transport.loseConnection()

    @property
    def stranger(self) -> bool:
        """The peer has not proved who it is."""
        return self._newcomer is not None

    def abort(self, reason: str) -> None:
        """Cut off at once; also what only waits for its last bytes to leave."""
        self.ending = self.ending or reason
        self._deliver = _ignore
        self._due = inf
        self._transport.abortConnection()

    def fail(self, reason: str, error: Exception) -> None:
        """Cut off after ``codec_error`` or ``handling_error``; no other connection is hurt.

        What the exception says is not logged, for it may quote what the terminal sent.
        """
        told = {**self._who(), **trace(error)}
        if reason == "codec_error":
            dialect = self._session.dialect if self._session is not None else "unknown"
            self._shared.counters.codec_error(dialect)
            self._shared.log.error("session.codec_error", **told)
        else:
            self._shared.log.error("session.handling_error", **told)
        self.abort(reason)

    def drain(self) -> None:
        """Close as soon as nothing is in flight."""
        if self._session is not None:
            self._session.drain()
        else:
            self.abort(Parting.DRAINING.value)

    @property
    def unsettled(self) -> int:
        """Records in flight."""
        return len(self._session.credit) if self._session is not None else 0

    # What the sweep calls.

    def wanted(self) -> float:
        """Monotonic seconds at which the conversation wants `expire` to be called."""
        due = None
        if self._session is not None and self.ending is None:
            try:
                due = self._session.deadline()
            except Exception as error:
                self.fail("codec_error", error)
        return inf if due is None else due

    def overdue(self, mono: float) -> bool:
        """Say whether a deadline of ours or of the conversation has passed."""
        due = mono >= self._due
        session = self._session
        if not due and session is not None:
            try:
                deadline = session.deadline()
                due = deadline is not None and mono >= deadline
            except Exception as error:
                self.fail("codec_error", error)
        return due

    def expire(self, now: Instant) -> None:
        """Act on every deadline that has passed; early calls do no harm."""
        mono = now.mono
        if self.ending is not None:
            self.abort(self.ending)
            return
        newcomer = self._newcomer
        if newcomer is not None:
            if mono >= newcomer.login_by:
                self.abort(newcomer.out_of_time)
        elif self._congestion is not None:
            self._judge_congestion(self._congestion, mono)
        elif self._held:
            pass  # the silence is ours
        elif mono - self._read_at >= self._silence and self._session is not None:
            self._session.close(Parting.IDLE)
        if self._session is not None:
            self._session.tick(now)
        if self.ending is None:
            self._due = self._next_due()

    def forgive(self, seconds: float) -> None:
        """Move every deadline: in these seconds nobody looked whether something had arrived."""
        self._read_at += seconds
        self._due += seconds
        if self._newcomer is not None:
            self._newcomer.login_by += seconds
        if self._congestion is not None:
            self._congestion.forgive(seconds)

    # The rest is ours.

    def _who(self) -> dict[str, object]:
        return self._session.who() if self._session is not None else {"peer": self.peer}

    def _start(self, newcomer: Newcomer) -> None:
        newcomer.begin(self._clock().mono)
        self._due = newcomer.login_by
        if self._label is None:  # on TLS the conversation begins after the handshake
            self._greet(newcomer)

    def _greet(self, newcomer: Newcomer) -> None:
        if len(self._shared.dialects) == 1:
            session = self._converse(self._shared.dialects[0], newcomer)
            if session is not None:
                session.flush(self._clock())

    def _receive_newcomer(self, data: bytes, now: Instant) -> None:
        newcomer, session = self._newcomer, self._session
        assert newcomer is not None
        if not newcomer.may_send(len(data)):
            self.abort("login_bytes")
            return
        if session is None:
            try:
                dialect, data = newcomer.recognise(data, self._blame)
            except Unrecognised:
                if self._shared.taps is not None:
                    self._shared.taps.unrecognised(self.peer, newcomer.head, now)
                self.abort("unrecognised")
                return
            session = self._converse(dialect, newcomer) if dialect is not None else None
        if session is not None:
            session.receive(data, now)

    def _blame(self, dialect: Dialect, error: Exception) -> None:
        """Write down a judge of first bytes that raised; the other dialects are asked on."""
        name = f"{dialect.name}/{dialect.version}"
        self._shared.counters.codec_error(name)
        self._shared.log.error("codec.opening_failed", codec=name, **trace(error))

    def _converse(self, dialect: Dialect, newcomer: Newcomer) -> Session | None:
        shared = self._shared
        newcomer.settle(dialect)
        self._idle = dialect.limits.idle_seconds
        self._due = newcomer.login_by
        context = Context(
            entropy=shared.entropy,
            secure=self._label is not None,
            channel_binding=newcomer.binding,
            resync=shared.resync,
            settings=shared.settings.get(dialect.name, {}),
            memory=shared.memory(dialect),
        )
        try:
            conversation = dialect.conversation(context)
        except Exception as error:
            self.fail("codec_error", error)
            return None
        self._session = Session(shared, self, conversation, dialect)
        return self._session

    def _judge_congestion(self, congestion: Congestion, mono: float) -> None:
        stalled = congestion.stalled_for(self._transport.drained(), mono)
        if stalled >= self._shared.flow.stall_seconds:
            self.abort("slow_reader")

    def _next_due(self) -> float:
        if self._newcomer is not None:
            return self._newcomer.login_by
        if self._congestion is not None:
            return 0.0  # whether it takes bytes is looked at in every sweep
        if self._held:
            return inf
        return self._read_at + self._silence

    def _listen(self) -> None:
        """Read again, unless something else still speaks against it."""
        now = self._clock()
        self._read_at = now.mono
        self._due = self._next_due()
        if self._congestion is None and not self._held:
            self._tell_deaf(False, now)
            self._transport.resumeProducing()

    def _tell_deaf(self, deaf: bool, now: Instant) -> None:
        if self._session is not None and self._session.admitted:
            self._shared.deaf(self._session, deaf, now)
