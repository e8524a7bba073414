"""How a terminal logs in by PUSH: a challenge, and a proof of its password."""

from __future__ import annotations

from base64 import b64encode
from hmac import compare_digest
from typing import NamedTuple

from gateway.codecs.api import Context
from gateway.codecs.hikvision.keys import Logins
from gateway.codecs.hikvision.limits import MOST_WRONG
from gateway.codecs.hikvision.push import texts
from gateway.codecs.hikvision.push.cipher import (
    HASHES,
    KEY_BYTES,
    hashed,
    login_password,
    session_key,
    unseal,
)
from gateway.codecs.hikvision.push.limits import ERROR_DELAY_S, ITERATIONS, WINDOW
from gateway.codecs.hikvision.push.memory import Memory, Offer, PushSession
from gateway.codecs.hikvision.push.paths import PushPath, Secrecy
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.settings import Settings

from gateway.domain.events import Event, LoginFailed, LoginProved, Misbehaved
from gateway.domain.ids import Serial

CHALLENGE_BYTES, SALT_BYTES = 24, 8
_NOBODY = bytes(32)
_LETTERS = bytes.maketrans(b"+/", b"Pp")


class Opened(NamedTuple):
    """A login that held."""

    session: PushSession
    secrecy: Secrecy | None
    """How the login came, and its answer goes."""
    h: str


def draw_challenge(context: Context) -> str:
    """Return 32 letters and digits that nobody can guess."""
    return b64encode(context.entropy(CHALLENGE_BYTES)).translate(_LETTERS).decode()


class Doorkeeper:
    """Owns the login of one connection."""

    def __init__(
        self, memory: Memory, context: Context, settings: Settings, logins: Logins
    ) -> None:
        self._memory = memory
        self._context = context
        self._interval_s = settings.poll_s
        self._logins = logins
        self._own: Offer | None = None
        """The challenge of this connection, which no stranger's question can push out."""
        self._wrong = 0
        self.proved: tuple[Offer, Secrecy | None, str] | None = None
        self.error_delay_s = ERROR_DELAY_S

    @property
    def spent(self) -> int:
        """How many logins may still fail on this connection."""
        return max(0, MOST_WRONG - self._wrong)

    def offer(self, serial: Serial, body: bytes, mono: float) -> bytes:
        """Make a challenge; the same for a terminal that is unknown. Raises Refused."""
        data = texts.read_data(body)
        wanted = texts.securities(data)
        known = [one for one in wanted if one in KEY_BYTES]
        if wanted and not known:
            raise Refused("push_security", "no encryption that is known")
        self._own = Offer(
            challenge=draw_challenge(self._context),
            salt=self._context.entropy(SALT_BYTES).hex(),
            iterations=ITERATIONS,
            security=max(known, default=0),
            until=mono + WINDOW * self._interval_s,
        )
        self._memory.offer(serial, self._own)
        own = self._own
        return texts.auth_info(own.challenge, own.salt, own.iterations, own.security)

    def prove(self, path: PushPath, secret: bytes | None, body: bytes, mono: float) -> list[Event]:
        """Judge a login; `proved` says whether it held. Raises Refused where it cannot be read.

        The same work is done for a terminal that is unknown.
        """
        self.proved = None
        login = self._logins(path.serial, secret or _NOBODY)
        offers = [one for one in (self._own,) if one is not None and mono < one.until]
        offers += [one for one in self._memory.offers(path.serial, mono) if one is not self._own]
        for offer in offers:
            h = hashed(login, offer.salt)
            data = _read(body, path.secrecy, h, offer)
            by = _held(data, login.user, h, offer) if data is not None else None
            if by is None or secret is None:
                continue
            self._own, self.proved = None, (offer, path.secrecy, h)
            old = [] if by == HASHES[0] else [Misbehaved(code="push_login_sha1")]
            return [*old, LoginProved(serial=path.serial, fetches=True)]
        self._wrong += 1
        return [LoginFailed(serial=path.serial, reason="push" if offers else "push_no_challenge")]

    def open(self, mono: float) -> Opened:
        """Return the session of the login that held."""
        assert self.proved is not None
        (offer, secrecy, h), self.proved = self.proved, None
        session = PushSession(
            salt=offer.salt,
            iterations=offer.iterations,
            security=offer.security,
            interval_s=self._interval_s,
            challenge="",
            heard=mono,
        )
        return Opened(session, secrecy, h)


def _read(body: bytes, secrecy: Secrecy | None, h: str, offer: Offer) -> dict[str, object] | None:
    """Read a login, plain or encrypted: the two open programs disagree. None for neither."""
    try:
        if secrecy is not None and body.lstrip()[:1] != b"{":
            key = session_key(h, secrecy.random, offer.salt, offer.iterations, secrecy.security)
            body = unseal(key, secrecy.iv, body)
        return texts.read_data(body)
    except Refused:
        return None


def _held(data: dict[str, object], user: str, h: str, offer: Offer) -> str | None:
    """Return the digest by which a proof holds, None where it does not; in constant time."""
    given = str(data.get("loginPassword", "")).encode("utf-8", "replace")
    named = compare_digest(str(data.get("username", "")).encode("utf-8", "replace"), user.encode())
    right = [
        by
        for by in HASHES
        if compare_digest(
            login_password(h, offer.challenge, offer.salt, offer.iterations, by).encode(), given
        )
    ]
    return right[0] if named and right else None
