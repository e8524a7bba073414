"""Holes that a terminal's own records tell of: its memory is searched until they are closed.

A search is an order like any other, so whatever reaches the terminal carries it, and what it finds
takes the way of all records. Where nothing reaches it the hole waits. Not known over a restart.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.command_queue import Command, CommandId, CommandState
from gateway.domain.errors import GatepostError, StoreUnavailable
from gateway.domain.ids import DeviceId
from gateway.domain.times import Instant
from gateway.services.command.service import Commands
from gateway.services.common import Common
from gateway.services.terminals import Range

KIND = "search"
BY = "gateway"
LONGEST_SEARCH_S = 3600.0
"""An order whose end nobody was told of this long after it had to be sent is forgotten."""
REASON = "records told of and not here"
DEFINITE = frozenset({"unsupported", "bad_value", "forbidden", "endless"})
"""Codes after which another attempt would end the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """Units in the names, reasons in the settings reference."""

    first_s: float = 10.0
    """A hole waits so long: the rest of an outage may come by itself."""
    longest_s: float = 3600.0
    """The pause after an attempt that failed doubles up to this."""
    attempts: int = 24
    within_s: float = 300.0
    """An order that could not be sent so long is given up, and counts as an attempt."""
    holes: int = 16
    """Of one terminal; the newest one takes in what would be more."""


@dataclass(slots=True)
class _Wanted:
    """The holes of one device, the first one under way or next."""

    holes: deque[Range]
    due: float
    attempts: int = 0
    order: CommandId | None = None
    giving: bool = False


class Searches:
    """Has the memory of terminals searched, one hole of a terminal at a time."""

    def __init__(
        self,
        commands: Commands,
        common: Common,
        clock: Callable[[], Instant],
        limits: SearchLimits,
    ) -> None:
        self._commands = commands
        self._tasks = common.tasks
        self._tally = common.tally
        self._log = common.log
        self._clock = clock
        self._limits = limits
        self._wanted: dict[DeviceId, _Wanted] = {}
        commands.followed = self._over

    @property
    def open(self) -> int:
        """How many holes are not closed yet."""
        return sum(len(wanted.holes) for wanted in self._wanted.values())

    def told(self, device: DeviceId, hole: Range) -> None:
        """Take a hole in a terminal's records."""
        wanted = self._wanted.get(device)
        if wanted is None:
            due = self._clock().mono + self._limits.first_s
            self._wanted[device] = _Wanted(deque([hole]), due)
            return
        last = wanted.holes[-1]
        full = len(wanted.holes) >= max(2, self._limits.holes) and last[0] == hole[0]
        if full:
            wanted.holes[-1] = (hole[0], min(last[1], hole[1]), max(last[2], hole[2]))
        elif hole not in wanted.holes:
            wanted.holes.append(hole)

    def review(self) -> None:
        """Begin the searches that are due and can be carried; call it every few seconds."""
        now = self._clock().mono
        for device, wanted in self._wanted.items():
            if wanted.giving or now < wanted.due:
                continue
            if wanted.order is not None:  # its end could not be stored, so nobody was told of it
                wanted.order = None
                self._put_off(wanted)
                continue
            if self._commands.way(device) is not None:
                wanted.giving = True
                self._tasks.spawn(self._ask(device, wanted), "gap search")

    async def _ask(self, device: DeviceId, wanted: _Wanted) -> None:
        series, first, last = wanted.holes[0]
        args = {"series": series, "first": first, "last": last}
        within_s = self._limits.within_s
        try:
            given = await self._commands.give(
                device, KIND, args, by=BY, reason=REASON, within_s=within_s
            )
            wanted.order = given.id
            wanted.due = self._clock().mono + within_s + LONGEST_SEARCH_S
            self._tally.gaps_asked += 1
        except (GatepostError, StoreUnavailable):
            self._put_off(wanted)
        finally:
            wanted.giving = False

    def _over(self, command: Command) -> None:
        device = command.order.device
        wanted = self._wanted.get(device)
        if wanted is None or wanted.order != command.id:
            return
        wanted.order = None
        wanted.attempts += 1
        said = command.result or {}
        found = said.get("found")
        if command.state is CommandState.DONE and found:
            series, first, last = self._close(device, wanted)
            self._log.info(
                "record.gap_searched",
                device=device,
                series=series,
                first=first,
                last=last,
                found=found,
            )
        elif command.state is CommandState.DONE:
            self._lose(device, wanted, "nothing_found")
        elif command.code in DEFINITE:
            self._lose(device, wanted, command.code)
        elif wanted.attempts >= self._limits.attempts:
            self._lose(device, wanted, command.code or command.state.value)
        else:
            self._put_off(wanted)

    def _put_off(self, wanted: _Wanted) -> None:
        doubled = self._limits.first_s * 2.0 ** min(wanted.attempts, 32)
        wanted.due = self._clock().mono + min(doubled, self._limits.longest_s)

    def _close(self, device: DeviceId, wanted: _Wanted) -> Range:
        hole = wanted.holes.popleft()
        wanted.attempts, wanted.due = 0, self._clock().mono
        if not wanted.holes:
            del self._wanted[device]
        return hole

    def _lose(self, device: DeviceId, wanted: _Wanted, code: str) -> None:
        """Say that a hole stays: the terminal does not have it, or cannot be asked."""
        series, first, last = self._close(device, wanted)
        self._tally.gaps_unanswered += 1
        self._log.error(
            "record.gap_unanswered", device=device, series=series, first=first, last=last, code=code
        )
