"""One login attempt as the gateway sees it: HELLO, AUTH, and what is answered (YLS/1 7.2).

Owns the state between HELLO and AUTH-RSP. Knows no connection: whether an attempt stands alone or
beside a live session is the conversation's business.
"""

from __future__ import annotations

from enum import Enum
from hmac import compare_digest

from gateway.codecs.yls.acks import Ledger
from gateway.codecs.yls.body import RESULT_OK, Body, Refused, put, put_number, put_result
from gateway.codecs.yls.frame import OVERHEAD, SEAL, Frame, covered, pack
from gateway.codecs.yls.handshake import NONCE_SIZE, TAG_SIZE, Agreement, agree, transcript
from gateway.codecs.yls.limits import DEFAULT_WINDOW, LEAST_MAX_FRAME, MOST_FRAME, MOST_WINDOW
from gateway.codecs.yls.registers import (
    CAPABILITIES,
    DIR,
    HIGHEST,
    LOWEST,
    MAC,
    RSP,
    Command,
    Result,
    Tlv,
    bit_names,
)
from gateway.codecs.yls.seal import Seal
from gateway.codecs.yls.settings import Settings

from gateway.domain.events import CredentialWanted, LoginProved, StoredSeries
from gateway.domain.ids import Serial
from gateway.domain.requests import Admit, Refusal, Refuse
from gateway.domain.times import Instant

_RANGE = put(Tlv.PROTO_VER, bytes(LOWEST + HIGHEST), critical=True)
_REFUSALS = {
    Refusal.NOT_LISTED: Result.FORBIDDEN,
    Refusal.REVOKED: Result.FORBIDDEN,
    Refusal.LOCKED_OUT: Result.LOCKED_OUT,
    Refusal.OVERLOADED: Result.RETRY_LATER,
    Refusal.UNAVAILABLE: Result.RETRY_LATER,
}
RETRY_SECONDS = 30
"""Said to a device that must come again, where the gateway names no time."""


class Phase(Enum):
    """How far an attempt has come."""

    GREETED = 1
    """HELLO is answered; AUTH may come."""
    CLAIMED = 2
    """AUTH is here; the device's secret is wanted."""
    PROVED = 3
    """The proof held; the gateway decides."""
    ADMITTED = 4


