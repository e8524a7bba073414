"""Driving one row of the table: what is asserted and what the page says must be the same."""

from __future__ import annotations

from enum import IntEnum

from tests.badinput.table import LABEL, METRIC, Promise, metric
from tests.support.gateways import LINE, Gateway
from tests.support.waiting import wait_for


class Row:
    """Everything the page promises of one input, ticked off as a test sees it.

    Counters are compared with what they were when the row began, so gateways can be shared.
    """

    def __init__(self, gateway: Gateway, promise: Promise) -> None:
        self._gateway = gateway
        self._promise = promise
        self._told: set[str] = set()
        self._seen: set[str] = set()
        self._before = gateway.figures()
        self._from = len(gateway.lines())

    def told(self, heard: int | None, wanted: IntEnum) -> None:
        """The peer got this result code, or this reason of a BYE."""
        assert heard == wanted, f"told {heard}, not {wanted!r}"
        assert wanted.name in self._promise.told, f"the page does not say {wanted.name}"
        self._told.add(wanted.name)

    def counted(self, name: str, by: int = 1, **labels: str) -> None:
        """A counter has grown by exactly so much, summed over the labels not given."""
        self.grew(name, by, **labels)
        self._tick(metric(name, labels))

    def counted_some(self, name: str, **labels: str) -> None:
        """A counter has grown; by how much depends on how often somebody tried."""
        wait_for(lambda: self._grown(name, labels) > 0, f"{name} {labels} grows")
        self._tick(metric(name, labels))

    def grew(self, name: str, by: int, **labels: str) -> None:
        """A counter the page need not name has grown by so much and no more."""
        wait_for(lambda: self._grown(name, labels) >= by, f"{name} {labels} grows by {by}")
        assert self._grown(name, labels) == by

    def logged(self, event: str, **fields: object) -> LINE:
        """The log has got a line of this event with these fields."""

        def found() -> LINE | None:
            wanted = {"event": event, **fields}.items()
            return next((line for line in self.lines() if wanted <= line.items()), None)

        line = wait_for(found, f"log line {event} {fields}")
        self._tick(event)
        return line

    def lines(self) -> list[LINE]:
        """What was logged since the row began."""
        return self._gateway.lines()[self._from :]

    def shown(self, page: str, status: int, text: str) -> None:
        """A page answers so."""

        def answered() -> bool:
            got, body = self._gateway.page(page)
            return got == status and text in body

        wait_for(answered, f"{page} says {status} and {text!r}")
        self._tick(page)

    def said(self, code: str, output: str) -> None:
        """A command failed with this code."""
        assert f"[{code}]" in output, output
        self._tick(code)

    def complete(self) -> None:
        """Everything the page names must have been seen."""
        assert self._promise.told - self._told == set(), "told according to the page, not here"
        assert self._promise.seen - self._seen == set(), "seen according to the page, not here"

    def _tick(self, what: str) -> None:
        assert what in self._promise.seen, f"the page does not name {what}"
        self._seen.add(what)

    def _grown(self, name: str, labels: dict[str, str]) -> float:
        now, before = self._gateway.figures(), self._before
        return sum(
            value - before.get(sample, 0.0)
            for sample, value in now.items()
            if _matches(sample, name, labels)
        )


def _matches(sample: str, name: str, labels: dict[str, str]) -> bool:
    parts = METRIC.fullmatch(sample)
    assert parts is not None, sample
    return parts[1] == name and labels.items() <= dict(LABEL.findall(parts[2] or "")).items()
