"""What outlives a connection of PUSH: challenges, sessions, and what a terminal is to fetch.

One value for all conversations of a gateway, for a terminal may use a connection for each request.
Nothing of it survives the gateway: a request of a session nobody knows gets 401, and the terminal
logs in again. Holds no key: H is made anew from the device's secret on every connection, so that
a terminal whose key was changed or taken away is out at its next one.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum
from hmac import compare_digest

from gateway.codecs.hikvision.push.cipher import proof
from gateway.codecs.hikvision.push.limits import (
    MOST_OFFERS,
    MOST_TERMINALS,
    OFFERS_EACH,
    WINDOW,
)
from gateway.codecs.hikvision.push.outbox import Outbox
from gateway.codecs.hikvision.questions import Remembered

from gateway.domain.ids import Serial


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A challenge that waits for its login."""

    challenge: str
    salt: str
    iterations: int
    security: int
    """0, 3 or 4."""
    until: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last request and its answer, should it come again."""

    key: bytes
    """Digest of the request."""
    auth: str
    challenge: str
    kind: str
    body: bytes = field(repr=False)
    until: float
    """Monotonic seconds after which the answer must not be given again."""


class Standing(Enum):
    """What a request's proof is worth."""

    NEXT = 1
    AGAIN = 2
    """That of the request before; good for the same request only."""
    NONE = 3


@dataclass(slots=True, kw_only=True)
class PushSession:
    """A terminal that is logged in."""

    salt: str
    iterations: int
    security: int
    interval_s: int
    challenge: str
    """What the next request must prove."""
    heard: float
    """Monotonic seconds of the last request."""
    told: Told | None = None
    turn: int = 0

    def over(self, mono: float) -> bool:
        """Say whether the terminal was silent for too long."""
        return mono - self.heard > WINDOW * self.interval_s

    def judge(self, auth: str, h: str) -> Standing:
        """Judge a proof, in constant time."""
        given = auth.encode("utf-8", "replace")
        if compare_digest(proof(h, self.challenge).encode(), given):
            return Standing.NEXT
        known = self.told is not None and bool(self.told.auth)
        before = self.told.auth if self.told is not None and known else proof(h, "")
        return Standing.AGAIN if compare_digest(before.encode(), given) and known else Standing.NONE

    def begin(self, mono: float) -> int:
        """Begin a request; the answer to an older one does not count any more."""
        self.turn += 1
        self.heard = mono
        return self.turn

    def finish(self, turn: int, told: Told, mono: float) -> bool:
        """Take note of an answer that is about to leave; False when it came too late for that."""
        if turn != self.turn:
            return False
        self.told, self.challenge, self.heard = told, told.challenge, mono
        return True


@dataclass(slots=True)
class Terminal:
    """What is remembered of one terminal that proved itself."""

    session: PushSession | None = None
    outbox: Outbox = field(default_factory=Outbox)
    remembered: Remembered = field(default_factory=Remembered)
    hardware: str = ""
    """Its hardware address, as its events tell it."""


class Memory:
    """Owns all of it, bounded: who came longest ago is forgotten first."""

    def __init__(self) -> None:
        self._offers: OrderedDict[Serial, deque[Offer]] = OrderedDict()
        self._terminals: OrderedDict[Serial, Terminal] = OrderedDict()

    def offer(self, serial: Serial, offer: Offer) -> None:
        """Remember a challenge; anybody may ask for one."""
        self._offers.setdefault(serial, deque(maxlen=OFFERS_EACH)).append(offer)
        self._offers.move_to_end(serial)
        if len(self._offers) > MOST_OFFERS:
            self._offers.popitem(last=False)

    def offers(self, serial: Serial, mono: float) -> list[Offer]:
        """Return the challenges that may still be met, the newest first."""
        known = self._offers.get(serial, ())
        return [one for one in reversed(known) if mono < one.until]

    def enter(self, serial: Serial, session: PushSession) -> Terminal:
        """Begin a session in place of the one before; its challenges are used up."""
        self._offers.pop(serial, None)
        terminal = self._terminals.setdefault(serial, Terminal())
        terminal.session = session
        self._terminals.move_to_end(serial)
        if len(self._terminals) > MOST_TERMINALS:
            self._terminals.popitem(last=False)
        return terminal

    def terminal(self, serial: Serial) -> Terminal | None:
        """Return what is remembered of a terminal."""
        return self._terminals.get(serial)

    def session(self, serial: Serial, mono: float) -> PushSession | None:
        """Return a terminal's session, unless it is over."""
        terminal = self._terminals.get(serial)
        if terminal is None or terminal.session is None:
            return None
        if terminal.session.over(mono):
            terminal.session = None
        else:
            self._terminals.move_to_end(serial)
        return terminal.session
