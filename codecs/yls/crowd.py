"""Digests over people, by which gateway and terminal find out that they differ (YLS/1 13.3).

A digest does not depend on the order and changes with one XOR for each change, so a terminal with
50 000 people keeps it without ever counting them.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

BUCKETS = 256
SIZE = 16
"""Bytes of one digest."""


def mark(person: int, revision: int) -> int:
    """Return what one person at one revision adds to a digest."""
    raw = person.to_bytes(4, "big") + revision.to_bytes(4, "big")
    return int.from_bytes(sha256(raw).digest()[:SIZE], "big")


class Crowd:
    """The digests of a set of people."""

    __slots__ = ("_buckets", "count")

    def __init__(self, people: Iterable[tuple[int, int]] = ()) -> None:
        self._buckets = [0] * BUCKETS
        self.count = 0
        for person, revision in people:
            self.add(person, revision)

    def add(self, person: int, revision: int) -> None:
        """Count a person in."""
        self._buckets[person % BUCKETS] ^= mark(person, revision)
        self.count += 1

    def remove(self, person: int, revision: int) -> None:
        """Count a person out; ``revision`` is the one counted in."""
        self._buckets[person % BUCKETS] ^= mark(person, revision)
        self.count -= 1

    @property
    def digest(self) -> bytes:
        """The digest of all."""
        total = 0
        for one in self._buckets:
            total ^= one
        return total.to_bytes(SIZE, "big")

    def buckets(self) -> bytes:
        """Return all 256 digests in a row."""
        return b"".join(one.to_bytes(SIZE, "big") for one in self._buckets)


def differing(ours: bytes, theirs: bytes) -> list[int]:
    """Return the numbers of the buckets in which two rows of digests differ."""
    return [
        at
        for at in range(BUCKETS)
        if ours[at * SIZE : (at + 1) * SIZE] != theirs[at * SIZE : (at + 1) * SIZE]
    ]
