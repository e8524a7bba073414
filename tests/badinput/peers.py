"""Peers on plain blocking sockets that send exactly what a test wants, well-formed or not."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from hashlib import sha256

from gateway.codecs.yls import clock
from gateway.codecs.yls.acks import read_acks
from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.drafts import Draft
from gateway.codecs.yls.frame import Frame, whole
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.login_device import DeviceConfig, DeviceLogin
from gateway.codecs.yls.registers import (
    DIR,
    ENC,
    MAC,
    OWNER_RECORD,
    RSP,
    SNAPSHOT,
    Command,
    Result,
    Tlv,
)
from gateway.codecs.yls.status import StatusReport

from gateway.domain.events import StoredSeries
from gateway.domain.times import Instant
from tests.support.directories import MODEL, secret_of

EPOCH = 0x6A97F100
NUMBERS = 400
"""Records a terminal says it keeps."""
PATIENCE_S = 30.0
_HEADER = 18
_PERSON = 10_000
CHUNK = 2000
"""Bytes of a picture sent at a time."""


def result(frame: Frame) -> int:
    """Read the result of an answer that carries no seal, as before login."""
    return Body(frame.body).number(Tlv.RESULT, 2)


class Peer:
    """One connection, by somebody who need not be a terminal."""

    def __init__(self, port: int, source: str, receive_bytes: int | None = None) -> None:
        self._socket = socket.socket()
        if receive_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.settimeout(PATIENCE_S)
        self._socket.bind((source, 0))
        self._refused = False
        try:
            self._socket.connect(("127.0.0.1", port))
        except ConnectionResetError:  # the gate was quicker than we were
            self._refused = True

    def send(self, data: bytes) -> None:
        """Send, whether or not the other side still listens."""
        if self._refused:
            return
        try:
            self._socket.sendall(data)
        except ConnectionError:
            return

    def send_until_stuck(self, data: bytes) -> int:
        """Send the same again and again until nobody takes it; return how many bytes that took."""
        sent, block = 0, data * (65_536 // len(data))
        self._socket.settimeout(0.2)
        try:
            while True:
                sent += self._socket.send(block[sent % len(data) :])
        except (TimeoutError, ConnectionError):
            return sent
        finally:
            self._socket.settimeout(PATIENCE_S)

    def hear(self) -> Frame:
        """Return the next frame; there must be one."""
        head = self._exactly(_HEADER)
        raw = head + self._exactly(int.from_bytes(head[14:16], "big") + 2)
        frame = whole(raw, MOST_FRAME)
        assert frame is not None, raw.hex()
        assert frame.flags & DIR
        return frame

    def line(self) -> str:
        """Return the next line, from a gateway that speaks in lines."""
        found = b""
        while not found.endswith(b"\n"):
            found += self._exactly(1)
        return found.decode().rstrip("\n")

    def rest(self) -> bytes:
        """Return what comes until the other side ends the connection, one way or another."""
        found = b""
        if self._refused:
            return found
        try:
            while data := self._socket.recv(65_536):
                found += data
        except ConnectionResetError:
            pass
        return found

    def close(self) -> None:
        self._socket.close()

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            data = self._socket.recv(size - len(found))
            assert data, f"closed after {len(found)} of {size} bytes"
            found += data
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered, opened and checked."""

    raw: bytes
    body: Body

    @property
    def result(self) -> int:
        return self.body.number(Tlv.RESULT, 2)

    @property
    def pause_s(self) -> int:
        """The seconds beside RETRY_LATER."""
        return self.body.number(Tlv.HB, 2)

    def holds(self, number: int) -> bool:
        """Whether this acknowledges a record."""
        return any(
            number <= ack.upto
            or any(bits >> number - base & 1 for base, bits in ack.islands if number >= base)
            for ack in read_acks(self.body.items)
            if ack.series == EPOCH
        )


