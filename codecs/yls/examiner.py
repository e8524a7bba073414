"""Examining a maker's terminal against this protocol, clause by clause (YLS/1 21).

Plays the gateway: logs the terminal in, keeps its heartbeats and records answered, and lets one
clause after another say what to send and what must come back. Has no input or output.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple

from gateway.codecs.kit.exam import Candidate
from gateway.codecs.kit.report import Finding, Report, Verdict
from gateway.codecs.yls import clock
from gateway.codecs.yls.acks import Ledger
from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put_number, put_result
from gateway.codecs.yls.frame import Frame
from gateway.codecs.yls.groups import Group, Lost, scan
from gateway.codecs.yls.handshake import NONCE_SIZE
from gateway.codecs.yls.inlet import Inlet
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.login_server import ServerLogin
from gateway.codecs.yls.records import CORE
from gateway.codecs.yls.registers import DIR, OW, PROTECTION, RSP, Command, Result, Tlv
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.settings import DEFAULTS

from gateway.domain.events import FrameDamaged
from gateway.domain.requests import Admit
from gateway.domain.times import Instant

ANSWER_S = 5.0
"""How long a terminal has for an answer."""
RETURN_S = 400.0
"""How long it has to log in again: the longest back-off and a little."""
HEARTBEAT_S = 10
SESSION = 0x4558


class Failed(Exception):
    """The terminal did something else than the clause says; the message is for its maker."""


class NotExercised(Exception):
    """The clause could not be tried, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a clause does next: send, then wait for a frame that fits, or for the time to pass."""

    send: tuple[bytes, ...] = ()
    until: Callable[[Heard], bool] | None = None
    seconds: float = ANSWER_S
    hang_up: bool = False


class Heard(NamedTuple):
    """A frame of the terminal whose seal held, with its opened body."""

    frame: Frame
    body: bytes


Outcome = Heard | str
"""What ended a step: a frame, ``time``, ``closed`` (by the terminal) or ``online`` (again)."""
Course = Generator[Step, Outcome, None]


class Clause(NamedTuple):
    """One thing this protocol demands of a terminal."""

    code: str
    title: str
    course: Callable[[YlsExaminer], Course]


class YlsExaminer:
    """Implements `gateway.codecs.kit.exam.Examiner`."""

    def __init__(self, candidate: Candidate, clauses: tuple[Clause, ...]) -> None:
        self.candidate = candidate
        self.hang_up = False
        self.seal = Seal(b"", b"", sid=SESSION, direction=DIR, bare=False)
        self.login: ServerLogin | None = None
        """What the terminal said of itself; of the present connection."""
        self.logins: list[ServerLogin] = []
        self.records: list[tuple[int, bytes]] = []
        """Number and bytes of every record that came, in order."""
        self.withhold = False
        """Records are put off instead of acknowledged."""
        self.beats = 0
        self.now = Instant(0.0, 0)
        self._clauses = clauses
        self._findings: list[Finding] = []
        self._course: Course | None = None
        self._step: Step | None = None
        self._due = 0.0
        self._inlet = Inlet(MOST_FRAME, resync=False)
        self._online = False
        self._out: list[bytes] = []
        self._seq = 0
        self._ledger = Ledger()

    # What clauses use.

    def sealed(self, command: int, body: bytes = b"", *, flags: int | None = None) -> bytes:
        """Return the next request of ours."""
        self._seq += 1
        protection = self.seal.default if flags is None else flags
        return self.seal.pack(protection, command, self._seq, body)

    @property
    def seq(self) -> int:
        """Number of our last request."""
        return self._seq

    def skip_to(self, seq: int) -> None:
        """Go on with numbers above ``seq``; gaps are legal."""
        self._seq = max(self._seq, seq)

    def can(self, capability: str) -> bool:
        """Say whether the terminal announced an ability."""
        return self.login is not None and capability in self.login.capabilities

    # What whoever runs the examination calls.

    def connected(self, now: Instant) -> None:  # noqa: ARG002
        """See `Examiner.connected`."""
        self.hang_up = self._online = False
        self.login = None
        self._inlet = Inlet(MOST_FRAME, resync=False)
        self._out.clear()

    def feed(self, data: bytes, now: Instant) -> None:
        """See `Examiner.feed`."""
        self.now = now
        for one in self._inlet.feed(data):
            if isinstance(one, FrameDamaged):
                self._note("3", "frames are well formed", f"{one.code}: {one.sample.hex(' ')}")
                self.hang_up = True
                return
            self._take(one, now)

    def pieces(self) -> list[bytes]:
        """See `Examiner.pieces`."""
        out, self._out = self._out, []
        return out

    def tick(self, now: Instant) -> None:
        """See `Examiner.tick`."""
        if self._step is not None and now.mono >= self._due:
            self._resume("time", now)

    def lost(self, now: Instant) -> None:
        """See `Examiner.lost`."""
        was_online, self._online = self._online, False
        step = self._step
        if step is not None and was_online and not step.hang_up:
            self._resume("closed", now)

    @property
    def done(self) -> bool:
        """See `Examiner.done`."""
        return not self._clauses and self._course is None

    def report(self) -> Report:
        """See `Examiner.report`."""
        left = [_finding(one, Verdict.NOT_EXERCISED, "not reached") for one in self._clauses]
        name = self.logins[-1].serial if self.logins else "no terminal logged in"
        findings = [one for one in self._findings if one.verdict is not Verdict.NOT_APPLICABLE]
        return Report(dialect=f"yls terminal {name}", findings=(*findings, *left))

    # The rest is ours.

    def _take(self, frame: Frame, now: Instant) -> None:
        if frame.flags & DIR:
            self._note("3.3", "frames of a device have DIR clear", f"{frame.raw[:18].hex(' ')}")
        elif not self._online:
            self._greet(frame, now)
        else:
            body = self.seal.open(frame)
            if body is None:
                self._note("7.4", "frames carry a good seal", f"{frame.raw[:18].hex(' ')}")
                return
            heard = Heard(frame, body)
            step = self._step
            fits = step is not None and step.until is not None and step.until(heard)
            if not frame.flags & (RSP | OW):
                self._answer(heard, now)
            if fits:
                self._resume(heard, now)

    def _greet(self, frame: Frame, now: Instant) -> None:
        try:
            if frame.command == Command.HELLO:
                self.login = ServerLogin(frame, DEFAULTS, self.candidate.entropy(NONCE_SIZE))
                self._out.append(self.login.reply)
            elif frame.command == Command.AUTH and self.login is not None:
                self.login.claim(frame)
                self._admit(self.login, now)
        except Refused as refused:
            self._note("7.2", "HELLO and AUTH are complete", refused.result.name)
            self.hang_up = True

    def _admit(self, login: ServerLogin, now: Instant) -> None:
        if login.prove(self.candidate.secret, b"") is None:
            self._note("7.2", "the terminal proves that it has its key", "the tag does not hold")
            self._out.append(login.refuse())
            self.hang_up = True
            return
        self._ledger = Ledger((), login.stores)
        admit = Admit(session=SESSION, heartbeat_s=HEARTBEAT_S)
        self.seal = login.admit(admit, self._ledger, now, bare=False)
        self._out.append(login.welcome)
        self.logins.append(login)
        self._online, self._seq, self.beats = True, 0, 0
        if self._step is not None:
            self._resume("online", now)
        elif self._course is None:
            self._next(now)

    def _answer(self, heard: Heard, now: Instant) -> None:
        """Keep the terminal content, so that it goes on while clauses are tried."""
        command = heard.frame.command
        try:
            if command in (Command.REC_REALTIME, Command.REC_BACKFILL):
                reply = self._records(heard)
            elif command == Command.TIME_SYNC:
                reply = clock.answer(heard.body, now)
            elif command == Command.HEARTBEAT:
                self.beats += 1
                reply = RESULT_OK + put_number(Tlv.TIME, now.wall, 8)
            elif command in _REFUSED:
                reply = put_result(_REFUSED[Command(command)])
            else:
                reply = RESULT_OK
        except Refused as refused:
            self._note("6", "bodies are well formed", f"0x{command:04x}: {refused.result.name}")
            reply = put_result(refused.result)
        flags = RSP | heard.frame.flags & PROTECTION
        self._out.append(self.seal.pack(flags, command, heard.frame.seq, reply))

    def _records(self, heard: Heard) -> bytes:
        live = heard.frame.command == Command.REC_REALTIME
        spans = []
        for one in scan(heard.body, live=live, biometric=True):
            if isinstance(one, Lost):
                spans.append((one.series, one.first, one.last))
            elif isinstance(one, Group):
                number, series = CORE.unpack(one.core)[:2]
                self.records.append((number, one.core))
                spans.append((series, number, number))
        if self.withhold:
            return put_result(Result.RETRY_LATER) + put_number(Tlv.HB, 1, 2)
        for span in spans:
            self._ledger.hold(*span)
        return RESULT_OK + self._ledger.tell(spans)

    def _next(self, now: Instant) -> None:
        if not self._clauses:
            self._course = self._step = None
            self.hang_up = True
            return
        self._course = self._clauses[0].course(self)
        self._resume(None, now)

    def _resume(self, outcome: Outcome | None, now: Instant) -> None:
        clause, course = self._clauses[0], self._course
        assert course is not None
        self._step = None
        try:
            step = next(course) if outcome is None else course.send(outcome)
        except StopIteration:
            self._close(_finding(clause, Verdict.PASSED, ""), now)
        except Failed as failed:
            self._close(_finding(clause, Verdict.FAILED, str(failed)), now)
        except NotExercised as reason:
            self._close(_finding(clause, Verdict.NOT_EXERCISED, str(reason)), now)
        else:
            self._step, self._due = step, now.mono + step.seconds
            self._out.extend(step.send)
            self.hang_up |= step.hang_up

    def _close(self, finding: Finding, now: Instant) -> None:
        self._findings.append(finding)
        self._clauses = self._clauses[1:]
        self._course = None
        self.withhold = False
        if self._online:
            self._next(now)

    def _note(self, code: str, title: str, detail: str) -> None:
        if not any(one.code == code and one.title == title for one in self._findings):
            failed = Verdict.FAILED
            self._findings.append(Finding(code=code, title=title, verdict=failed, detail=detail))


_REFUSED = {
    Command.VERIFY_REQ: Result.BUSY,
    Command.BLOB_OPEN: Result.BLOB_QUOTA,
    Command.BLOB_PULL: Result.BLOB_UNKNOWN,
}


def _finding(clause: Clause, verdict: Verdict, detail: str) -> Finding:
    return Finding(code=clause.code, title=clause.title, verdict=verdict, detail=detail)


def result_of(outcome: Outcome, what: str) -> int:
    """Return the RESULT of an answer; raises Failed where there is none."""
    if not isinstance(outcome, Heard):
        raise Failed(f"{what}: no answer ({outcome})")
    try:
        return Body(outcome.body, _MULTI).number(Tlv.RESULT, 2)
    except Refused as refused:
        raise Failed(f"{what}: the answer is no body ({refused.result.name})") from None


_MULTI = frozenset({Tlv.REC_STORE})
