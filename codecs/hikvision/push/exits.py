"""Answers of PUSH: each carries a challenge for the next request, and is kept should it be lost."""

from __future__ import annotations

from gateway.codecs.api import Context
from gateway.codecs.hikvision.exchange import Exchange
from gateway.codecs.hikvision.push import texts
from gateway.codecs.hikvision.push.cipher import seal, session_key, unseal
from gateway.codecs.hikvision.push.logins import draw_challenge
from gateway.codecs.hikvision.push.memory import PushSession, Told
from gateway.codecs.hikvision.push.paths import Secrecy

JSON, SEALED = "application/json", "application/octet-stream"


class Exits:
    """Owns the request that is being answered on one connection."""

    def __init__(self, exchange: Exchange, context: Context) -> None:
        self._exchange = exchange
        self._context = context
        self._session: PushSession | None = None
        self._h = ""
        self._auth = ""
        self._key = b""
        self._turn = 0
        self._secrecy: Secrecy | None = None
        self._cached: tuple[str, int, bytes] = ("", 0, b"")
        """The last random, its security, and the key made from it."""

    @property
    def told(self) -> Told | None:
        """The last answer of the session."""
        return None if self._session is None else self._session.told

    def bind(self, session: PushSession, h: str, auth: str) -> None:
        """Answer for a session from now on; ``auth`` is what the request proved itself with."""
        if session is not self._session:
            self._cached = ("", 0, b"")
        self._session, self._h, self._auth = session, h, auth

    def begin(self, key: bytes, secrecy: Secrecy | None, mono: float) -> bool:
        """Begin to answer a request; False where it is not encrypted as agreed."""
        assert self._session is not None
        agreed = self._session.security
        told = secrecy.security if secrecy is not None else 0
        if self._auth and told != agreed:  # a login has no proof yet, and may come either way
            return False
        self._key, self._secrecy = key, secrecy
        self._turn = self._session.begin(mono)
        return True

    def read(self, body: bytes, *, plain_too: bool) -> bytes:
        """Return the text of a request; raises Refused."""
        if self._secrecy is None or not body or (plain_too and body.lstrip()[:1] == b"{"):
            return body
        return unseal(self._cipher(self._secrecy), self._secrecy.iv, body)

    def answer(self, text: bytes, mono: float, *, until: float = float("inf")) -> None:
        """Answer a request of the session; ``until`` bounds how long the same may be said again."""
        assert self._session is not None
        kind = JSON
        if self._secrecy is not None:
            text, kind = seal(self._cipher(self._secrecy), self._secrecy.iv, text), SEALED
        told = Told(
            key=self._key,
            auth=self._auth,
            challenge=draw_challenge(self._context),
            kind=kind,
            body=text,
            until=until,
        )
        if self._session.finish(self._turn, told, mono):
            self.repeat(told, mono)
        else:
            self.fail(401, "Overtaken by a later request.", mono)

    def repeat(self, told: Told, mono: float) -> None:
        """Give an answer, perhaps again."""
        headers = [("My-Custom-Challenge", told.challenge), ("Content-Type", told.kind)]
        self._exchange.say(200, headers, told.body, mono)

    def tell(self, text: bytes, mono: float) -> None:
        """Answer a request without a session."""
        self._exchange.tell(text, mono)

    def fail(self, status: int, why: str, mono: float, *, close: bool = False) -> None:
        """Refuse a request, without a challenge: the one before is still to be met."""
        body = texts.failed(status, why)
        self._exchange.say(status, [("Content-Type", JSON)], body, mono, close=close)

    def fail_login(self, tries_left: int, mono: float) -> None:
        """Refuse a login; the last one that may fail ends the connection."""
        body = texts.login_failed(tries_left)
        self._exchange.say(401, [("Content-Type", JSON)], body, mono, close=not tries_left)

    def lock_out(self, seconds: int, mono: float) -> None:
        """Refuse even to look at a login."""
        body = texts.login_failed(0, seconds)
        self._exchange.say(401, [("Content-Type", JSON)], body, mono, close=True)

    def _cipher(self, secrecy: Secrecy) -> bytes:
        """Return the key of a request; deriving it costs a thousand rounds, so it is kept."""
        session = self._session
        assert session is not None
        random, security, key = self._cached
        if (random, security) != (secrecy.random, secrecy.security):
            random, security = secrecy.random, secrecy.security
            key = session_key(self._h, random, session.salt, session.iterations, security)
            self._cached = (random, security, key)
        return key
