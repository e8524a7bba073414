"""Which firmware a terminal runs, as the gateway remembers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.domain.ids import DeviceId
from gateway.domain.values import value


@value
class Running:
    """What a terminal said last that it runs."""

    version: str
    unproven: bool = False
    """Its codec has no recording of it and takes it for the nearest lower one."""
    quirks: tuple[str, ...] = ()
    """Deviations its codec allows for, by name."""


class FirmwareStore(Protocol):
    """Where it is kept. Every method raises StoreUnavailable when the database cannot be asked."""

    async def all(self) -> Mapping[DeviceId, Running]:
        """Read what every terminal runs."""

    async def keep(self, changes: Sequence[tuple[DeviceId, Running]], now_ms: int) -> None:
        """Write down what terminals run now, all of it or nothing.

        One that ran another version before has a line in the audit trail, written with it.
        """
