"""What a terminal proves itself with, all of it made from the one secret it is registered with.

A maker's terminal cannot compute anything from a key. So the key stays with the gateway, and two
texts made from it are typed into the terminal: the path it sends to, and a password where Digest is
asked for. Neither lets anybody find the key or the other one.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable
from hmac import compare_digest, digest

from gateway.codecs.http.digest import Login

from gateway.domain.ids import Serial

TOKEN_DIGITS = 32
"""128 bits in hexadecimal: not to be guessed, and short beside the 256 characters of a URL."""
_PASSWORD = "Gp-"  # noqa: S105 - the beginning every password has
_PASSWORD_CHARACTERS = 13
_NOBODY = bytes(32)
_NONCE_MARK = 8
NONCE_SECONDS = 30
"""A challenge is met at once; whoever listens can repeat its answer elsewhere for so long."""


def token(secret: bytes) -> str:
    """Return the last segment of the terminal's path."""
    return digest(secret, b"gatepost hikvision path", "sha256").hex()[:TOKEN_DIGITS]


def password(secret: bytes) -> str:
    """Return the Digest password: 16 characters of four kinds, which terminals accept (inferred).

    65 random bits.
    """
    drawn = b32encode(digest(secret, b"gatepost hikvision password", "sha256")).decode()
    return _PASSWORD + drawn[:_PASSWORD_CHARACTERS]


def login(serial: Serial, secret: bytes) -> Login:
    """Return what a terminal logs in with by PUSH: the same as for Digest."""
    return Login(user=serial, password=password(secret))


Logins = Callable[[Serial, bytes], Login]


def fits(secret: bytes | None, given: str) -> bool:
    """Compare a token in constant time; without a secret the same work is done and nothing fits."""
    right = compare_digest(token(secret or _NOBODY).encode(), given.encode())
    return right and secret is not None


def nonce(secret: bytes, wall_ms: int) -> bytes:
    """Return a nonce that every connection of the terminal can recognise for a while.

    A terminal that closes after each answer comes back on another connection, and must find its
    challenge still good there.
    """
    at = (wall_ms // 1000 % (1 << 32)).to_bytes(4, "big")
    return at + digest(secret, b"gatepost hikvision nonce" + at, "sha256")[:_NONCE_MARK]


def is_fresh(secret: bytes, given: str, wall_ms: int) -> bool:
    """Say whether a nonce was made here within the last `NONCE_SECONDS`."""
    try:
        raw = bytes.fromhex(given)
    except ValueError:
        return False
    made_ms = int.from_bytes(raw[:4], "big") * 1000
    ours = compare_digest(nonce(secret, made_ms), raw)
    return ours and 0 <= wall_ms - made_ms < NONCE_SECONDS * 1000


def typed_in(serial: Serial, secret: bytes) -> tuple[tuple[str, str], ...]:
    """Return what an operator types into the terminal, each with the name of its field."""
    return (
        ("URL", f"/hik/{serial}/{token(secret)}"),
        ("User name", serial),
        ("Password", password(secret)),
    )
