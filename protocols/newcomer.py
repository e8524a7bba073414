"""A connection that has not proved who it is: what it may send, how long, and how it begins."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from gateway.codecs.api import Dialect
from gateway.protocols.recognise import Blame, recognise


class Newcomer:
    """Bounds of a stranger; thrown away when it is none any more."""

    __slots__ = (
        "_allowance",
        "_begun_at",
        "_dialects",
        "_noise",
        "_patience",
        "binding",
        "head",
        "login_by",
    )

    def __init__(self, dialects: Sequence[Dialect], patience: float, noise: int = 0) -> None:
        """``patience`` (seconds) bounds the wait for its turn, and then its login.

        ``noise`` bytes may come on top of what a dialect allows, for a line that may babble.
        """
        self.login_by = inf
        """Monotonic seconds at which our patience ends."""
        self.binding = b""
        """Channel binding of its TLS link."""
        self._dialects = dialects
        self._patience = patience
        self._noise = noise
        self._allowance = 0
        self._begun_at: float | None = None
        self.head = b""
        """What it sent before its dialect was known."""

    def wait(self, mono: float) -> None:
        """Begin to wait for its turn."""
        self.login_by = mono + self._patience

    def begin(self, mono: float) -> None:
        """Begin to log in, by the widest bounds of all dialects until one is chosen."""
        self._begun_at = mono
        limits = [dialect.limits for dialect in self._dialects]
        self._allowance = self._noise + max(limit.before_login_bytes for limit in limits)
        self._give(max(limit.login_seconds for limit in limits))

    def settle(self, dialect: Dialect) -> None:
        """Go on by the bounds of this dialect; what was sent before counts."""
        widest = max(one.limits.before_login_bytes for one in self._dialects)
        self._allowance += dialect.limits.before_login_bytes - widest
        self._give(dialect.limits.login_seconds)

    def may_send(self, size: int) -> bool:
        """Count bytes in; False when they are too many."""
        self._allowance -= size
        return self._allowance >= 0

    def recognise(self, data: bytes, blame: Blame) -> tuple[Dialect | None, bytes]:
        """Return the dialect, if it shows, and all that was sent so far; raises Unrecognised."""
        self.head += data
        return recognise(self._dialects, self.head, blame), self.head

    @property
    def out_of_time(self) -> str:
        """Why it is cut off at ``login_by``."""
        return "patience" if self._begun_at is None else "login_timeout"

    def _give(self, seconds: float) -> None:
        assert self._begun_at is not None
        self.login_by = self._begun_at + min(seconds, self._patience)
