"""What a terminal does with the calls it fetched: a few, and the maker's error for the others."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

from gateway.codecs.hikvision.device_events import DeviceEvent, Did
from gateway.codecs.hikvision.push.cipher import plain_bytes

MOST_DONE = 64
DOORS = "/ISAPI/AccessControl/RemoteControl/door/"
DONE = {"statusCode": 1, "statusString": "OK", "subStatusCode": "ok"}
UNKNOWN = {
    "statusCode": 4,
    "statusString": "Invalid Operation",
    "subStatusCode": "notSupport",
    "errorCode": 1073741825,
    "errorMsg": "notSupport",
}


class Acts:
    """Owns what was done already: a call that comes twice is done once."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, bytes] = OrderedDict()

    def do(self, command: dict[str, Any]) -> tuple[bytes, bytes, list[DeviceEvent]]:
        """Make a call to itself; return a verdict that it holds, the result, and what was done."""
        uuid, (method, _, target) = command["UUID"], command["URL"].partition(" ")
        known = self._done.get(uuid)
        if known is not None:
            return b"", known, []
        verdict, said, told = b"", UNKNOWN, []
        path = target.partition("?")[0]
        if (method, path) == ("PUT", "/ISAPI/AccessControl/remoteCheck"):
            verdict, said = plain_bytes(command["data"].encode()), DONE
        elif method == "PUT" and path.startswith(DOORS) and path != f"{DOORS}capabilities":
            said, told = DONE, [Did(what=f"{method} {path}")]
        result = json.dumps(said, separators=(",", ":")).encode()
        self._done[uuid] = result
        if len(self._done) > MOST_DONE:
            self._done.popitem(last=False)
        return verdict, result, list(told)
