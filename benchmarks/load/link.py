"""One simulated terminal on an asyncio transport: it logs in, then counts answers by their length.

What is measured must not be the generator, so an answer costs a few byte comparisons; every 64th
is opened with the session's key, and one that does not open is an error of the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from hashlib import sha256
from typing import cast

from gateway.codecs.yls import clock
from gateway.codecs.yls.body import put
from gateway.codecs.yls.frame import Frame, pack, whole
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.login_device import AUTH_SEQ, DeviceConfig, DeviceLogin
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

OnAnswer = Callable[["Link", int, bytes], None]
"""Told of each answer: the link, its sequence number, and the frame."""


def secret_of(serial: str) -> bytes:
    """Return the device key; the registration and the terminal derive it alike."""
    return sha256(b"bench" + serial.encode()).digest()


def quiet(link: Link, seq: int, frame: bytes) -> None:
    """Take an answer nobody counts."""
    del link, seq, frame


class Link(asyncio.Protocol):
    """One connection; ``index`` is its place in the fleet."""

    __slots__ = (
        "_held",
        "_login",
        "answers",
        "bad",
        "blobs",
        "done",
        "epoch",
        "groups",
        "index",
        "lost",
        "number",
        "on_answer",
        "outstanding",
        "ready",
        "seal",
        "seq",
        "serial",
        "shaped",
        "transport",
        "waiting",
    )

    def __init__(self, serial: str, index: int, epoch: int, *, shaped: bool) -> None:
        self.serial = serial
        self.index = index
        self.epoch = epoch
        self.shaped = shaped
        """Only go through the motions of a login, and sign nothing that is checked."""
        self.ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self.seal = Seal(bytes(32), bytes(16), sid=1, direction=0, bare=False)
        self.seq = AUTH_SEQ + 1
        self.number = 1
        self.blobs = 1
        self.groups: list[list[bytes]] = []
        self.waiting: list[bytes] = []
        self.outstanding = 0
        self.answers = 0
        self.bad = 0
        self.done: Callable[[], None] | None = None
        self.lost = False
        self.on_answer: OnAnswer = quiet
        self._held = b""
        self._login: DeviceLogin | None = None

    def begin(self) -> None:
        """Say HELLO."""
        config = DeviceConfig(serial=self.serial, key=secret_of(self.serial), encrypts=True)
        store = StoredSeries(series=self.epoch, first=1, last=0)
        nonce = sha256(self.serial.encode() + self.epoch.to_bytes(4, "big")).digest()[:16]
        self._login = DeviceLogin(config, nonce, [store], b"")
        self.transport.write(self._login.hello)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are not of that class

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True
        if not self.ready.done():
            self.ready.set_result(False)

    def data_received(self, data: bytes) -> None:
        if self._held:
            data = self._held + data
            self._held = b""
        size = len(data)
        at = 0
        while size - at >= 20:
            end = at + 20 + (data[at + 14] << 8 | data[at + 15])
            if end > size:
                break
            self._take(data if end - at == size else data[at:end])
            at = end
        if at < size:
            self._held = data[at:]

    def _take(self, frame: bytes) -> None:
        if self._login is not None:
            self._log_in(self._login, frame)
            return
        flags = frame[3]
        if flags & DIR and not flags & RSP:
            self._asked(frame)
            return
        self.answers += 1
        if not self.answers & SAMPLE and not self.shaped:
            self._verify(frame)
        self.on_answer(self, int.from_bytes(frame[8:12], "big"), frame)

    def _log_in(self, login: DeviceLogin, raw: bytes) -> None:
        frame = _frame(raw)
        if frame.command == Command.HELLO:
            self.transport.write(SHAPED_AUTH if self.shaped else login.answer(frame))
            return
        if not self.shaped:
            self.seal, _ = login.finish(frame, bare=False)
        self._login = None
        if not self.ready.done():
            self.ready.set_result(True)

    def _asked(self, raw: bytes) -> None:
        """Answer the gateway's question for the clock; a terminal of the benchmark has no holes."""
        frame = _frame(raw)
        body = self.seal.open(frame)
        if body is None or frame.command != Command.TIME_SYNC:
            self.bad += 1
            return
        reply = clock.answer(body, Instant(time.monotonic(), int(time.time() * 1000)))
        self.transport.write(
            self.seal.pack(RSP | self.seal.default, frame.command, frame.seq, reply)
        )

    def _verify(self, raw: bytes) -> None:
        if self.seal.open(_frame(raw)) is None:
            self.bad += 1


def _frame(raw: bytes) -> Frame:
    frame = whole(raw, MOST_FRAME)
    if frame is None:
        raise ValueError("the server sent something that is no frame")
    return frame
