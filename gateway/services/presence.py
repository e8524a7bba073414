"""What services need of the presence table, which `gateway.monitoring` owns."""

from __future__ import annotations

from typing import Protocol

from gateway.domain.directory import Device


class PresencePort(Protocol):
    """Who was heard when."""

    def attach(self, device: Device) -> int:
        """Return the device's slot, the same one for as long as the process runs."""

    def beat(self, device: Device, slot: int, mono: float) -> None:
        """Note a heartbeat of a terminal that need not have any."""

    def touch(self, slot: int, mono: float) -> None:
        """Note that the device was heard at ``mono`` (monotonic seconds)."""

    def disconnected(self, slot: int, mono: float) -> None:
        """Note that the connection ended; silence is still judged by the deadline alone."""
