"""Who may manage a terminal: Digest in the way units do it, and a lock after wrong passwords.

Five tries and thirty minutes are inferred (one source), and so is what the answer says of the lock.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from hmac import compare_digest

from gateway.codecs.hikvision.isapi_device.habits import Habits
from gateway.codecs.http.digest import Login, response
from gateway.codecs.http.parameters import items

MOST_WRONG = 5
LOCKED_S = 1800.0
MOST_NONCES = 8
"""Nonces that are good at a time; older ones are stale."""
OPAQUE = ', opaque="5ccc069c403ebaf9"'
_NONCE_BYTES = 15


class Judged(Enum):
    """What a request's Authorization is worth."""

    HELD = "held"
    CHALLENGED = "challenged"
    STALE = "stale"
    """The password is right, the nonce is used up."""
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The one account, and what its challenge calls the terminal."""

    login: Login = field(default_factory=lambda: Login(user="admin", password="Gate-2026!"))  # noqa: S106 - of the worked vectors
    realm: str = "DS-5A17C0DE"


class Access:
    """The account of a terminal; one for all its connections."""

    def __init__(self, account: Account, habits: Habits, entropy: Callable[[int], bytes]) -> None:
        self._account = account
        self._habits = habits
        self._entropy = entropy
        self._counts: dict[str, int] = {}
        """Highest count of each nonce that is good, the newest last."""
        self._wrong = 0
        self._locked_until = 0.0

    @property
    def tries_left(self) -> int:
        """Wrong passwords until the account is locked."""
        return MOST_WRONG - self._wrong

    def locked_for(self, mono: float) -> int:
        """Return seconds until the account is open again."""
        return max(0, round(self._locked_until - mono))

    def judge(self, header: str, asked: tuple[str, str], mono: float) -> Judged:
        """Judge an Authorization header."""
        if self.locked_for(mono):
            return Judged.LOCKED
        scheme, _, text = header.partition(" ")
        fields = items(text.strip()) if scheme.lower() == "digest" else None
        if fields is None:
            return Judged.CHALLENGED
        if not self._right(fields, asked):
            self._wrong += 1
            if self._wrong >= MOST_WRONG:
                self._wrong, self._locked_until = 0, mono + LOCKED_S
                return Judged.LOCKED
            return Judged.WRONG
        nonce, count = fields["nonce"], int(fields["nc"], 16)
        if count <= self._counts.get(nonce, count):
            return Judged.STALE
        self._counts[nonce] = count
        self._wrong = 0
        if count == self._habits.nonce_uses:
            del self._counts[nonce]
        return Judged.HELD

    def challenges(self, *, stale: bool) -> list[tuple[str, str]]:
        """Return the headers of a 401, with a nonce nobody has yet."""
        nonce, opaque = self._new_nonce(), OPAQUE if self._habits.opaque else ""
        told = f'Digest qop="auth", realm="{self._account.realm}", nonce="{nonce}"'
        named = self._habits.names_algorithm or len(self._habits.algorithms) > 1
        end = f'{opaque}, stale="{str(stale).upper()}"'
        return [
            ("WWW-Authenticate", told + (f", algorithm={one}" if named else "") + end)
            for one in self._habits.algorithms
        ]

    def _right(self, fields: dict[str, str], asked: tuple[str, str]) -> bool:
        algorithm = fields.get("algorithm", "MD5").upper()
        needed = {"username", "realm", "nonce", "uri", "nc", "cnonce", "response"}
        if not needed <= fields.keys() or fields.get("qop") != "auth":
            return False
        account = self._account
        if algorithm not in self._habits.algorithms or fields["uri"] != asked[1]:
            return False
        if fields["realm"] != account.realm or not _is_count(fields["nc"]):
            return False
        right = response(account.login, algorithm, asked, fields)
        held = compare_digest(right.encode(), fields["response"].lower().encode("utf-8", "replace"))
        return held and fields["username"] == account.login.user

    def _new_nonce(self) -> str:
        nonce = b64encode(self._entropy(_NONCE_BYTES)).hex()
        self._counts[nonce] = 0
        while len(self._counts) > MOST_NONCES:
            del self._counts[next(iter(self._counts))]
        return nonce


def _is_count(text: str) -> bool:
    try:
        return len(text) == 8 and int(text, 16) > 0
    except ValueError:
        return False
