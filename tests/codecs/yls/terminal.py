"""A scripted terminal: frames made by hand, for tests of what the gateway's side answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.codecs.api import Context
from gateway.codecs.yls.body import Body
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import Frame, pack, parse, whole
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.registers import DIR, MAC, OW, RSP, Command, Tlv
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.server import YlsConversation

from gateway.domain.events import CredentialWanted, Event, LoginProved
from gateway.domain.ids import Serial
from gateway.domain.requests import Admit, CredentialGiven, HeldSeries, Request
from gateway.domain.times import Instant
from tests.codecs.yls import vectors

NOW = Instant(500.0, vectors.BASE)
HELD = (HeldSeries(series=vectors.EPOCH, upto=1201),)
ADMIT = Admit(session=vectors.SESSION, heartbeat_s=30, held=HELD)
V1_BODY = parse(vectors.V1).body


def context(*, secure: bool = False, resync: bool = False, **settings: int | bool) -> Context:
    return Context(
        entropy=lambda size: vectors.NONCE_S[:size],
        secure=secure,
        resync=resync,
        settings={"max_frame": 2048, **settings},
    )


def frames(data: bytes) -> list[Frame]:
    """Take what the gateway sent apart."""
    found = []
    while data:
        size = int.from_bytes(data[14:16], "big") + 20
        frame = whole(data[:size], MOST_FRAME)
        assert frame is not None
        assert frame.flags & DIR
        found.append(frame)
        data = data[size:]
    return found


def conversation(**settings: int | bool) -> YlsConversation:
    """Begin the gateway's side of a conversation on plain TCP."""
    known = context()
    return YlsConversation(replace(known, settings={**known.settings, **settings}))


def result_of(raw: bytes) -> int:
    """Return the RESULT of the one answer in ``raw``."""
    (frame,) = frames(raw)
    assert frame.flags & RSP
    return Body(frame.body).number(Tlv.RESULT, 2)


class Terminal:
    """The device of the worked vectors, logged in by them."""

    def __init__(
        self,
        *,
        secure: bool = False,
        resync: bool = False,
        held: tuple[HeldSeries, ...] = HELD,
        **settings: int | bool,
    ) -> None:
        self.server = YlsConversation(context(secure=secure, resync=resync, **settings))
        self.now = NOW
        self.seal = Seal(vectors.KMAC, vectors.KENC, sid=vectors.SESSION, direction=0, bare=secure)
        self.seq = 2
        self.default = 0 if secure else MAC
        assert self.feed(vectors.V1) == []
        assert self.output() == vectors.V2
        assert self.feed(vectors.V3) == [CredentialWanted(serial=Serial(vectors.SERIAL), key_id=1)]
        (proved,) = self.submit(CredentialGiven(secret=vectors.KEY))
        assert isinstance(proved, LoginProved)
        admit = Admit(session=vectors.SESSION, heartbeat_s=30, held=held)
        self.admitted = self.submit(admit)
        self.welcome = self.output()

    def feed(self, data: bytes) -> list[Event]:
        return self.server.feed(data, self.now)

    def submit(self, request: Request) -> list[Event]:
        return self.server.submit(request, self.now)

    def output(self) -> bytes:
        return self.server.output()

    def wait(self, seconds: float) -> list[Event]:
        self.now = Instant(self.now.mono + seconds, self.now.wall + round(seconds * 1000))
        return self.server.tick(self.now)

    def frame(
        self, command: int, body: bytes = b"", *, seq: int | None = None, flags: int | None = None
    ) -> bytes:
        """Make the next request, sealed as the link wants unless ``flags`` says otherwise."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        return self.seal.pack(self.default if flags is None else flags, command, seq, body)

    def ask(
        self, command: int, body: bytes = b"", *, seq: int | None = None, flags: int | None = None
    ) -> list[Event]:
        return self.feed(self.frame(command, body, seq=seq, flags=flags))

    def say(self, command: int, body: bytes = b"") -> list[Event]:
        """Send something that wants no answer."""
        return self.ask(command, body, flags=self.default | OW)

    def answers(self) -> list[tuple[Frame, Body]]:
        """Open what the gateway sent; every frame must carry a good seal."""
        found = []
        for frame in frames(self.output()):
            body = self.seal.open(frame)
            assert body is not None, frame
            found.append((frame, Body(body, frozenset({Tlv.ACK_UPTO, Tlv.ACK_BITMAP}))))
        return found

    def answer(self) -> Body:
        ((frame, body),) = self.answers()
        assert frame.flags & RSP
        return body

    def result(self) -> int:
        return self.answer().number(Tlv.RESULT, 2)


def record(number: int, *, epoch: int = vectors.EPOCH, **changes: object) -> bytes:
    """Return one record group."""
    values: dict[str, object] = {"time_ms": vectors.BASE, "person": 10086, "direction": 1}
    return b"".join(Draft(**{**values, **changes}).encode(epoch, number))  # type: ignore[arg-type]


def records(numbers: Iterable[int]) -> bytes:
    return b"".join(map(record, numbers))


def hello(body: bytes, *, seq: int = 1) -> bytes:
    return pack(0, 0, Command.HELLO, seq, 0, body)
