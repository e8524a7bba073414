"""Which firmware terminals run, and when that changes: what their codec assumes of them."""

from __future__ import annotations

from gateway.domain.events import FirmwareChanged, LoginProved
from gateway.domain.firmware import Running
from gateway.services.common import Common
from gateway.services.terminals import Terminal


class Firmware:
    """Writes a change down once, also when it shows at a later login only."""

    def __init__(self, common: Common) -> None:
        self._tally = common.tally
        self._log = common.log

    def told(self, terminal: Terminal, event: LoginProved | FirmwareChanged) -> None:
        """Take note of what a terminal says it runs; nothing said changes nothing."""
        before = terminal.firmware
        now = Running(version=event.firmware, unproven=event.unproven, quirks=event.quirks)
        if not event.firmware or now == before:
            return
        terminal.firmware = now
        terminal.firmware_moved = True
        facts = {
            "device": terminal.device.id,
            "firmware": now.version,
            "quirks": ",".join(now.quirks),
        }
        if before is not None and before.version != now.version:
            self._tally.firmware_changes += 1
            self._log.warning("device.firmware_changed", before=before.version, **facts)
        if now.unproven:
            self._log.warning("device.firmware_unproven", **facts)
