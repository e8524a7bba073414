"""Digest authentication (RFC 7616), both sides, with MD5 and SHA-256 and ``qop=auth``.

MD5 is what terminals can do (certain); it protects no password against whoever records the exchange
and has time, so it stands beside a secret path and never instead of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from hashlib import md5, sha256
from hmac import compare_digest

from gateway.codecs.http.parameters import items

REALM = "gw"
_HASHES = {"MD5": md5, "SHA-256": sha256}
NC_DIGITS = 8


class Verdict(Enum):
    """What an Authorization header is worth."""

    HELD = "held"
    MISSING = "missing"
    """Not there, or not readable: the sender does not know our nonce yet."""
    STALE = "stale"
    """The password is right, the nonce is not ours or its count was used."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who asks and with what."""

    user: str
    password: str


def response(login: Login, algorithm: str, asked: tuple[str, str], fields: dict[str, str]) -> str:
    """Return the ``response`` for a method and a target; ``fields`` are the header's others."""
    hashed = _HASHES[algorithm]

    def digest(*texts: str) -> str:
        return hashed(":".join(texts).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    first = digest(login.user, fields["realm"], login.password)
    return digest(
        first, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], digest(*asked)
    )


def never(nonce: str) -> bool:
    """Take no nonce of another connection."""
    del nonce
    return False


class Challenger:
    """The server's side of one connection: one nonce, and a count that only rises.

    ``fresh`` says whether a nonce was given out on another connection just now; the first proof on
    this one may use it, and it counts from then on.
    """

    def __init__(
        self, nonce: bytes, algorithms: tuple[str, ...], fresh: Callable[[str], bool] = never
    ) -> None:
        self._nonce = nonce.hex()
        self._algorithms = algorithms
        self._fresh = fresh
        self._count = 0

    def challenges(self, *, stale: bool = False) -> list[tuple[str, str]]:
        """Return the headers of a 401, the algorithm we like best first."""
        end = f', nonce="{self._nonce}"' + (", stale=true" if stale else "")
        begin = f'Digest realm="{REALM}", qop="auth", algorithm='
        return [("WWW-Authenticate", begin + one + end) for one in self._algorithms]

    def judge(self, header: str, asked: tuple[str, str], login: Login) -> Verdict:
        """Judge an Authorization header; a right one uses up its count."""
        scheme, _, text = header.partition(" ")
        fields = items(text.strip()) if scheme.lower() == "digest" else None
        if fields is None:
            return Verdict.MISSING
        algorithm = fields.get("algorithm", "MD5").upper()
        count = _count(fields.get("nc", ""))
        if algorithm not in self._algorithms or fields.get("qop") != "auth" or not count:
            return Verdict.WRONG
        if not {"realm", "nonce", "cnonce"} <= fields.keys() or fields["realm"] != REALM:
            return Verdict.WRONG
        right = compare_digest(
            response(login, algorithm, asked, fields).encode(),
            fields.get("response", "").lower().encode("utf-8", "replace"),
        )
        right &= compare_digest(
            fields.get("username", "").encode("utf-8", "replace"), login.user.encode()
        )
        if not right or fields.get("uri") != asked[1]:
            return Verdict.WRONG
        if not self._count and self._fresh(fields["nonce"]):
            self._nonce = fields["nonce"]
        if fields["nonce"] != self._nonce or count <= self._count:
            return Verdict.STALE
        self._count = count
        return Verdict.HELD


def _count(text: str) -> int:
    if len(text) != NC_DIGITS:
        return 0
    try:
        return int(text, 16)
    except ValueError:
        return 0


def authorise(challenge: str, login: Login, asked: tuple[str, str], cnonce: str, nc: int) -> str:
    """Return the Authorization header with which a terminal answers a challenge.

    Raises ValueError for a challenge that is no Digest one with ``qop=auth``.
    """
    told = read_challenge(challenge)
    if told is None:
        raise ValueError(f"{challenge!r} is no challenge that can be answered")
    algorithm = told.get("algorithm", "MD5").upper()
    fields = {**told, "nc": f"{nc:0{NC_DIGITS}x}", "cnonce": cnonce, "qop": "auth"}
    answer = response(login, algorithm, asked, fields)
    opaque = f', opaque="{_quoted(told["opaque"])}"' if "opaque" in told else ""
    return (
        f'Digest username="{_quoted(login.user)}", realm="{_quoted(told["realm"])}",'
        f' nonce="{_quoted(told["nonce"])}",'
        f' uri="{asked[1]}", algorithm={algorithm}, qop=auth, nc={fields["nc"]},'
        f' cnonce="{cnonce}", response="{answer}"{opaque}'
    )


def read_challenge(challenge: str) -> dict[str, str] | None:
    """Read a WWW-Authenticate header; None for one that cannot be answered here."""
    scheme, _, text = challenge.partition(" ")
    told = items(text.strip()) if scheme.lower() == "digest" else None
    if told is None or not {"nonce", "realm", "qop"} <= told.keys():
        return None
    if told.get("algorithm", "MD5").upper() not in _HASHES:
        return None
    offered = [one.strip().lower() for one in told["qop"].split(",")]
    return told if "auth" in offered else None


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
