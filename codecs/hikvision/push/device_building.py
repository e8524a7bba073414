"""A whole terminal that speaks PUSH: what it reports, and the web server its calls are made to."""

from __future__ import annotations

from collections.abc import Callable

from gateway.codecs.hikvision.device_events import DeviceConfig
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.system import Nameplate
from gateway.codecs.hikvision.isapi_device.terminal import IsapiTerminal
from gateway.codecs.hikvision.push.device import PushDevice

from gateway.domain.times import Instant


def build(
    config: DeviceConfig,
    entropy: Callable[[int], bytes],
    habits: Habits | None = None,
    plate: Nameplate | None = None,
) -> tuple[PushDevice, IsapiTerminal]:
    """Return both sides of a terminal, which know of one another."""
    device = PushDevice(config, entropy)

    def decide(verdict: bytes, now: Instant) -> bool:
        return bool(device.verdict(verdict, now))

    terminal = IsapiTerminal(
        plate or Nameplate(), habits or Habits(), device.memory, device.record, decide
    )
    device.calls.serve = terminal.answer
    return device, terminal
