"""Seconds in which we did not read a terminal's socket: its silence then is ours, not its."""

from __future__ import annotations

from gateway.monitoring.presence import PresenceTable


class Deafness:
    """Which devices are not being read at present, and since when."""

    def __init__(self, presence: PresenceTable) -> None:
        self._presence = presence
        self._since: dict[int, float] = {}

    def told(self, slot: int, deaf: bool, mono: float) -> None:
        """Note that a device's socket is paused (``deaf``) or read again."""
        if deaf:
            self._since.setdefault(slot, mono)
        elif slot in self._since:
            self._excuse(slot, self._since.pop(slot), mono)

    def accrue(self, mono: float) -> None:
        """Excuse the silence so far; call it before each sweep, or a long pause turns into one."""
        for slot, since in self._since.items():
            self._excuse(slot, since, mono)
            self._since[slot] = mono

    def _excuse(self, slot: int, since: float, mono: float) -> None:
        self._presence.deaf(mono - since, mono, slot)
