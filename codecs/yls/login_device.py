"""The login as a terminal sees it: HELLO, AUTH, and whether the gateway proved itself (YLS/1 7).

Owns the offer and the check of both answers. Knows no connection and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest

from gateway.codecs.yls.acks import Ack, read_acks
from gateway.codecs.yls.body import Body, Refused, put, put_number
from gateway.codecs.yls.frame import Frame, pack
from gateway.codecs.yls.handshake import NONCE_SIZE, TAG_SIZE, Agreement, agree, transcript
from gateway.codecs.yls.limits import DEFAULT_WINDOW, LEAST_MAX_FRAME, MOST_FRAME, MOST_WINDOW
from gateway.codecs.yls.registers import (
    CAP_BY_PICTURE,
    CAP_ENC,
    HIGHEST,
    LOWEST,
    MAC,
    Command,
    Result,
    Tlv,
    result_name,
)
from gateway.codecs.yls.seal import Seal

from gateway.domain.events import StoredSeries

HELLO_SEQ, AUTH_SEQ = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """What a terminal is and may do."""

    serial: str
    key: bytes
    """The device's own secret, 32 bytes."""
    key_id: int = 1
    model: str = ""
    firmware: str = ""
    capabilities: int = 0x7B
    """CAPS, without bits 7 and 14, which ``encrypts`` and ``verifies_by_picture`` add."""
    encrypts: bool = False
    """Can encrypt frames, so pictures may travel over a link without TLS."""
    verifies_by_picture: bool = False
    """Speaks version 1.1 and may ask the gateway who is in a picture."""
    max_frame: int = MOST_FRAME
    window: int = DEFAULT_WINDOW
    """Requests the gateway may have unanswered."""
    channel: int = 1
    """1 TCP, 2 TLS, 4 RS232, 5 serial server (YLS/1 16.2)."""
    inline_most: int = 2048
    """Bytes of the largest picture sent inside its record."""

    @property
    def highest(self) -> tuple[int, int]:
        """The highest version this terminal speaks."""
        return HIGHEST if self.verifies_by_picture else LOWEST

    def hello(self, nonce: bytes, stores: Iterable[StoredSeries], address: int = 0) -> bytes:
        """Return the HELLO frame; ``address`` is that of the terminal on its bus."""
        capabilities = self.capabilities | CAP_ENC * self.encrypts
        capabilities |= CAP_BY_PICTURE * self.verifies_by_picture
        body = (
            put(Tlv.PROTO_VER, bytes(LOWEST + self.highest), critical=True)
            + put(Tlv.SN, self.serial.encode(), critical=True)
            + put(Tlv.MODEL, self.model.encode())
            + put(Tlv.FW_VER, self.firmware.encode())
            + put_number(Tlv.CAPS, capabilities, 4, critical=True)
            + put_number(Tlv.MAX_FRAME, self.max_frame, 2)
            + put_number(Tlv.WINDOW, self.window, 1)
            + put(Tlv.NONCE_D, nonce, critical=True)
            + put_number(Tlv.KEY_ID, self.key_id, 1)
            + b"".join(map(put_store, stores))
            + put_number(Tlv.CHANNEL, self.channel, 1)
        )
        return pack(0, address, Command.HELLO, HELLO_SEQ, 0, body)


class LoginRefused(Exception):
    """The gateway said no, or is not the one that knows our key."""

    def __init__(self, reason: str, retry_after_s: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a good AUTH-RSP says."""

    session: int
    heartbeat_s: int
    acks: list[Ack]


class DeviceLogin:
    """One attempt."""

    __slots__ = (
        "_address",
        "_agreement",
        "_binding",
        "_config",
        "hello",
        "max_frame",
        "version",
        "window",
    )

    def __init__(
        self,
        config: DeviceConfig,
        nonce: bytes,
        stores: Iterable[StoredSeries],
        binding: bytes,
        address: int = 0,
    ) -> None:
        self._address = address
        self._config = config
        self._binding = binding
        self._agreement: Agreement | None = None
        self.hello = config.hello(nonce, stores, address)
        self.max_frame = config.max_frame
        self.version: tuple[int, ...] = LOWEST
        """What the gateway chose; known after `answer`, like ``window``."""
        self.window = DEFAULT_WINDOW
        """Requests we may have unanswered; known after `answer`."""

    def answer(self, frame: Frame) -> bytes:
        """Take HELLO-RSP and return AUTH; raises LoginRefused, or Refused for a broken body."""
        body = Body(frame.body)
        _require_ok(body)
        chosen = tuple(body.bytes(Tlv.PROTO_VER, 4))
        body.bytes(Tlv.NONCE_S, NONCE_SIZE)
        self.version = chosen[:2]
        self.max_frame = body.number(Tlv.MAX_FRAME, 2, self._config.max_frame)
        self.window = body.number(Tlv.WINDOW, 1, DEFAULT_WINDOW)
        if (
            chosen not in (LOWEST + LOWEST, self._config.highest * 2)
            or not LEAST_MAX_FRAME <= self.max_frame <= self._config.max_frame
            or not 1 <= self.window <= MOST_WINDOW
        ):
            raise LoginRefused("out_of_range")
        raw = transcript(self.hello, frame.raw, self._binding)
        self._agreement = agree(self._config.key, raw)
        proof = put(Tlv.AUTH_TAG, self._agreement.device_tag, critical=True)
        return pack(0, self._address, Command.AUTH, AUTH_SEQ, 0, proof)

    def finish(self, frame: Frame, *, bare: bool) -> tuple[Seal, Admission]:
        """Take AUTH-RSP: the gateway must prove that it has our key; raises LoginRefused."""
        if self._agreement is None:
            raise LoginRefused("server_untrusted")
        if not frame.flags & MAC:
            _require_ok(Body(frame.body))
            raise LoginRefused("server_untrusted")
        keys = self._agreement
        seal = Seal(keys.mac_key, keys.enc_key, sid=frame.sid, direction=0, bare=bare)
        seal.address = self._address
        opened = seal.open(frame)
        if opened is None:
            raise LoginRefused("server_untrusted")
        body = Body(opened, frozenset({Tlv.ACK_UPTO, Tlv.ACK_BITMAP}))
        _require_ok(body)
        if not compare_digest(body.bytes(Tlv.AUTH_TAG, TAG_SIZE), keys.server_tag):
            raise LoginRefused("server_untrusted")
        session = body.number(Tlv.SESSION, 2)
        if not session or session != frame.sid:
            raise LoginRefused("out_of_range")
        return seal, Admission(
            session=session,
            heartbeat_s=max(1, body.number(Tlv.HB, 2, 30)),
            acks=read_acks(body.items),
        )


def _require_ok(body: Body) -> None:
    result = body.number(Tlv.RESULT, 2)
    if result != Result.OK:
        try:
            seconds = body.number(Tlv.HB, 2, 0)
        except Refused:
            seconds = 0
        raise LoginRefused(result_name(result), seconds or None)


def put_store(store: StoredSeries) -> bytes:
    """Return REC_STORE."""
    numbers = (store.series, store.first, store.last)
    return put(Tlv.REC_STORE, b"".join(number.to_bytes(4, "big") for number in numbers))
