"""Carries errands to a simulated terminal without sockets, and keeps what they reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gateway.codecs.errand import Answer, Call, NoAnswer, Pause, Reply, Taken, Terms
from gateway.codecs.errand import Report as Reported
from gateway.codecs.hikvision.isapi.table import ERRANDS
from gateway.codecs.hikvision.isapi_device.asked import asked

from gateway.domain.commands import OutcomeBase
from gateway.domain.events import Event
from tests.codecs.hikvision.isapi.bench import Bench

Twist = Callable[[Call], Answer | NoAnswer | None]
"""Answers a call instead of the terminal; None leaves it to the terminal."""


def never(call: Call) -> None:
    del call


class Carrier:
    """One terminal's errands."""

    def __init__(self, bench: Bench, twist: Twist = never, kept: Iterable[bool] = ()) -> None:
        self.bench = bench
        self.twist = twist
        self.kept = list(kept)
        """What becomes of reports, one after the other; at the end all are kept."""
        self.calls: list[Call] = []
        self.events: list[Event] = []

    def run(self, order: Any) -> OutcomeBase:
        terms = Terms(
            serial="K51234567",  # type: ignore[arg-type]
            now=self.bench.now,
            entropy=lambda size: bytes(size - 1) + b"\1",
        )
        errand, reply = ERRANDS.makers[type(order)](order, terms), None
        try:
            while True:
                reply = self._take(errand.send(reply))
        except StopIteration as done:
            outcome: OutcomeBase = done.value
            return outcome

    def _take(self, step: object) -> Reply:
        match step:
            case Call():
                self.calls.append(step)
                twisted = self.twist(step)
                return self._answer(step) if twisted is None else twisted
            case Pause(seconds=seconds):
                self.bench.later(seconds)
                return None
            case Reported(events=events):
                self.events += events
                return Taken(kept=self.kept.pop(0) if self.kept else True)
        raise AssertionError(step)

    def _answer(self, call: Call) -> Answer | NoAnswer:
        bench = self.bench
        if bench.now.mono < bench.terminal.system.away_until:
            return NoAnswer(reason="unreachable", arrived=False)
        reply = bench.terminal.answer(
            asked(call.method, call.target, call.content_type, call.body), bench.now
        )
        assert len(reply.body) <= call.most_bytes
        return Answer(status=reply.status, content_type=reply.kind, body=reply.body, at=bench.now)

    def targets(self) -> list[str]:
        return [f"{call.method} {call.target.partition('?')[0]}" for call in self.calls]
