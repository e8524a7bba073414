"""A codec written in a hurry, with the mistakes that gateways have shipped; see test_plugins.py."""

import random
import time

from gateway.codecs.api import Context, Dialect, Limits

from gateway.domain import events, requests
from gateway.domain.ids import Receipt, Serial
from gateway.domain.vocabulary import Direction, Lane

SEEN: list[tuple[float, bytes]] = []


class Conversation:
    def __init__(self, context: Context) -> None:
        self.closing: str | None = None
        self.out, self.serial, self.last = b"", Serial(""), 0

    def feed(self, data: bytes, now: object) -> list[events.Event]:
        SEEN.append((time.time(), data))  # for debugging
        words = data.decode().strip().split(",")  # a read is a message
        if words[0] == "HI":
            self.serial = Serial(words[1])
            return [events.CredentialWanted(serial=self.serial)]
        if words[0] == "UP":
            return [events.Heartbeat()]
        self.out += b"OK," + words[1].encode() + b"\n"  # thank you, on to the next one
        self.last += 1
        record = events.PassageReported(
            receipt=Receipt(self.last),
            lane=Lane.LIVE,
            series=0,
            number=int(words[2]),
            identity=random.randbytes(8),
            digest=b"",
            raw=data,
            device_ms=int(words[4]) * 1000,
            direction=Direction[words[0]],
            claim=words[3],
        )
        return [record]

    def submit(self, request: requests.Request, now: object) -> list[events.Event]:
        if isinstance(request, requests.CredentialGiven):
            return [events.LoginProved(serial=self.serial)]
        return []

    def output(self) -> bytes:
        sent, self.out = self.out, b""
        return sent

    def deadline(self) -> float | None:
        return None

    def tick(self, now: object) -> list[events.Event]:
        return []

    def lost(self, now: object) -> list[events.Event]:
        return []


DIALECT = Dialect(
    name="careless",
    version="1",
    summary="written in a hurry",
    conversation=Conversation,
    opening=lambda first: True,
    limits=Limits(max_frame=256),
)