class Terminal(Peer):
    """A peer that can log in; every answer's seal is checked."""

    def __init__(
        self, port: int, source: str, config: DeviceConfig, receive_bytes: int | None = None
    ) -> None:
        super().__init__(port, source, receive_bytes)
        stores = (StoredSeries(series=EPOCH, first=1, last=NUMBERS),)
        self.logging_in = DeviceLogin(config, os.urandom(16), stores, b"")
        self.seq = 2
        self.asked: list[Frame] = []
        """Requests of the gateway, none of which is answered."""

    def claim(self) -> tuple[Frame, Frame]:
        """Say HELLO and AUTH; return both answers."""
        self.send(self.logging_in.hello)
        greeting = self.hear()
        self.send(self.logging_in.answer(greeting))
        return greeting, self.hear()

    def login(self) -> Terminal:
        return self.accept(self.claim()[1])

    def accept(self, welcome: Frame) -> Terminal:
        """Take the gateway's proof, and with it the keys of the session."""
        self.seal, self.admission = self.logging_in.finish(welcome, bare=False)
        return self

    def request(
        self, command: int, body: bytes = b"", *, flags: int = MAC, seq: int | None = None
    ) -> bytes:
        """Make a frame, the next in order unless ``seq`` says otherwise."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        return self.seal.pack(flags, command, seq, body)

    def ask(
        self, command: int, body: bytes = b"", *, flags: int = MAC, seq: int | None = None
    ) -> Answer:
        """Send a request and return its answer."""
        raw = self.request(command, body, flags=flags, seq=seq)
        self.send(raw)
        return self.answer()

    def answer(self) -> Answer:
        """Return the next frame that answers something."""
        while not (frame := self.hear()).flags & RSP:
            self.asked.append(frame)
        return self.open(frame)

    def farewell(self) -> Body:
        """Return the next frame that wants no answer, such as ERROR or BYE."""
        while (frame := self.hear()).command not in (Command.ERROR, Command.BYE):
            self.asked.append(frame)
        return self.open(frame).body

    def violation(self) -> int:
        """Return what ERROR says; the connection must end with it."""
        said = self.farewell().number(Tlv.RESULT, 2)
        assert self.rest() == b""
        return said

    def tell_time(self, at_ms: int) -> None:
        """Answer the gateway's question for the time, the only one after a login."""
        frame = self.asked.pop() if self.asked else self.hear()
        assert frame.command == Command.TIME_SYNC
        question = self.seal.open(frame)
        assert question is not None
        said = clock.answer(question, Instant(0.0, at_ms))
        self.send(self.seal.pack(RSP | MAC, Command.TIME_SYNC, frame.seq, said))

    def beat(self) -> int:
        """Say a heartbeat; one record is always owed, so that nothing is asked for again."""
        return self.ask(Command.HEARTBEAT, StatusReport().encode(unacknowledged=1)).result

    def record(self, group: bytes, *, flags: int = MAC) -> Answer:
        return self.ask(Command.REC_REALTIME, group, flags=flags)

    def open(self, frame: Frame) -> Answer:
        body = self.seal.open(frame)
        assert body is not None, "the gateway's seal does not hold"
        return Answer(frame.raw, Body(body, frozenset({Tlv.ACK_UPTO, Tlv.ACK_BITMAP})))

    # Pictures, always encrypted.

    def offer(self, number: int, picture: bytes) -> Answer:
        owner = bytes((OWNER_RECORD,)) + EPOCH.to_bytes(4, "big") + number.to_bytes(4, "big")
        body = (
            put_number(Tlv.BLOB_TYPE, SNAPSHOT, 1, critical=True)
            + put_number(Tlv.BLOB_SIZE, len(picture), 4, critical=True)
            + put(Tlv.SHA256, sha256(picture).digest(), critical=True)
            + put(Tlv.OWNER, owner)
        )
        return self.ask(Command.BLOB_OPEN, body, flags=ENC)

    def deliver(self, number: int, picture: bytes) -> Answer:
        """Send a whole picture; return the answer to its end."""
        named = put_number(
            Tlv.BLOB_ID, self.offer(number, picture).body.number(Tlv.BLOB_ID, 4), 4, critical=True
        )
        for at in range(0, len(picture), CHUNK):
            offset = put_number(Tlv.OFFSET, at, 4, critical=True)
            data = put(Tlv.DATA, picture[at : at + CHUNK], critical=True)
            taken = self.ask(Command.BLOB_DATA, named + offset + data, flags=ENC)
            assert taken.result == Result.OK
        return self.ask(Command.BLOB_CLOSE, named, flags=ENC)


def refused(terminal: Terminal) -> int:
    """Say which key we claim to have; return the refusal, with which the connection must end."""
    _, answer = terminal.claim()
    assert terminal.rest() == b""
    return result(answer)


@dataclass(slots=True)
class Unit:
    """A terminal with its key and its records, over all of its connections."""

    serial: str
    source: str
    port: int
    now_ms: int
    key: bytes = b""
    sent: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Time and person of every record that must be stored, by number."""
    open: list[Peer] = field(default_factory=list)

    def dial(
        self, source: str = "", key: bytes = b"", receive_bytes: int | None = None
    ) -> Terminal:
        """Connect, from another address or with another key if given."""
        config = DeviceConfig(
            serial=self.serial,
            key=key or self.key or secret_of(self.serial),
            model=MODEL,
            encrypts=True,
        )
        terminal = Terminal(self.port, source or self.source, config, receive_bytes)
        self.open.append(terminal)
        return terminal

    def login(self, source: str = "") -> Terminal:
        return self.dial(source).login()

    def stranger(self, source: str = "") -> Peer:
        """Connect without being anybody."""
        peer = Peer(self.port, source or self.source)
        self.open.append(peer)
        return peer

    def group(self, number: int, *, time_ms: int | None = None) -> bytes:
        """Write a record that must arrive; the same number makes the same one."""
        at = self.now_ms + number if time_ms is None else time_ms
        self.sent[number] = at, _PERSON + number
        return self.version(number, at, _PERSON + number)

    @staticmethod
    def version(number: int, time_ms: int, person: int) -> bytes:
        """Write a record that need not become a passage."""
        draft = Draft(time_ms=time_ms, person=person, direction=1, method=1)
        return b"".join(draft.encode(EPOCH, number))
