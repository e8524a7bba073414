"""What a reference terminal is, what happens to it, and what it makes of the answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.codecs.hikvision.device_texts import Style
from gateway.codecs.http.digest import Login


@dataclass(frozen=True, slots=True, kw_only=True)
class PushStyle:
    """How a terminal speaks PUSH; its login is the user name and the password."""

    security: int = 0
    """0, or 3 and 4 for AES-128 and AES-256."""
    seals_login: bool = False
    """An encrypting one encrypts its login too."""
    by: str = "sha256"
    """Digest of its login; older firmware has ``sha1`` (inferred)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """A terminal and where it was told to report."""

    path: str
    host: str = "192.0.2.5:8088"
    login: Login | None = None
    address: str = "192.0.2.17"
    mac: str = "44:19:b6:00:5a:17"
    patience_s: float = 5.0
    """remoteCheckTimeout."""
    asynchronous: bool = False
    """A verdict comes by a request to the terminal, not in the answer to the question."""
    tells_result: bool = False
    """Firmware of about 2024 and later: an event with the result follows a question."""
    first_serial: int = 1
    most_serial: int = 100_000
    """After which the numbers begin again at 1."""
    pauses: tuple[float, ...] = (5.0,)
    """Seconds before an event is sent again that got no 200: after the first time, the second …;
    the last one goes on."""
    silence_s: float = 30.0
    """Seconds without an answer after which the connection is given up."""
    remembers: int = 0
    """Events that can be searched for, some hundred bytes each; real units keep 100 000."""
    style: Style = field(default_factory=Style)
    push: PushStyle | None = None
    """It speaks PUSH instead of posting its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that happened at the terminal."""

    time: str
    """ISO 8601, on the terminal's clock."""
    inner: str
    """JSON of the event's own object. Where ``serialNo``, ``frontSerialNo`` or ``currentEvent`` are
    null in it the terminal writes its own; an empty text asks for the number as a text."""
    kind: str = "AccessControllerEvent"
    description: str = "Access Controller Event"
    picture: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A heartbeat is due."""

    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The gateway has an event."""

    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A question was answered with yes, in time."""

    serial: int
    info: str
    person: str = ""
    """Whom it shows, where it did not look itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StayedShut:
    """A question was answered with no, wrongly, or not in time."""

    serial: int
    reason: str
    """``failed``, ``no_answer``, ``no_verdict`` or ``other_serial``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that is no 200, or one that is too late to open anything."""

    status: int
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A session of PUSH began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Send what is kept now, and an empty list where nothing is."""


DeviceEvent = LoggedIn | Taken | Opened | StayedShut | Answered
