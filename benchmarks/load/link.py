"""One simulated terminal on an asyncio transport: it logs in, then counts answers by their length.

What is measured must not be the generator: all answers of one read are counted with a few byte
comparisons and followed by one write. Every 64th is opened with the session's key, and one that
does not open is an error of the run.
"""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from typing import Protocol, cast

from gateway.codecs.yls import clock
from gateway.codecs.yls.body import put
from gateway.codecs.yls.frame import HEADER, OVERHEAD, Frame, pack, whole
from gateway.codecs.yls.limits import DEFAULT_WINDOW, MOST_FRAME
from gateway.codecs.yls.login_device import AUTH_SEQ, DeviceConfig, DeviceLogin, LoginRefused
from gateway.codecs.yls.registers import DIR, RSP, Command, Tlv
from gateway.codecs.yls.seal import Seal

from gateway.domain.events import StoredSeries
from gateway.domain.times import Instant

RESULT_OK = b"\x80\x01\x00\x02\x00\x00"
"""How the body of every good answer begins."""
SAMPLE = 63
"""Mask of the answers that are verified: one in 64."""
SHAPED_AUTH = pack(0, 0, Command.AUTH, AUTH_SEQ, 0, put(Tlv.AUTH_TAG, bytes(16), critical=True))
"""The second frame of a login that nobody checks, for the bare server."""


def secret_of(serial: str) -> bytes:
    """Return the device key; the registration and the terminal derive it alike."""
    return sha256(b"bench" + serial.encode()).digest()


class Flow(Protocol):
    """What decides when a link sends."""

    def answered(self, link: Link, data: bytes, at: int) -> None:
        """Take note of the answer that begins at ``at``."""

    def go_on(self, link: Link) -> None:
        """Send what may be sent now; called once after all answers of a read."""

    def lost(self, link: Link) -> None:
        """Take note that the connection is gone."""


class Rest:
    """The flow of a link that sends nothing."""

    def answered(self, link: Link, data: bytes, at: int) -> None:
        """Take an answer nobody counts."""

    def go_on(self, link: Link) -> None:
        """Send nothing."""

    def lost(self, link: Link) -> None:
        """Leave it to `Fleet.check`."""


REST = Rest()


