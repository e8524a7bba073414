"""The gate in front of a terminal: who comes when, and what the terminal writes down about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gateway.codecs.double import Happening
from gateway.domain.vocabulary import Decision, Direction, Means
from gateway.simulator.album import Album, Face
from gateway.simulator.day import Arrival
from gateway.simulator.snapshots import snapshot

NEVER = float("inf")
COMPLAINT = "picture too dark"


class Gate:
    """The arrivals of one script; nobody comes before it is begun."""

    __slots__ = ("_album", "_arrivals", "_begun", "_direction", "_name", "_visits")

    def __init__(
        self,
        arrivals: Iterable[Arrival],
        name: str,
        direction: Direction,
        album: Album | None = None,
    ) -> None:
        """With an ``album`` whoever asks to pass has one of its faces."""
        self._arrivals = deque(arrivals)
        self._name = name
        self._direction = direction
        self._album = album
        self._visits = 0
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

    def next(self) -> Arrival:
        """Let one person step before the terminal."""
        return self._arrivals.popleft()

    def face(self, arrival: Arrival) -> Face | None:
        """Return the face of somebody who asks the gateway, where faces are known."""
        if self._album is None or not arrival.asks:
            return None
        self._visits += 1
        return self._album.visit(self._name, self._visits)

    def passage(self, arrival: Arrival, time_ms: int, number: int) -> Happening:
        """Return what the terminal writes down of somebody, as far as it knows by itself.

        ``number`` is the one it will be recorded under; it makes its picture unique.
        """
        if arrival.granted:
            decision = Decision.GRANTED
        else:
            decision = Decision.DENIED if arrival.person else Decision.STRANGER
        return Happening(
            time_ms=time_ms,
            person=arrival.person,
            direction=self._direction,
            decision=decision,
            means=means_of(arrival),
            score=arrival.score,
            liveness=arrival.liveness,
            temperature_c=arrival.temperature_c,
            helmet=arrival.helmet,
            picture=snapshot(self._name, number) if arrival.snapshot else None,
        )


def means_of(arrival: Arrival) -> Means:
    """Return by what somebody is known."""
    return Means(Means.FACE * arrival.by_face | Means.IRIS * arrival.by_iris)
