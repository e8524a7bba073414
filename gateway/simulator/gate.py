"""The gate in front of a terminal: who comes when, and what the terminal writes down about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gateway.codecs.yls.drafts import Draft, fault_draft
from gateway.domain.vocabulary import Decision, Means
from gateway.simulator.day import Arrival
from gateway.simulator.snapshots import snapshot

NEVER = float("inf")
SYNCHRONISED, OFFLINE = 0x01, 0x02
"""RFLAGS: the clock is set; the gateway could not be reached (YLS/1 10.2)."""
SCALE = 10_000
"""Scores travel in ten-thousandths."""
FAULT_CODE = 1
"""Camera trouble, the commonest complaint of a terminal."""


class Gate:
    """The arrivals of one script; nobody comes before it is begun."""

    __slots__ = ("_arrivals", "_begun", "_direction", "_name")

    def __init__(self, arrivals: Iterable[Arrival], name: str, direction: int) -> None:
        self._arrivals = deque(arrivals)
        self._name = name
        self._direction = direction
        self._begun: float | None = None

    def begin(self, mono: float) -> None:
        """Start the script."""
        self._begun = mono

    def shut(self) -> None:
        """Let nobody come any more."""
        self._arrivals.clear()

    @property
    def due(self) -> float:
        """When the next person comes, in monotonic seconds."""
        if self._begun is None or not self._arrivals:
            return NEVER
        return self._begun + self._arrivals[0].at_s

    def next(self, time_ms: int, number: int, *, online: bool) -> list[Draft]:
        """Let one person pass; returns the passage and, rarely, a fault of the terminal.

        ``number`` is the one the passage will be recorded under; it makes its picture unique.
        """
        arrival = self._arrivals.popleft()
        flags = SYNCHRONISED if online else SYNCHRONISED | OFFLINE
        drafts = [self._passage(arrival, time_ms, number, flags)]
        if arrival.fault:
            drafts.append(fault_draft(time_ms, FAULT_CODE, text="picture too dark"))
        return drafts

    def _passage(self, arrival: Arrival, time_ms: int, number: int, flags: int) -> Draft:
        means = Means.FACE * arrival.by_face | Means.IRIS * arrival.by_iris
        if arrival.granted:
            decision = Decision.GRANTED
        else:
            decision = Decision.DENIED if arrival.person else Decision.STRANGER
        return Draft(
            time_ms=time_ms,
            person=arrival.person,
            direction=self._direction,
            decision=decision,
            method=means,
            score=round(arrival.score * SCALE),
            liveness=round(arrival.liveness * SCALE),
            rflags=flags,
            temperature=round(arrival.temperature_c * 100),
            helmet=arrival.helmet,
            picture=snapshot(self._name, number) if arrival.snapshot else None,
        )
