"""How firmware differs in what a web server of a terminal says; each of it was seen or is allowed.

All are sloppy in their own way, and a client must get along with every mixture.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

NAMESPACES = (
    "http://www.isapi.org/ver20/XMLSchema",
    "http://www.hikvision.com/ver20/XMLSchema",
    "urn:psialliance-org",
)
"""Seen on real units (certain)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """One mixture; the default is what the worked vectors show."""

    namespace: str = NAMESPACES[0]
    texts: bool = False
    """JSON has numbers and truth values as texts."""
    closes: bool = False
    """The connection ends with each answer."""
    page: int = 30
    """Results of a search in one answer, whatever was asked for (inferred: about 30)."""
    nothing: str = "NO MATCH"
    """What a search says that found nothing; a published list has NO_MATCHES."""
    algorithms: tuple[str, ...] = ("MD5",)
    names_algorithm: bool = False
    """The challenge says ``algorithm=MD5``."""
    opaque: bool = False
    nonce_uses: int = 0
    """Count of a nonce after which it is stale; 0: it stays good."""
    line_ends: bool = True
    """Parts of the event stream end with a line end before the next delimiter."""
    part_lengths: bool = True
    """Parts of the event stream state their length."""
    silent_seconds: float = 0.0
    """The event stream sends nothing before its first heartbeat, also if there are events."""
    hosts: bool = True
    """There is HTTP listening to be set up; some models have none."""
    sync: bool = True
    """``remoteCheckWithISAPIListen`` can be set."""
    info: int = 1024
    """Longest text of a verdict; older units have 32."""
    bare_names: bool = False
    """Uploads must name their parts without quotes (inferred, one report)."""


def drawn(seed: str) -> Habits:
    """Return the mixture that belongs to a name, always the same."""
    dice = sha256(f"firmware {seed}".encode()).digest()
    return Habits(
        namespace=NAMESPACES[dice[0] % 3],
        texts=dice[1] % 3 == 0,
        closes=dice[2] % 3 == 0,
        page=(30, 24, 10)[dice[3] % 3],
        nothing=("NO MATCH", "NO_MATCHES")[dice[4] % 2],
        algorithms=(("MD5",), ("SHA-256", "MD5"))[dice[5] % 2],
        names_algorithm=dice[6] % 2 == 0,
        opaque=dice[7] % 2 == 0,
        nonce_uses=(0, 0, 5)[dice[8] % 3],
        line_ends=dice[9] % 2 == 0,
        info=(1024, 32)[dice[10] % 2],
    )
