"""What a terminal does with the calls it fetched: it makes them to its own web server.

Owns what was done already: a call that comes twice is done once.
"""

from __future__ import annotations

from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from gateway.codecs.hikvision.isapi_device.asked import Asked, Reply, asked
from gateway.codecs.hikvision.push.payload import unpack
from gateway.codecs.hikvision.push.texts import Item

from gateway.domain.times import Instant

MOST_DONE = 64

Serve = Callable[[Asked, Instant], Reply]


def serves_nothing(request: Asked, now: Instant) -> Reply:
    """Answer as a terminal without a web server."""
    del request, now
    return Reply(status=404)


class Calls:
    """The calls of one terminal, and what they led to until the gateway has it."""

    def __init__(self) -> None:
        self.serve: Serve = serves_nothing
        self.results: list[dict[str, str]] = []
        self._done: OrderedDict[str, dict[str, str]] = OrderedDict()

    def make(self, command: dict[str, Any], now: Instant) -> None:
        """Make a call; raises Refused, LookupError or TypeError for what is none."""
        uuid, (method, _, target) = command["UUID"], command["URL"].partition(" ")
        if uuid not in self._done:
            payload = unpack(Item(uuid=uuid, form=command["dataFormat"], data=command["data"]))
            reply = self.serve(asked(method, target, payload.kind, payload.body), now)
            form, data = _packed(reply)
            result = {"UUID": uuid, "dataFormat": form, "data": b64encode(data).decode()}
            self._done[uuid] = result
            if len(self._done) > MOST_DONE:
                self._done.popitem(last=False)
        self.results.append(self._done[uuid])


def _packed(reply: Reply) -> tuple[str, bytes]:
    if not reply.body:
        return "noData", b""
    return ("xmlData" if "xml" in reply.kind else "jsonData"), reply.body
