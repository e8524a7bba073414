"""Questions of a terminal by PUSH: taken like any event, answered by a call, and not for ever."""

from __future__ import annotations

from gateway.codecs.hikvision.device_events import (
    DeviceConfig,
    DeviceEvent,
    Opened,
    StayedShut,
)
from gateway.codecs.hikvision.device_records import Kept, Records
from gateway.codecs.hikvision.verdict import read_verdict


class Questions:
    """Owns who waits at the gate."""

    def __init__(self, records: Records, config: DeviceConfig) -> None:
        self._records = records
        self._config = config
        self._open: dict[int, Kept] = {}
        self._told: list[DeviceEvent] = []

    def ask(self, kept: Kept) -> None:
        """Take note of a question that leaves."""
        if not kept.decided:
            self._open[kept.serial] = kept

    def deadline(self) -> float | None:
        """Monotonic seconds at which somebody gives up."""
        return min(map(self._until, self._open.values()), default=None)

    def expire(self, mono: float) -> list[DeviceEvent]:
        """Let nobody in who waited long enough."""
        late = [one for one in self._open.values() if mono >= self._until(one)]
        return [self._end(one, "no_answer") for one in late]

    def decide(self, body: bytes, mono: float) -> list[DeviceEvent]:
        """Take a verdict; nothing is returned where nobody waits for it."""
        verdict = read_verdict(body)
        asked = None if verdict is None else self._open.get(verdict.serial)
        if verdict is None or asked is None or mono >= self._until(asked):
            return []
        if not verdict.passes:
            found = self._end(asked, "failed")
        else:
            self._close(asked, opened=True)
            found = Opened(serial=verdict.serial, info=verdict.info, person=verdict.person)
        self._told.append(found)
        return [found]

    def told(self) -> list[DeviceEvent]:
        """Return and forget what verdicts led to."""
        told, self._told = self._told, []
        return told

    def _until(self, asked: Kept) -> float:
        began = asked.asked_at if asked.sent_at is None else asked.sent_at
        return began + self._config.patience_s

    def _end(self, asked: Kept, reason: str) -> DeviceEvent:
        self._close(asked, opened=False)
        return StayedShut(serial=asked.serial, reason=reason)

    def _close(self, asked: Kept, *, opened: bool) -> None:
        asked.decided = True
        del self._open[asked.serial]
        self._records.follow(asked, opened=opened, away=False)