class Link(asyncio.Protocol):
    """One connection; ``index`` is its place in the fleet."""

    __slots__ = (
        "_answers",
        "_held",
        "_login",
        "agreed",
        "bad",
        "blobs",
        "due",
        "epoch",
        "first_seq",
        "flow",
        "frames",
        "groups",
        "index",
        "last_words",
        "lost",
        "number",
        "outstanding",
        "place",
        "ready",
        "seal",
        "sent",
        "seq",
        "shaped",
        "transport",
        "window",
    )

    def __init__(self, serial: str, index: int, epoch: int, *, shaped: bool) -> None:
        self.index = index
        self.epoch = epoch
        self.shaped = shaped
        """Only go through the motions of a login, and sign nothing that is checked."""
        self.ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self.seal = Seal(bytes(32), bytes(16), sid=1, direction=0, bare=False)
        self.agreed = self.window = DEFAULT_WINDOW
        """Requests that the gateway puts up with unanswered, and that the flow makes use of."""
        self.seq = AUTH_SEQ + 1
        self.number = 1
        self.blobs = 1
        self.groups: list[list[bytes]] = []
        """What was made ahead and is not yet being sent."""
        self.first_seq = 0
        """Number of the first frame that was made last."""
        self.frames: list[bytes] = []
        self.due = self.sent = self.outstanding = 0
        """How many of ``frames`` may be sent, how many were, and how many wait for an answer."""
        self.place = 0
        """Turn in the stream it belongs to."""
        self.bad = 0
        self.lost = True
        """Whether there is no connection."""
        self.last_words = ""
        """What the server said about ending the connection."""
        self.flow: Flow = REST
        self._answers = 0
        self._held = b""
        self._login: DeviceLogin | None = _login(serial, epoch)

    def begin(self) -> None:
        """Say HELLO."""
        assert self._login is not None
        self.transport.write(self._login.hello)

    def skip_login(self) -> None:
        """Take whatever comes for an answer."""
        self._login = None

    def take_up(self, frames: list[bytes], due: int, window: int) -> None:
        """Have these frames to send next, of which ``due`` may leave at once."""
        self.frames = frames
        self.due = due
        self.window = window
        self.sent = self.outstanding = 0

    def advance(self) -> None:
        """Send what is due, as far as the window allows."""
        sent = self.sent
        room = min(self.window - self.outstanding, self.due - sent)
        if room <= 0 or self.lost or self.transport.is_closing():
            return
        self.sent = sent + room
        self.outstanding += room
        frames = self.frames
        self.transport.write(frames[sent] if room == 1 else b"".join(frames[sent : sent + room]))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are not of that class
        self.lost = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.last_words = self.last_words or (repr(exc) if exc else "closed")
        if not self.ready.done():
            self.ready.set_result(False)
        self.flow.lost(self)

    def data_received(self, data: bytes) -> None:
        if self._held:
            data = self._held + data
            self._held = b""
        size = len(data)
        at = answers = 0
        take = self.flow.answered
        while size - at >= OVERHEAD:
            end = at + OVERHEAD + (data[at + 14] << 8 | data[at + 15])
            if end > size:
                break
            if self._login is not None:
                self._log_in(self._login, data[at:end])
            elif data[at + 3] & (DIR | RSP) == DIR:
                self._asked(data[at:end])
            else:
                answers += 1
                take(self, data, at)
                self._sample(data, at, end)
            at = end
        if at < size:
            self._held = data[at:]
        if answers:
            self.outstanding -= answers
            self.flow.go_on(self)

    def _sample(self, data: bytes, at: int, end: int) -> None:
        self._answers += 1
        if self._answers & SAMPLE or self.shaped:
            return
        if self.seal.open(_frame(data[at:end])) is None:
            self.bad += 1

    def _log_in(self, login: DeviceLogin, raw: bytes) -> None:
        frame = _frame(raw)
        if frame.command == Command.HELLO:
            self.transport.write(SHAPED_AUTH if self.shaped else login.answer(frame))
            return
        if not self.shaped:
            try:
                self.seal, _ = login.finish(frame, bare=False)
            except LoginRefused as refusal:
                self.last_words = refusal.reason
                self.transport.close()
                return
            self.agreed = login.window
        self._login = None
        if not self.ready.done():
            self.ready.set_result(True)

    def _asked(self, raw: bytes) -> None:
        """Answer the gateway's question for the clock; a terminal of the benchmark has no holes."""
        frame = _frame(raw)
        body = self.seal.open(frame)
        if frame.command in (Command.BYE, Command.ERROR):
            self.last_words = f"{Command(frame.command).name} {frame.body[:-8].hex(' ')}"
        elif body is None or frame.command != Command.TIME_SYNC:
            self.bad += 1
        else:
            reply = clock.answer(body, Instant(time.monotonic(), int(time.time() * 1000)))
            self.transport.write(
                self.seal.pack(RSP | self.seal.default, frame.command, frame.seq, reply)
            )


def refused(data: bytes, at: int) -> bool:
    """Say whether the answer that begins at ``at`` says anything but OK."""
    return not data.startswith(RESULT_OK, at + HEADER)


def _login(serial: str, epoch: int) -> DeviceLogin:
    config = DeviceConfig(
        serial=serial, key=secret_of(serial), encrypts=True, verifies_by_picture=True
    )
    store = StoredSeries(series=epoch, first=1, last=0)
    nonce = sha256(serial.encode() + epoch.to_bytes(4, "big")).digest()[:16]
    return DeviceLogin(config, nonce, [store], b"")


def _frame(raw: bytes) -> Frame:
    frame = whole(raw, MOST_FRAME)
    if frame is None:
        raise ValueError("the server sent something that is no frame")
    return frame
