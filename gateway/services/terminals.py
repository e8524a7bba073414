"""What the gateway remembers of each terminal while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway.domain.directory import Device, Directory
from gateway.domain.events import StoredSeries
from gateway.domain.firmware import Running
from gateway.domain.ids import DeviceId
from gateway.domain.numbers import HeldNumbers
from gateway.domain.passages import Placement
from gateway.domain.ports import SessionHandle
from gateway.domain.requests import HeldSeries
from gateway.domain.templates import TemplateFault

Range = tuple[int, int, int]
"""Series, first and last number."""
NO_SERIES: frozenset[int] = frozenset()
NOTHING_ASKED: frozenset[Range] = frozenset()
NO_FAULTS: frozenset[TemplateFault] = frozenset()
"""What nearly all terminals share: an empty set of its own would take 216 bytes of each."""
NOBODY_FOLLOWS: Mapping[int, Newest] = MappingProxyType({})
"""What most terminals share, for their records are numbered without holes."""


@dataclass(slots=True)
class Newest:
    """The last record of a series that was told as it happened."""

    number: int
    device_ms: int
    belated: HeldNumbers | None = None
    """What came of an outage since."""


@dataclass(slots=True)
class Terminal:
    """One known device: its present session, its clock and what we hold of its records."""

    device: Device
    session: SessionHandle | None = None
    clock_offset_ms: int | None = None
    clock_uncertainty_ms: int | None = None
    clock_due: float | None = None
    """Monotonic seconds from which its next status is answered by measuring its clock again; None
    until the first status of a session."""
    firmware: Running | None = None
    """What it said last that it runs, now or before the gateway started."""
    firmware_moved: bool = False
    """It said something else since that was last persisted."""
    ledgers: dict[int, HeldNumbers] = field(default_factory=dict)
    """By series. Only ever behind the database, never ahead: advanced after the commit."""
    stores: tuple[StoredSeries, ...] = ()
    """What the terminal said at its last login that it still keeps."""
    moved: frozenset[int] = NO_SERIES
    """Series whose ledger advanced since its cursor was last persisted."""
    asked: frozenset[Range] = NOTHING_ASKED
    """Ranges asked for again during this session; asking twice would not help."""
    asking: Range | None = None
    faults_told: frozenset[TemplateFault] = NO_FAULTS
    """What was wrong with templates of this session, as far as the log has been told."""
    newest: Mapping[int, Newest] = field(default_factory=lambda: NOBODY_FOLLOWS)
    """By series, of terminals whose records name their predecessor."""
    fetches: bool = False
    """It fetched orders since the gateway started."""
    proofs: int = 0
    """Logins whose proof held; each gets the next number as its turn."""
    entered: int = 0
    """Turn of the last login that was admitted: an earlier one comes too late."""
    _placement: Placement | None = None
    _placed: tuple[int, int] = (0, -1)
    """Milliseconds [from, to] for which the cached placement holds."""

    def placement(self, directory: Directory, at_ms: int) -> Placement:
        """Say where the device hung at ``at_ms``; resolved once per mounting, not per record."""
        first, last = self._placed
        if self._placement is None or not first <= at_ms <= last:
            self._placement = directory.placement(self.device, at_ms)
            self._placed = _validity(directory, self.device.id, at_ms)
        return self._placement

    def begin(self, stores: tuple[StoredSeries, ...]) -> None:
        """Begin a session in which the terminal has these series.

        Others are let go of, or what it can name would know no bound.
        """
        self.stores = stores
        self.asked, self.asking = NOTHING_ASKED, None
        self.faults_told = NO_FAULTS
        wanted = self.moved | {store.series for store in self.stores}
        self.ledgers = {one: held for one, held in self.ledgers.items() if one in wanted}

    def refreshed(self, device: Device) -> None:
        """Take over a changed directory entry."""
        self.device = device
        self._placement = None


def _validity(directory: Directory, device: DeviceId, at_ms: int) -> tuple[int, int]:
    for mounting in directory.mountings.get(device, ()):
        if mounting.covers(at_ms):
            last = mounting.valid_to_ms - 1 if mounting.valid_to_ms is not None else 2**63
            return mounting.valid_from_ms, last
    return at_ms, at_ms


class Terminals:
    """Every terminal that logged in since the start, by device."""

    def __init__(self, firmwares: Mapping[DeviceId, Running] | None = None) -> None:
        """``firmwares`` is what terminals ran when the gateway last knew."""
        self._known: dict[DeviceId, Terminal] = {}
        self._firmwares = firmwares or {}

    def meet(self, device: Device) -> Terminal:
        """Return what we remember of the device, or begin to remember."""
        terminal = self._known.get(device.id)
        if terminal is None:
            firmware = self._firmwares.get(device.id)
            terminal = self._known[device.id] = Terminal(device, firmware=firmware)
        elif terminal.device is not device:
            terminal.refreshed(device)
        return terminal

    def get(self, device: DeviceId) -> Terminal | None:
        """Return what we remember of a device, if anything."""
        return self._known.get(device)

    def session(self, device: DeviceId) -> SessionHandle | None:
        """Return the present session of a device, None where it has none."""
        terminal = self._known.get(device)
        return None if terminal is None else terminal.session

    def __iter__(self) -> Iterator[Terminal]:
        return iter(self._known.values())

    def other_firmware(self) -> list[Terminal]:
        """Return the terminals whose firmware is not persisted as it is."""
        return [terminal for terminal in self._known.values() if terminal.firmware_moved]

    def take_moved(self) -> list[tuple[DeviceId, HeldSeries]]:
        """Return the prefixes that advanced since the last call, for lazy persistence."""
        moved = [
            (terminal.device.id, terminal.ledgers[series].snapshot())
            for terminal in self._known.values()
            for series in terminal.moved
        ]
        for terminal in self._known.values():
            terminal.moved = NO_SERIES
        return moved
