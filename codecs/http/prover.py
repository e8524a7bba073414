"""The client's proof of itself, over many requests: Digest, and never a password in clear.

The challenge of the last 401 is used for all further requests, counting up, which saves a round
trip each. Some terminals take no nonce twice; those answer 401 with a new one, and are asked once
more. Whoever answers that with 401 as well does not know our password.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.codecs.http.digest import Login, authorise, read_challenge

CNONCE_BYTES = 8
_BEST_FIRST = ("SHA-256", "MD5")


class Prover:
    """One account at one server."""

    def __init__(self, login: Login, entropy: Callable[[int], bytes]) -> None:
        self._login = login
        self._entropy = entropy
        self._challenge: str | None = None
        self._count = 0

    def authorization(self, method: str, target: str) -> str | None:
        """Return the header for a request, None where we were not asked yet."""
        if self._challenge is None:
            return None
        self._count += 1
        cnonce = self._entropy(CNONCE_BYTES).hex()
        return authorise(self._challenge, self._login, (method, target), cnonce, self._count)

    def challenged(self, headers: Iterable[tuple[str, str]]) -> bool:
        """Take the challenges of a 401; False where none of them can be answered."""
        offered: dict[str, str] = {}
        for name, value in headers:
            told = read_challenge(value) if name == "www-authenticate" else None
            if told is not None:
                offered.setdefault(told.get("algorithm", "MD5").upper(), value)
        self._count = 0
        self._challenge = next((offered[one] for one in _BEST_FIRST if one in offered), None)
        return self._challenge is not None

    def forget(self) -> None:
        """Use the present challenge no more."""
        self._challenge, self._count = None, 0
