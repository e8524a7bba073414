"""Who is connected. A newer connection always wins; an older one can only remove itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from gateway.domain.ids import DeviceId, Generation
from gateway.domain.ports import SessionHandle

S = TypeVar("S", bound=SessionHandle)


class Registry(Generic[S]):
    """The live session of each device.

    A terminal behind a mobile network reconnects long before its old connection is seen to be
    dead, so "connected" and "disconnected" arrive in any order. The generation tells them apart.
    """

    __slots__ = ("_last", "_live")

    def __init__(self) -> None:
        self._last = 0
        self._live: dict[DeviceId, tuple[Generation, S]] = {}

    def claim(self, device: DeviceId, session: S) -> tuple[Generation, S | None]:
        """Make ``session`` the live one; return its generation and whom the caller must close."""
        self._last += 1
        generation = Generation(self._last)
        old = self.session(device)
        self._live[device] = (generation, session)
        return generation, old

    def release(self, device: DeviceId, generation: Generation) -> bool:
        """Let go of a device; False when a newer session has it: neither news nor an outage."""
        current = self._live.get(device)
        if current is None or current[0] != generation:
            return False
        del self._live[device]
        return True

    def session(self, device: DeviceId) -> S | None:
        """Return the live session of a device."""
        current = self._live.get(device)
        return current[1] if current is not None else None

    def __iter__(self) -> Iterator[S]:
        return iter([session for _, session in self._live.values()])

    def __len__(self) -> int:
        return len(self._live)
