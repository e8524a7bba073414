"""What one terminal is to fetch: the calls of one errand at a time, and verdicts.

Lives longer than a connection, and than a session. A call whose answer may be lost goes out again
only where that does no harm; a verdict never does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.codecs.errand import Answer, Call, Errand, NoAnswer, Pause, Reply, Report, Taken
from gateway.codecs.hikvision.push.limits import CALL_SECONDS, MOST_CALL, MOST_COMMANDS

from gateway.domain.commands import OutcomeBase

MOST_VERDICTS = MOST_COMMANDS - 1
"""Questions have seconds; more than this cannot wait at one gate."""

Draw = Callable[[], str]
"""Returns a fresh name for a call."""


@dataclass(slots=True)
class Running:
    """The errand that is under way, and where it stands."""

    errand: Errand
    call: Call | None = None
    until: float = 0.0
    """Monotonic seconds after which the call is not handed out any more."""
    uuid: str = ""
    fetched_at: float | None = None
    wake_at: float | None = None


@dataclass(slots=True)
class Verdict:
    """A verdict that waits."""

    call: Call
    until: float
    """Monotonic seconds from which nobody waits for it."""
    passes: bool


@dataclass(slots=True)
class Found:
    """What became of the errand by something that happened."""

    outcome: OutcomeBase | None = None
    report: Report | None = None
    """Records to be handed over; go on by `Outbox.reported`."""


@dataclass(slots=True)
class Fetched:
    """What a terminal gets."""

    calls: list[tuple[str, Call]] = field(default_factory=list)
    until: float = float("inf")
    """Monotonic seconds after which the same answer must not be given again."""
    too_late: int = 0
    """Verdicts to let somebody in that nobody waited for any more."""


class Outbox:
    """Owns what waits for one terminal."""

    def __init__(self) -> None:
        self._now: Running | None = None
        self._verdicts: deque[Verdict] = deque(maxlen=MOST_VERDICTS)
        self._told: deque[str] = deque(maxlen=MOST_VERDICTS)
        """Names of verdicts that were handed out; nothing follows from what became of them."""

    @property
    def busy(self) -> bool:
        """An errand is under way."""
        return self._now is not None

    @property
    def pending(self) -> bool:
        """There is something to fetch."""
        now = self._now
        return bool(self._verdicts) or (
            now is not None and now.call is not None and now.fetched_at is None
        )

    def start(self, errand: Errand, mono: float) -> Found:
        """Begin an errand in place of whatever was under way, which nobody waits for any more."""
        self.abandon()
        self._now = Running(errand=errand)
        return self._go_on(None, mono)

    def abandon(self) -> None:
        """Forget the errand."""
        now, self._now = self._now, None
        if now is not None:
            now.errand.close()

    def decide(self, verdict: Verdict) -> None:
        """Have a verdict fetched."""
        self._verdicts.append(verdict)

    def review(self, mono: float) -> Found:
        """Let time pass: end a pause, or a call that nobody fetched or answered."""
        now = self._now
        if now is None:
            return Found()
        if now.wake_at is not None and mono >= now.wake_at:
            now.wake_at = None
            return self._go_on(None, mono)
        if now.call is None:
            return Found()
        if now.fetched_at is None and mono >= now.until:
            return self._answered(NoAnswer(reason="unreachable", arrived=False), mono)
        if now.fetched_at is not None and mono >= now.fetched_at + CALL_SECONDS:
            return self._answered(NoAnswer(reason="slow", arrived=True), mono)
        return Found()

    def restarted(self) -> None:
        """Take note of a new session: what was fetched in the old one may not have arrived.

        What may be done twice is handed out again; of the rest the result may still come.
        """
        now = self._now
        if now is not None and now.call is not None and now.call.repeatable:
            now.fetched_at = None

    def fetch(self, draw: Draw, mono: float) -> Fetched:
        """Hand out what waits; call `review` before."""
        fetched = Fetched()
        for verdict in self._verdicts:
            if mono >= verdict.until:
                fetched.too_late += verdict.passes
                continue
            uuid = draw()
            self._told.append(uuid)
            fetched.calls.append((uuid, verdict.call))
            fetched.until = min(fetched.until, verdict.until)
        self._verdicts.clear()
        now = self._now
        if now is not None and now.call is not None and now.fetched_at is None:
            now.uuid, now.fetched_at = now.uuid or draw(), mono
            fetched.calls.append((now.uuid, now.call))
            fetched.until = min(fetched.until, now.until)
        return fetched

    def result(self, uuid: str, answer: Answer | NoAnswer, mono: float) -> Found | None:
        """Take what a call led to; None where no call has that name."""
        if uuid in self._told:
            self._told.remove(uuid)
            return Found()
        now = self._now
        if now is None or now.call is None or now.fetched_at is None or now.uuid != uuid:
            return None
        return self._answered(answer, mono)

    def reported(self, kept: bool, mono: float) -> Found:
        """Go on with an errand whose records were handed over."""
        return Found() if self._now is None else self._go_on(Taken(kept=kept), mono)

    def _answered(self, answer: Answer | NoAnswer, mono: float) -> Found:
        assert self._now is not None
        self._now.call, self._now.uuid, self._now.fetched_at = None, "", None
        return self._go_on(answer, mono)

    def _go_on(self, reply: Reply, mono: float) -> Found:
        now = self._now
        assert now is not None
        try:
            step = now.errand.send(reply)
        except StopIteration as end:
            self._now = None
            outcome = end.value
            assert isinstance(outcome, OutcomeBase)
            return Found(outcome=outcome)
        match step:
            case Call(body=body) if len(body) > MOST_CALL:
                return self._go_on(NoAnswer(reason="too_large", arrived=False), mono)
            case Call(seconds=seconds, repeatable=harmless):
                # What moves something is not left lying about for longer than it is good.
                now.call, now.until = step, mono + (CALL_SECONDS if harmless else seconds)
            case Pause(seconds=seconds):
                now.wake_at = mono + seconds
            case Report():
                return Found(report=step)
        return Found()
