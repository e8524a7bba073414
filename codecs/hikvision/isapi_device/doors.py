"""Orders to the door, and verdicts that come by a request of the gateway's."""

from __future__ import annotations

import json
from collections.abc import Callable

from gateway.codecs.hikvision.device_events import Occurrence
from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.hikvision.isapi_device.reading import document, within
from gateway.codecs.hikvision.isapi_device.statuses import Unwilling, done, lack, shown
from gateway.codecs.hikvision.values import text
from gateway.codecs.hikvision.verdict import read_verdict

from gateway.domain.times import Instant

ALL_DOORS = 65535
OPERATIONS = {
    "open": (0x400, 0x15),
    "close": (0x401, 0x16),
    "alwaysOpen": (0x402, 0x13),
    "alwaysClose": (0x403, 0x1F),
    "resume": (0x401, 0x14),
}
"""What is reported afterwards: a minor of major 3, and one of major 5."""

Happen = Callable[[Occurrence, Instant], object]
Decide = Callable[[bytes, Instant], bool]
"""Takes a verdict; False where nobody waits for it."""


class Doors:
    """The one door."""

    def __init__(self, habits: Habits, happen: Happen, decide: Decide) -> None:
        self._habits = habits
        self._happen = happen
        self._decide = decide
        self.moved: list[str] = []
        """Orders it obeyed."""

    def capabilities(self, request: Asked) -> Reply:
        """Say which orders there are."""
        del request
        inner = f'<doorNo min="1" max="1"/><cmd opt="{",".join(OPERATIONS)}"/>'
        return shown("RemoteControlDoor", inner, self._habits)

    def control(self, request: Asked, time: str, now: Instant) -> Reply:
        """Move the door, and report that it was moved; ``time`` is the terminal's."""
        door = request.path.rpartition("/")[2]
        if door not in ("1", str(ALL_DOORS)):
            raise Unwilling("badParameters", "doorNo")
        cmd = text(document(request).get("cmd"))
        if cmd not in OPERATIONS:
            raise Unwilling("badParameters", "cmd") if cmd else lack("cmd")
        self.moved.append(cmd)
        for major, minor in zip((3, 5), OPERATIONS[cmd], strict=True):
            inner: dict[str, object] = {"majorEventType": major, "subEventType": minor, "doorNo": 1}
            inner |= {"serialNo": None, "frontSerialNo": None, "currentEvent": None}
            self._happen(Occurrence(time=time, inner=json.dumps(inner)), now)
        return done(self._habits, json_=False)

    def verdict(self, request: Asked, now: Instant) -> Reply:
        """Take a verdict; what a unit says to one nobody waits for is unknown."""
        told = within(request, "RemoteCheck")
        for name in ("serialNo", "checkResult"):
            if name not in told:
                raise lack(name)
        if read_verdict(request.body) is None or told["checkResult"] not in ("success", "failed"):
            raise Unwilling("badParameters", "checkResult")
        if not self._decide(request.body, now):
            raise Unwilling("invalidOperation", "serialNo")
        return done(self._habits)
