"""What a terminal remembers of its events: what it reports, what a search finds, what it streams.

A ring, as in a real unit: the oldest event goes when a new one finds no room.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple


class Remembered(NamedTuple):
    """An event."""

    place: int
    """How many came before it."""
    serial: int
    text: bytes
    """The event as it was when it happened, envelope included."""

    @property
    def values(self) -> dict[str, Any]:
        """Return the event's members."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class EventMemory:
    """The events of one terminal, oldest first."""

    def __init__(self, most: int) -> None:
        self._events: deque[Remembered] = deque(maxlen=most)
        self.total = 0
        """Events so far, those forgotten included."""

    def add(self, serial: int, text: bytes) -> None:
        """Remember an event."""
        self._events.append(Remembered(self.total, serial, text))
        self.total += 1

    def since(self, place: int) -> list[Remembered]:
        """Return what came at a place and after it."""
        first = self._events[0].place if self._events else self.total
        return [self._events[at] for at in range(max(0, place - first), len(self._events))]

    def __iter__(self) -> Iterator[Remembered]:
        return iter(self._events)
