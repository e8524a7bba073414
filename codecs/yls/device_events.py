"""What the terminal's side of YLS/1 tells its owner."""

from __future__ import annotations

from dataclasses import dataclass, field

Key = tuple[int, int]
"""Epoch and number of a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """Both sides proved who they are."""

    session: int
    heartbeat_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The login failed; the connection is over."""

    reason: str
    """Name of the result, or ``server_untrusted`` when the gateway could not prove itself."""
    retry_after_s: int | None = None
    """Least seconds before the next attempt, where somebody said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The gateway holds these records; the store has let go of them."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicting:
    """Among these records is one whose number the gateway already had with other bytes."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLater:
    """The gateway cannot store records now; they stay and are sent again after the pause."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsRefused:
    """A frame of records was refused for good; they stay in the store and rest this session."""

    result: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatAnswered:
    """The gateway is alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCompared:
    """TIME_SYNC was answered; use it only when the delay is below 500 ms (YLS/1 9)."""

    offset_ms: int
    """Gateway's clock minus ours."""
    delay_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeAsked:
    """The gateway misses records; those we still have go out again."""

    epoch: int
    first: int
    last: int
    held: bool
    """We had at least one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDelivered:
    """The picture of a record is durable; the store has let go of it."""

    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRefused:
    """The picture of a record was refused; it rests for this session."""

    key: Key
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The gateway said who may pass; act on it, and record the passage all the same."""

    door: int
    decision: int
    """As in REC_CORE; 1 opens."""
    person: int = 0
    score: int = 0xFFFF
    prompt: str = ""
    open_ds: int = 0
    """How long the door opens, in 0.1 s; 0 leaves it to us."""
    refusal: str = ""
    """Name of a result that refused the question itself; that denies, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack:
    """No decision: follow the provisioned fallback, and record it with RFLAGS 0x08."""

    door: int
    reason: str
    """``no_answer``, ``busy``, ``deadline``, ``internal``, ``offline`` or ``unprotected``; for a
    picture also the result that stopped its transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorMoved:
    """The gateway ordered a door to do something, and it was done."""

    door: int
    action: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreAnswered:
    """A request of our own was answered for good; an upload when all of it is there."""

    command: int
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleChanged:
    """People were added, changed or removed; ``count`` are here now."""

    count: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentAsked:
    """Capture this person; report with `gateway.codecs.yls.chores.ReportEnrolment`."""

    person: int
    method: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReceived:
    """A whole object came and its digest holds."""

    kind: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReceived:
    """A new key: of the terminal itself (1), for the next login, or of its group (2)."""

    kind: int
    key_id: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overheard:
    """A broadcast that can be believed: set the clock, stop enrolling, or a text was shown."""

    command: int
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The conversation is over: send what is left, close, and reconnect after a pause."""

    reason: str


DeviceEvent = (
    Online
    | Refused
    | Acknowledged
    | Conflicting
    | RetryLater
    | RecordsRefused
    | HeartbeatAnswered
    | ClockCompared
    | RangeAsked
    | PictureDelivered
    | PictureRefused
    | Decided
    | FellBack
    | DoorMoved
    | ChoreAnswered
    | PeopleChanged
    | EnrolmentAsked
    | ObjectReceived
    | KeyReceived
    | Overheard
    | Closed
)
