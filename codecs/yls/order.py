"""Which requests of a peer were seen, and what they were answered (YLS/1 5).

Owns the replay bitmap and the cache of answers. Knows no keys: only authenticated frames may be
shown to it, since a number once seen stays seen.
"""

from __future__ import annotations

from gateway.codecs.yls.limits import CACHED_ANSWERS, REPLAY_BITS

FRESH, SEEN, STALE = range(3)
"""Verdicts of `Received.judge`: carry it out, answer it from the cache, answer REPLAY."""

_MASK = (1 << REPLAY_BITS) - 1


class Received:
    """The numbers of one peer's requests in one session."""

    __slots__ = ("_answers", "_bits", "highest")

    def __init__(self, highest: int = 0) -> None:
        self.highest = highest
        self._bits = 0
        self._answers: dict[int, bytes] = {}

    def judge(self, seq: int) -> int:
        """Mark ``seq`` as seen and say what it was before; bit i stands for highest - 1 - i."""
        ahead = seq - self.highest
        if ahead > 0:
            shifted = (self._bits << ahead | 1 << ahead - 1) if ahead <= REPLAY_BITS else 0
            self._bits = shifted & _MASK
            self.highest = seq
            return FRESH
        if ahead == 0:
            return SEEN
        if ahead < -REPLAY_BITS:
            return STALE
        bit = 1 << -ahead - 1
        if self._bits & bit:
            return SEEN
        self._bits |= bit
        return FRESH

    def stale(self, seq: int) -> bool:
        """Say whether `judge` would call ``seq`` STALE; marks nothing, so anybody may ask."""
        return self.highest - seq > REPLAY_BITS

    def keep(self, seq: int, answer: bytes) -> None:
        """Keep an answer byte for byte; the oldest one goes when there are too many."""
        answers = self._answers
        answers[seq] = answer
        if len(answers) > CACHED_ANSWERS:
            del answers[next(iter(answers))]

    def answer(self, seq: int) -> bytes | None:
        """Return what ``seq`` was answered, or None if that is gone or still to come."""
        return self._answers.get(seq)
