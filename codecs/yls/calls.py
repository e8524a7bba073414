"""Requests of ours that wait for an answer: numbering, the peer's window, repetition (YLS/1 5).

Owned by either side. Knows no frame layout beyond setting DUP, and no meaning: what a request was
for is an opaque token of its owner.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from gateway.codecs.yls.frame import as_duplicate
from gateway.codecs.yls.limits import ANSWER_SECONDS, DEFAULT_WINDOW

Token = TypeVar("Token")

LAST_SEQ = 2**32 - 2


class Call(NamedTuple, Generic[Token]):
    """One request on its way."""

    raw: bytes
    token: Token
    due: float
    repeated: bool


class Calls(Generic[Token]):
    """The unanswered requests of one session."""

    __slots__ = ("_last", "_open", "window")

    def __init__(self, window: int = DEFAULT_WINDOW, last: int = 0) -> None:
        self.window = window
        """How many unanswered requests the peer allows."""
        self._last = last
        self._open: dict[int, Call[Token]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def next_seq(self) -> int:
        """Draw the number of the next request: 1, 2, 3 …"""
        self._last += 1
        return self._last

    @property
    def spent(self) -> bool:
        """The numbers of this session are used up; a new one must begin (YLS/1 5)."""
        return self._last >= LAST_SEQ

    def sent(self, seq: int, raw: bytes, token: Token, now: float, *, repeat: bool = True) -> None:
        """Note a request that was just sent; without ``repeat`` it is given up after one wait."""
        self._open[seq] = Call(raw, token, now + ANSWER_SECONDS, not repeat)

    def room(self) -> bool:
        """Say whether the peer's window allows another request."""
        return len(self._open) < self.window

    def answered(self, seq: int) -> Token | None:
        """Return what the request was for and forget it; None for an answer nobody waits for."""
        call = self._open.pop(seq, None)
        if not self._open:
            self._open = {}  # a dict that was emptied keeps its table, 160 bytes a connection
        return None if call is None else call.token

    def clear(self) -> list[Token]:
        """Forget every unanswered request and return what they were for."""
        lost = [call.token for call in self._open.values()]
        self._open.clear()
        return lost

    def deadline(self) -> float | None:
        """When the next repetition is due, in monotonic seconds."""
        return min((call.due for call in self._open.values()), default=None)

    def overdue(self, now: float) -> tuple[bytes, list[Token]]:
        """Return the frames to be repeated now, and what got no answer even so."""
        again, lost = b"", []
        for seq, call in list(self._open.items()):
            if call.due > now:
                continue
            if call.repeated:
                del self._open[seq]
                lost.append(call.token)
            else:
                raw = as_duplicate(call.raw)
                self._open[seq] = Call(raw, call.token, now + ANSWER_SECONDS, True)
                again += raw
        return again, lost
