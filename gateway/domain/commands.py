"""What the gateway orders a terminal to do, and what came of it.

An order that moves something is never repeated by itself: whoever gave it sees that its outcome is
unknown and decides. Every order carries a ``ticket`` of the giver's choice.
"""

from __future__ import annotations

from enum import Enum

from gateway.domain.ids import Ticket
from gateway.domain.values import value

LONGEST_VALID_MS = 10_000
"""An order to open something may wait this long on its way, and no longer."""


class DoorAction(Enum):
    """What a door or relay is to do."""

    CLOSE = 0
    PULSE = 1
    HOLD_OPEN = 2
    HOLD_LOCKED = 3
    SCHEDULE = 4
    EVACUATE = 5


class DoorState(Enum):
    """What the sensor of a door sees."""

    UNKNOWN = 0
    CLOSED = 1
    OPEN = 2
    FORCED = 3
    HELD_TOO_LONG = 4


@value
class DoorCommand:
    """Move a door; answered by CommandOutcome with what its sensor saw."""

    ticket: Ticket
    door: int
    action: DoorAction
    duration_ms: int | None = None
    """For PULSE and the holding ones; rounded to 100 ms. None leaves it to the terminal."""
    valid_ms: int = LONGEST_VALID_MS
    """Milliseconds after which the terminal must refuse the order, 1…10 000."""


@value
class RelayCommand:
    """Switch a relay that is no door; the rest as DoorCommand."""

    ticket: Ticket
    relay: int
    action: DoorAction
    duration_ms: int | None = None
    valid_ms: int = LONGEST_VALID_MS


@value
class Reboot:
    """Start the terminal anew; it says goodbye before."""

    ticket: Ticket
    valid_ms: int = LONGEST_VALID_MS


@value
class ShowPrompt:
    """Show a text, and speak where ``voice`` names an announcement of the terminal's."""

    ticket: Ticket
    text: str
    """At most 64 bytes of UTF-8."""
    voice: int | None = None
    duration_ms: int | None = None


@value
class ReadConfig:
    """Read settings by key; an empty tuple asks for all."""

    ticket: Ticket
    keys: tuple[int, ...] = ()


@value
class WriteConfig:
    """Change settings, all of them or none; the outcome holds the values before."""

    ticket: Ticket
    values: tuple[tuple[int, bytes], ...]


class Outcome(Enum):
    """How an order ended."""

    DONE = "done"
    REFUSED = "refused"
    """The terminal said no; ``code`` says why."""
    UNANSWERED = "unanswered"
    """Nobody knows: it may or may not have been carried out."""
    NOT_SENT = "not_sent"
    """It never left: certainly not carried out."""


@value
class OutcomeBase:
    """What every outcome has in common."""

    ticket: Ticket
    outcome: Outcome
    code: str
    """The terminal's own result in lower case, such as ``ok``, ``expired`` or ``door_fault``."""
    said: str = ""
    """The terminal's own words, or what exactly was wrong; for people."""


@value
class CommandOutcome(OutcomeBase):
    """What came of an order."""

    door: DoorState | None = None
    """What the sensor saw; None where nothing was said."""
    config: tuple[tuple[int, bytes], ...] = ()
    """Values read, or those before a change."""


CommandRequest = DoorCommand | RelayCommand | Reboot | ShowPrompt | ReadConfig | WriteConfig