class ServerLogin:
    """An attempt; made from a HELLO, raises Refused for one that cannot be served.

    Nothing it answers before AUTH depends on whether the serial number is known, so the port
    cannot be used to list devices.
    """

    __slots__ = (
        "_agreement",
        "_auth",
        "_key_id",
        "_proof",
        "_welcome",
        "capabilities",
        "firmware",
        "hello",
        "max_frame",
        "model",
        "phase",
        "reply",
        "serial",
        "stores",
        "version",
        "window",
    )

    def __init__(self, frame: Frame, settings: Settings, nonce: bytes) -> None:
        body = Body(frame.body, frozenset({Tlv.REC_STORE}))
        self.version = _choose_version(body.bytes(Tlv.PROTO_VER, 4))
        self.serial = Serial(body.name(Tlv.SN))
        self.model = body.name(Tlv.MODEL, "")
        self.firmware = body.name(Tlv.FW_VER, "")
        self.capabilities = bit_names(body.number(Tlv.CAPS, 4, 0), CAPABILITIES)
        body.bytes(Tlv.NONCE_D, NONCE_SIZE)
        offered = body.number(Tlv.MAX_FRAME, 2, MOST_FRAME)
        self.window = body.number(Tlv.WINDOW, 1, DEFAULT_WINDOW)
        if not LEAST_MAX_FRAME <= offered <= MOST_FRAME or not 1 <= self.window <= MOST_WINDOW:
            raise Refused(Result.OUT_OF_RANGE)
        self.max_frame = min(offered, settings.max_frame)
        self._key_id = body.number(Tlv.KEY_ID, 1, 0)
        self.stores = tuple(_store(v) for kind, v in body.items if kind == Tlv.REC_STORE)
        self.phase = Phase.GREETED
        self.hello = _kept(frame)
        self._auth: Frame | None = None
        self._proof = b""
        self._welcome = b""
        self._agreement: Agreement | None = None
        self.reply = self._greet(frame, settings, nonce)
        """HELLO-RSP."""

    def _greet(self, frame: Frame, settings: Settings, nonce: bytes) -> bytes:
        said = (
            RESULT_OK
            + put(Tlv.PROTO_VER, bytes(self.version * 2), critical=True)
            + put(Tlv.NONCE_S, nonce, critical=True)
            + put_number(Tlv.MAX_FRAME, self.max_frame, 2)
            + put_number(Tlv.WINDOW, settings.window, 1)
            + put_number(Tlv.KEY_ID, self._key_id, 1)
        )
        return pack(DIR | RSP, frame.address, Command.HELLO, frame.seq, 0, said)

    def repeated(self, frame: Frame) -> bytes | None:
        """Return the answer to a HELLO or AUTH that came before; empty if it is still to come."""
        if covered(frame.raw) == covered(self.hello.raw):
            return self.reply
        if self._auth is not None and covered(frame.raw) == covered(self._auth.raw):
            return self._welcome
        return None

    def claim(self, frame: Frame) -> CredentialWanted:
        """Take AUTH; raises Refused."""
        self._proof = Body(frame.body).bytes(Tlv.AUTH_TAG, TAG_SIZE)
        self._auth = _kept(frame)
        self.phase = Phase.CLAIMED
        return CredentialWanted(serial=self.serial, key_id=self._key_id)

    def prove(self, secret: bytes | None, binding: bytes) -> LoginProved | None:
        """Check the device's tag. Without a secret the same work is done and nothing fits."""
        agreement = agree(secret or bytes(32), transcript(self.hello.raw, self.reply, binding))
        held = compare_digest(agreement.device_tag, self._proof)
        if not secret or not held:
            return None
        self._agreement = agreement
        self.phase = Phase.PROVED
        return LoginProved(
            serial=self.serial,
            model=self.model,
            firmware=self.firmware,
            capabilities=self.capabilities,
            stores=self.stores,
        )

    @property
    def last_seq(self) -> int:
        """Number of AUTH; the session's requests go on above it."""
        return self._auth.seq if self._auth is not None else 0

    @property
    def by_picture(self) -> bool:
        """The device may ask us who is in a picture: version 1.1 and CAPS bit 14."""
        return self.version >= (1, 1) and "verify_by_picture" in self.capabilities

    def refuse(self, refusal: Refuse | None = None) -> bytes:
        """Return AUTH-RSP for a failed proof, or for a device that is not admitted: no tag."""
        result = _REFUSALS[refusal.reason] if refusal else Result.AUTH_FAILED
        body = put_result(result)
        if refusal and result is Result.RETRY_LATER:
            seconds = min(refusal.retry_after_s or RETRY_SECONDS, 0xFFFF)
            body += put_number(Tlv.HB, seconds, 2)
        assert self._auth is not None
        return refuse(self._auth, body)

    def admit(self, admit: Admit, ledger: Ledger, now: Instant, *, bare: bool) -> Seal:
        """Make the session's keys and AUTH-RSP, which `repeated` returns from now on."""
        assert self._agreement is not None
        keys = self._agreement
        seal = Seal(keys.mac_key, keys.enc_key, sid=admit.session, direction=DIR, bare=bare)
        seal.address = self._auth.address if self._auth is not None else 0
        said = (
            RESULT_OK
            + put(Tlv.AUTH_TAG, keys.server_tag, critical=True)
            + put_number(Tlv.SESSION, admit.session, 2, critical=True)
            + put_number(Tlv.HB, admit.heartbeat_s, 2)
            + put_number(Tlv.TIME, now.wall, 8)
        )
        said += ledger.greet(self.max_frame - OVERHEAD - SEAL - len(said))
        self._welcome = seal.pack(RSP | MAC, Command.AUTH, self.last_seq, said)
        self._agreement = None
        self.phase = Phase.ADMITTED
        return seal

    @property
    def welcome(self) -> bytes:
        """AUTH-RSP; empty before `admit`."""
        return self._welcome


def _kept(frame: Frame) -> Frame:
    """Return a frame as it is remembered for as long as the session lives: its bytes once."""
    return frame._replace(body=b"")


def refuse(frame: Frame, body: bytes) -> bytes:
    """Return an answer that proves nothing, for a peer that has proved nothing."""
    return pack(DIR | RSP, frame.address, frame.command, frame.seq, 0, body)


def refuse_hello(frame: Frame, result: Result) -> bytes:
    """Return HELLO-RSP for a HELLO that cannot be served; BAD_VERSION names our range."""
    body = put_result(result) + (_RANGE if result is Result.BAD_VERSION else b"")
    return refuse(frame, body)


def _choose_version(value: bytes) -> tuple[int, int]:
    """Return the highest version both sides speak."""
    lowest, highest = (value[0], value[1]), (value[2], value[3])
    chosen = min(highest, HIGHEST)
    if chosen < max(lowest, LOWEST):
        raise Refused(Result.BAD_VERSION)
    return chosen


def _store(value: bytes) -> StoredSeries:
    if len(value) != 12:
        raise Refused(Result.BAD_LENGTH)
    series, first, last = (int.from_bytes(value[at : at + 4], "big") for at in (0, 4, 8))
    if not 1 <= first <= last + 1:
        raise Refused(Result.OUT_OF_RANGE)
    return StoredSeries(series=series, first=first, last=last)
