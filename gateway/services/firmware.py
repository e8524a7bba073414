"""Which firmware terminals run, and when that changes: what their codec assumes of them."""

from __future__ import annotations

from gateway.domain.events import FirmwareChanged, LoginProved
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
        if not event.firmware or event.firmware == before:
            return
        terminal.firmware = event.firmware
        terminal.firmware_unproven = event.unproven
        facts = {
            "device": terminal.device.id,
            "firmware": event.firmware,
            "quirks": ",".join(event.quirks),
        }
        if before:
            self._tally.firmware_changes += 1
            self._log.warning("device.firmware_changed", before=before, **facts)
        if event.unproven:
            self._log.warning("device.firmware_unproven", **facts)
