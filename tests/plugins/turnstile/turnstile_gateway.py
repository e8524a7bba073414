"""Turnstile: lines `$KIND,sequence,fields*XOR` CR LF, the XOR of what stands between $ and *."""

import hashlib
import hmac
from collections.abc import Iterator

from gateway.codecs.api import Context, Dialect, Limits, TimeBasis
from gateway.codecs.checksum import xor8
from gateway.codecs.conversation import FramedConversation
from gateway.codecs.framing import Delimited

from gateway.domain import events, requests
from gateway.domain.ids import Serial
from gateway.domain.vocabulary import Decision, Direction, Lane, Means


def sound(line: bytes) -> str | None:
    text, star, check = line[:-2].rpartition(b"*")
    if not star or not text.startswith(b"$"):
        return "syntax"
    return None if check == b"%02X" % xor8(text[1:]) else "checksum"


class Conversation(FramedConversation[str]):
    framing = Delimited(terminator=b"\r\n", max_frame=256, body=sound)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.serial, self.key, self.online = Serial(""), b"", False

    def say(self, *words: str) -> None:
        self.send(b"$%s*%02X\r\n" % (text := ",".join(words).encode("latin-1"), xor8(text)))

    def read(self, frame: bytes, now: object) -> Iterator[events.Event]:
        match frame[1:-3].decode("latin-1").split(","):
            case ["HI", _, serial, key] if not self.serial and serial:
                self.serial, self.key = Serial(serial[:32]), key.encode("latin-1")
                yield events.CredentialWanted(serial=self.serial)
            case _ if not self.online:
                self.closing = "not_logged_in"
                yield events.Misbehaved(code="not_logged_in", fatal=True)
            case ["UP", sequence]:
                self.say("OK", sequence)
                yield events.Heartbeat()
            case ["IN" | "OUT" as way, seq, log, card, at] if log.isdecimal() and at.isdecimal():
                body = frame[1:-3].split(b",", 2)[2]
                yield events.PassageReported(
                    receipt=self.receipt(seq), lane=Lane.LIVE, series=0, number=int(log),
                    identity=log.encode()[:64], digest=hashlib.sha256(body).digest(), raw=frame,
                    device_ms=int(at) * 1000, direction=Direction[way], claim=card or None,
                    means=Means.CARD, decision=Decision.GRANTED,
                )  # fmt: skip
            case [kind, *_]:
                yield events.UnknownMessage(command=xor8(kind.encode("latin-1")), sample=frame[:32])

    def submit(self, request: requests.Request, now: object) -> list[events.Event]:
        match request:
            case requests.CredentialGiven(secret=secret):
                if secret and hmac.compare_digest(secret.hex().encode(), self.key):
                    return [events.LoginProved(serial=self.serial)]
                self.closing = "bad_proof"
                return [events.LoginFailed(serial=self.serial, reason="bad_proof")]
            case requests.Admit():
                self.online = True
                self.say("OK", "HI")
            case requests.Refuse():
                self.closing = "refused"
            case requests.Accept(receipt=one) | requests.Conflict(receipt=one):
                if (sequence := self.settle(one)) is not None:
                    self.say("OK", sequence)
            case requests.Defer(receipt=one):
                self.settle(one)  # no word for "later": unanswered, it comes again
        return []


DIALECT = Dialect(
    name="turnstile", version="1", summary="turnstiles that speak lines", conversation=Conversation,
    opening=lambda first: first[:4] == b"$HI," if len(first) > 3 else None,
    checksum=True, time_basis=TimeBasis.UTC, limits=Limits(max_frame=256),
)  # fmt: skip
