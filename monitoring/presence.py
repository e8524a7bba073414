"""Who was heard when, and who is late or offline by now; silence of ours is never theirs.

The table owns one slot per device. A frame costs one store into an array; everything else is
computed by a sweep once a second. It knows no clock: every time is an argument, in seconds on the
monotonic clock.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gateway.domain.directory import Device
from gateway.domain.ids import DeviceId

LATE_AFTER = 1.5
"""Cadences of silence before a terminal is shown as late (monitoring 2.2)."""
RECONNECT_S = 60.0
"""Seconds every terminal has after our start on top of its missed heartbeats (monitoring 2.2)."""
LONGEST_CADENCE_S = 300.0
"""Two heartbeats further apart are no cadence: a terminal that may do without had none between."""
STALLED_S = 5.0
"""A sweep that comes later than this after the last one proves that we were not listening."""

NEVER = -np.inf


class Presence(IntEnum):
    """What the table says of a device."""

    NEVER_SEEN = 0
    """Not heard since it was registered: commissioning, not a fault."""
    ONLINE = 1
    LATE = 2
    OFFLINE = 3
    QUIET = 4
    """Not heard for as long as an offline one, but it has shown no heartbeats, so its silence says
    nothing: nobody may have passed."""


FREE = -1
"""State of a slot without a device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change, dated at the moment it is true of: the deadline or the frame, not the sweep."""

    device: DeviceId
    before: Presence
    after: Presence
    at: float


class PresenceTable:
    """Last-heard times and the states computed from them.

    ``last`` may be written directly, ``last[slot] = mono``, which is all that `touch` does; the
    array object stays the same when the table grows.
    """

    def __init__(
        self,
        *,
        started: float,
        default_cadence_s: float,
        missed: int = 3,
        grace_s: float = 5.0,
        unpaced: AbstractSet[str] = frozenset(),
    ) -> None:
        """``unpaced`` are dialects whose terminals are not bound to have heartbeats."""
        self.last = array("d")
        self.deaf_total = 0.0
        """Seconds in which nobody could be heard, since the start."""
        self._started = started
        self._default_cadence = default_cadence_s
        self._missed = missed
        self._grace = grace_s
        self._unpaced = unpaced
        self._swept = started
        self._slots: dict[DeviceId, int] = {}
        self._free: deque[int] = deque()
        self._devices: list[DeviceId] = []
        self._suppliers: dict[str, int] = {}
        self._columns = _Columns(self.last)

    def register(self, device: Device, known: Presence = Presence.NEVER_SEEN) -> int:
        """Return the device's slot, the same one until `detach`; take over its present cadence.

        While it has a session, the cadence stays the one it was told at its login.

        ``known`` is what was known of a new device before this process started. One that was
        online or late is waited for as if it had been heard at our start; one that was offline
        stays so until it is heard, without a second transition.
        """
        slot = self._slots.get(device.id)
        if slot is None:
            slot = self._take_slot(device.id)
            self._columns.start(slot, known, self._started)
        supplier = self._suppliers.setdefault(device.supplier, len(self._suppliers))
        self._columns.supplier[slot] = supplier
        if not self._columns.connected[slot]:
            self._expect(slot, device)
        return slot

    def attach(self, device: Device) -> int:
        """Note that the device has a new session, and return its slot."""
        slot = self.register(device)
        self._expect(slot, device)
        self._columns.connected[slot] = True
        return slot

    def _expect(self, slot: int, device: Device) -> None:
        cadence = float(device.cadence_s or self._default_cadence)
        pace = float(self._columns.pace[slot])
        self._columns.unpaced[slot] = device.dialect in self._unpaced and not pace
        self._judge_by(slot, max(cadence, pace))

    def _judge_by(self, slot: int, cadence: float) -> None:
        self._columns.late_after[slot] = self._grace + LATE_AFTER * cadence
        self._columns.offline_after[slot] = self._grace + self._missed * cadence

    def beat(self, device: Device, slot: int, mono: float) -> None:
        """Note a heartbeat of a terminal that may have none.

        From its second one on it is judged by the pace it has shown, never by a shorter one than it
        is registered with. What comes more than `LONGEST_CADENCE_S` apart is no pace.
        """
        before = float(self._columns.beat_at[slot])
        self._columns.beat_at[slot] = mono
        if mono - before <= LONGEST_CADENCE_S:
            self._columns.pace[slot] = mono - before
            self._expect(slot, device)

    def disconnected(self, slot: int, mono: float) -> None:
        """Note that the session ended; the deadline alone judges the silence that follows."""
        del mono
        self._columns.connected[slot] = False

    def detach(self, slot: int) -> None:
        """Forget a device that was removed from the directory; its slot will be used again.

        A session of it that lives a moment longer may still write to the slot.
        """
        del self._slots[self._devices[slot]]
        self._columns.start(slot, None, 0.0)
        self._free.append(slot)

    def keep(self, devices: AbstractSet[DeviceId]) -> None:
        """Forget everybody who is not among ``devices``: nobody waits for them any more."""
        for device in self._slots.keys() - devices:
            self.detach(self._slots[device])

    def touch(self, slot: int, mono: float) -> None:
        """Note that the device was heard."""
        self.last[slot] = mono

    def deaf(self, seconds: float, now: float, slot: int | None = None) -> None:
        """Excuse silence that lies within the last ``seconds``: of one device, or of everybody.

        The credit ends with the next frame and never exceeds the silence itself.
        """
        if slot is None:
            self.deaf_total += seconds
        which = slice(None) if slot is None else slice(slot, slot + 1)
        self._columns.excuse(which, seconds, now)

    def sweep(self, now: float) -> list[Transition]:
        """Compute everybody's state and return what changed, in the order of slots.

        Without a new frame a state can only get worse.
        """
        if now - self._swept > STALLED_S:
            self.deaf(now - self._swept, now)
        self._swept = now
        table = self._columns
        table.fold(slice(None))
        unheard = ~table.heard
        earliest = self._started + RECONNECT_S - self._grace
        silent_since = np.maximum(table.last + table.credit, earliest)
        late_at = silent_since + table.late_after
        offline_at = silent_since + table.offline_after
        target = (late_at < now).astype(np.int8) + (offline_at < now)
        target += Presence.ONLINE
        table.excuse_unpaced(target)
        np.maximum(target, table.state, out=target, where=unheard)
        untold = (table.state == FREE) | ((table.state == Presence.NEVER_SEEN) & unheard)
        np.copyto(target, table.state, where=untold)
        changed = np.flatnonzero(target != table.state)
        dates = {
            Presence.ONLINE: table.last,
            Presence.LATE: late_at,
            Presence.OFFLINE: offline_at,
            Presence.QUIET: offline_at,
        }
        transitions = [
            Transition(
                device=self._devices[slot],
                before=Presence(table.state[slot]),
                after=Presence(target[slot]),
                at=float(dates[target[slot]][slot]),
            )
            for slot in changed.tolist()
        ]
        table.state[changed] = target[changed]
        table.heard[:] = False
        return transitions

    def heard_since(self, mono: float) -> list[tuple[DeviceId, float]]:
        """Return who was heard in this process, last at ``mono`` or later, and when that was."""
        table = self._columns
        heard = (table.last >= mono) & (table.last > self._started) & (table.state != FREE)
        return [(self._devices[slot], self.last[slot]) for slot in np.flatnonzero(heard).tolist()]

    def after(self, device: Device, silent_s: float) -> Presence:
        """Say what a device is after so many seconds of silence, by its registration."""
        cadence = float(device.cadence_s or self._default_cadence)
        if silent_s <= self._grace + self._missed * cadence:
            return Presence.ONLINE
        return Presence.QUIET if device.dialect in self._unpaced else Presence.OFFLINE

    def state(self, slot: int) -> Presence:
        """Return the state as of the last sweep."""
        return Presence(self._columns.state[slot])

    def counts(self) -> dict[str, dict[Presence, int]]:
        """Count devices by supplier and state, as of the last sweep; zeros included."""
        table = self._columns
        used = table.state != FREE
        kinds = len(Presence)
        index = table.supplier[used] * kinds + table.state[used]
        found = np.bincount(index, minlength=len(self._suppliers) * kinds).tolist()
        return {
            supplier: {state: found[at * kinds + state] for state in Presence}
            for supplier, at in self._suppliers.items()
        }

    def connected(self) -> int:
        """Count devices that have a session."""
        return int(np.count_nonzero(self._columns.connected))

    def _take_slot(self, device: DeviceId) -> int:
        if not self._free:
            size = len(self.last)
            self._columns = self._columns.grown(self.last, max(1024, 2 * size))
            self._free.extend(range(size, len(self.last)))
            self._devices.extend([DeviceId(-1)] * (len(self.last) - size))
        slot = self._free.popleft()
        self._slots[device] = slot
        self._devices[slot] = device
        return slot


class _Columns:
    """The table by columns; ``last`` is a view of the array that sessions write."""

    def __init__(self, last: array[float]) -> None:
        size = len(last)
        self.last: NDArray[np.float64] = np.frombuffer(last, dtype=np.float64)
        self.folded = np.full(size, NEVER)
        """``last`` as of the previous fold; what differs has been heard since."""
        self.heard = np.zeros(size, dtype=np.bool_)
        """Heard since the previous sweep, as far as folded."""
        self.credit = np.zeros(size)
        """Seconds of silence since ``last`` that were ours."""
        self.late_after = np.zeros(size)
        self.offline_after = np.zeros(size)
        self.unpaced = np.zeros(size, dtype=np.bool_)
        """Bound to no heartbeats, and none were seen."""
        self.beat_at = np.full(size, NEVER)
        self.pace = np.zeros(size)
        """Seconds between its last two heartbeats, where it is not bound to any; 0: not known."""
        self.state = np.full(size, FREE, dtype=np.int8)
        self.connected = np.zeros(size, dtype=np.bool_)
        self.supplier = np.zeros(size, dtype=np.intp)

    def grown(self, last: array[float], size: int) -> _Columns:
        """Lengthen ``last`` in place, which needs every view of it gone, and copy the rest."""
        used = len(last)
        del self.last
        last.extend([NEVER] * (size - used))
        new = _Columns(last)
        for name, column in vars(self).items():
            getattr(new, name)[:used] = column
        return new

    def start(self, slot: int, known: Presence | None, started: float) -> None:
        """Make the slot's history blank."""
        waited_for = known in (Presence.ONLINE, Presence.LATE)
        self.last[slot] = self.folded[slot] = started if waited_for else NEVER
        self.heard[slot] = self.connected[slot] = False
        self.credit[slot] = self.pace[slot] = 0.0
        self.beat_at[slot] = NEVER
        self.unpaced[slot] = False
        self.state[slot] = FREE if known is None else known

    def fold(self, which: slice) -> None:
        """Take note of who was heard since the previous fold: that ends their credit."""
        fresh = self.last[which] != self.folded[which]
        self.heard[which] |= fresh
        self.credit[which][fresh] = 0.0
        self.folded[which] = self.last[which]

    def excuse_unpaced(self, target: NDArray[np.int8]) -> None:
        """Call nobody late or offline who is bound to no heartbeats."""
        target[self.unpaced & (target == Presence.LATE)] = Presence.ONLINE
        target[self.unpaced & (target == Presence.OFFLINE)] = Presence.QUIET

    def excuse(self, which: slice, seconds: float, now: float) -> None:
        """Add to the credit of silence, at most up to the silence itself."""
        self.fold(which)
        silence = np.maximum(now - self.last[which], 0.0)
        self.credit[which] = np.minimum(self.credit[which] + seconds, silence)
