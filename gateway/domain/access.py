"""How a terminal is reached that is a server itself: where, as whom, and how sure it is the one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.domain.errors import GatepostError

PORTS = {"http": 80, "https": 443}
FINGERPRINT_BYTES = 32
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An address and an account. The password is as secret as a device's key."""

    host: str
    port: int
    secure: bool = False
    user: str
    password: str = field(repr=False)
    fingerprint: bytes = b""
    """SHA-256 of the certificate a secure one shows; nobody else signs what terminals show."""

    @property
    def url(self) -> str:
        """Return the address as it is typed."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


def parse_access(url: str, user: str, password: str, fingerprint: str = "") -> Access:
    """Read what an operator types; raises GatepostError ``access.…`` with what to do."""
    host, port, secure = _address(url)
    if not user or not password or any(ord(one) < 32 for one in user + password) or ":" in user:
        raise GatepostError(
            "access.account",
            "a user name and a password are wanted, without line ends; no colon in the name.",
            place=url,
        )
    return Access(
        host=host,
        port=port,
        secure=secure,
        user=user,
        password=password,
        fingerprint=_fingerprint(url, fingerprint, secure=secure),
    )


def _address(url: str) -> tuple[str, int, bool]:
    try:
        # What urlsplit drops without a word must not be dropped: tabs, line ends, blanks.
        parts = urlsplit(url if url.isprintable() and " " not in url else "")
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not bare or not _HOST.match(host) or port == 0:
        raise GatepostError(
            "access.url",
            "this is no address of a terminal.",
            place=url,
            remedy="Write http://192.0.2.17 or https://192.0.2.17:8443, nothing behind it.",
        )
    return host, port or PORTS[parts.scheme], parts.scheme == "https"


def _fingerprint(url: str, text: str, *, secure: bool) -> bytes:
    try:
        found = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        found = b"?"
    if len(found) == (FINGERPRINT_BYTES if secure else 0):
        return found
    raise GatepostError(
        "access.fingerprint",
        "an https address needs the SHA-256 fingerprint of the terminal's certificate, "
        "an http one has none.",
        place=url,
        remedy="On a line you trust: openssl s_client -connect HOST:PORT </dev/null "
        "| openssl x509 -noout -fingerprint -sha256",
    )
