"""Errands: work at a terminal that is an HTTP server itself, without input or output.

An errand is a generator. It yields what it wants done next (ask the terminal something, wait, hand
over events), is resumed with what came of that, and returns the outcome of the order it was made
for. Whoever carries it decides how the calls travel: the gateway dials the terminal, or the
terminal fetches them. An errand never learns which.

    def unlock(order: DoorCommand, terms: Terms) -> Errand:
        reply = yield from ask(Call(method="PUT", target="/door/1", body=b"open"))
        if isinstance(reply, NoAnswer):
            return CommandOutcome(ticket=order.ticket, outcome=reply.outcome, code=reply.reason)
        return CommandOutcome(ticket=order.ticket, outcome=Outcome.DONE, code="ok")

A carrier promises: one call of a device at a time and in order; a call that is not ``repeatable``
leaves at most once unless the terminal certainly did nothing with it (401, no connection).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.domain.commands import Outcome, OutcomeBase
from gateway.domain.events import Event
from gateway.domain.ids import Serial
from gateway.domain.times import Instant
from gateway.domain.values import value

MOST_ANSWER = 256 * 1024
"""Bytes of an answer unless a call wants more or fewer; a page of 30 events has about 20 kB."""
CALL_SECONDS = 10.0
"""Seconds a call may take altogether unless it says otherwise."""

REASONS = frozenset(
    {
        "unreachable",  # no connection; nothing left
        "tls",  # a connection, but no secure one; nothing left
        "cut",  # the connection ended before the answer was whole
        "slow",  # the answer was not whole in time
        "too_large",  # the answer has more bytes than wanted
        "not_http",  # what came is no answer
        "password",  # the terminal refuses our account
        "challenge",  # it wants a proof that we cannot or must not give
        "locked",  # it, or we, keep the account shut for a while after wrong passwords
        "other_device",  # it says that it is another one; nothing else is asked of it
        "anonymous",  # it does not say who it is; nothing else is asked of it
        "abandoned",  # nobody wants it any more
    }
)
"""Why there is no answer: the closed vocabulary of `NoAnswer.reason` and of its metric."""
SHUT = frozenset({"password", "challenge", "locked", "other_device"})
"""Reasons that are a refusal: trying again soon can only make it worse."""


@value
class Call:
    """One request to a terminal."""

    method: str
    target: str
    """Path and query, as it is sent."""
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    repeatable: bool = False
    """Sending it twice does no harm. A reading call is; one that moves or adds something is not."""
    most_bytes: int = MOST_ANSWER
    """A body larger than this is no answer (``too_large``)."""
    seconds: float = CALL_SECONDS
    """From the first attempt to the last byte of the answer."""


@value
class Pause:
    """Wait before the next step; resumed with None."""

    seconds: float


@value
class Report:
    """Hand over what was found, as if the terminal had reported it; resumed with `Taken`."""

    events: tuple[Event, ...]
    """Receipts among them are numbered by the errand; it hears of all of them together."""


@value
class Answer:
    """What a terminal answered, whatever its status."""

    status: int
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    at: Instant
    """When the answer was whole."""
    took_s: float = 0.0
    """Seconds from sending the request that was answered; for clocks."""


@value
class NoAnswer:
    """There is none, and what that means for the order."""

    reason: str
    """One of `REASONS`."""
    arrived: bool
    """The terminal may have got the call, so it may have done what it says."""
    said: str = ""
    """What exactly was wrong; for people."""

    @property
    def outcome(self) -> Outcome:
        """Return how an order ends whose only effect was this call."""
        if self.arrived:
            return Outcome.UNANSWERED
        return Outcome.REFUSED if self.reason in SHUT else Outcome.NOT_SENT


@value
class Taken:
    """What became of events that were handed over."""

    kept: bool
    """All of them are durable; False: stop, and search again another time."""


Step: TypeAlias = Call | Pause | Report
Reply: TypeAlias = Answer | NoAnswer | Taken | None
Errand: TypeAlias = Generator[Step, Reply, OutcomeBase]
Recognition: TypeAlias = Generator[Step, Reply, NoAnswer | None]
"""Calls that change nothing; returns None where it is the device, else why nothing is asked of it.
Yields nothing but calls."""


def ask(call: Call) -> Generator[Step, Reply, Answer | NoAnswer]:
    """Have a call made and return what came of it; to be used with ``yield from``."""
    reply = yield call
    assert isinstance(reply, Answer | NoAnswer)
    return reply


def pause(seconds: float) -> Generator[Step, Reply, None]:
    """Do nothing for a while; as `ask`."""
    yield Pause(seconds=seconds)


def report(events: tuple[Event, ...]) -> Generator[Step, Reply, bool]:
    """Hand events over and say whether all of them are kept; as `ask`."""
    reply = yield Report(events=events)
    assert isinstance(reply, Taken)
    return reply.kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an errand is given at birth, beside its order."""

    serial: Serial
    secret: bytes | None = field(default=None, repr=False)
    """The device's key, from which the texts it proves itself with are made."""
    now: Instant
    """When the order was given to the carrier: it may have waited for its turn since."""
    entropy: Callable[[int], bytes]
    """Returns that many fresh random bytes: for boundaries and names of searches."""
    settings: Mapping[str, int | bool] = field(default_factory=dict)
    """The dialect's own settings, as in `gateway.codecs.api.Context`."""


Maker: TypeAlias = Callable[[Any, Terms], Errand]
"""Makes the errand for an order. Raises nothing: an order that cannot be is an errand that returns
its refusal without a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errands:
    """What a dialect can have done by calls."""

    makers: Mapping[type, Maker]
    """By class of order: of `gateway.domain.commands`, `gateway.domain.maintenance` and
    `gateway.domain.people`, and `gateway.domain.verification.VerdictDue`."""
    lockout: Callable[[Answer], int] = lambda _: 0
    """Reads from a 401 for how many seconds the terminal keeps the account shut; 0: it does not
    say so. Nothing is sent to it before they are over."""
    recognise: Callable[[Terms], Recognition] | None = None
    """Asks on a new connection who answers there: an address may have moved to another terminal."""
    unmet: frozenset[type] = frozenset()
    """Orders that find out themselves who answers."""

    @property
    def orders(self) -> frozenset[type]:
        """Which orders can be given this way."""
        return frozenset(self.makers)
