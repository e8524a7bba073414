"""Errands carried to a simulated terminal by hand, with answers of the test's own in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.codecs.errand import Answer, Call, Errand, NoAnswer, Reply, Terms
from gateway.codecs.hikvision.isapi.table import ERRANDS
from gateway.codecs.hikvision.isapi_device.asked import asked

from gateway.domain.commands import OutcomeBase
from gateway.domain.ids import Serial
from gateway.domain.times import Instant
from tests.codecs.hikvision.isapi.bench import Bench

SECRET = bytes(range(32))
Own = Callable[[Call], Answer | NoAnswer]


@dataclass
class Works:
    """A terminal, and what is answered instead of it, by the beginning of ``METHOD target``."""

    bench: Bench = field(default_factory=Bench)
    own: dict[str, Own] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def errand(
        self, order: object, settings: dict[str, int], secret: bytes | None = SECRET
    ) -> Errand:
        terms = Terms(
            serial=Serial("K51234567"),
            secret=secret,
            now=self.bench.now,
            entropy=bytes,
            settings=dict(settings),
        )
        return ERRANDS.makers[type(order)](order, terms)

    def do(self, order: object, **given: int) -> OutcomeBase:
        """Carry an order out to its end."""
        errand, reply = self.errand(order, given), None
        try:
            step = next(errand)
            while True:
                assert isinstance(step, Call)
                reply = self._answer(step)
                step = errand.send(reply)
        except StopIteration as done:
            outcome: OutcomeBase = done.value
            return outcome

    def made(self) -> list[str]:
        return [f"{call.method} {call.target}" for call in self.calls]

    def _answer(self, call: Call) -> Reply:
        self.calls.append(call)
        line = f"{call.method} {call.target}"
        for beginning, own in self.own.items():
            if line.startswith(beginning):
                return own(call)
        request = asked(call.method, call.target, call.content_type, call.body)
        said = self.bench.terminal.answer(request, self.bench.now)
        return answer(said.body, said.status, said.kind, self.bench.now)


def answer(
    body: bytes | str = b"", status: int = 200, kind: str = "", now: Instant | None = None
) -> Answer:
    data = body.encode() if isinstance(body, str) else body
    at = now or Instant(100.0, 1_773_015_342_000)
    return Answer(status=status, content_type=kind, body=data, at=at)


def none(reason: str, *, arrived: bool) -> Own:
    return lambda _: NoAnswer(reason=reason, arrived=arrived)


def says(body: bytes | str, status: int = 200) -> Own:
    return lambda _: answer(body, status)
