"""Why connections end, and how a failure is written down."""

from __future__ import annotations

import traceback
from pathlib import Path

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

ENDINGS = frozenset(
    {
        "peer_closed",
        "connection_lost",
        "patience",
        "login_timeout",
        "login_bytes",
        "unrecognised",
        "tls_failed",
        "slow_reader",
        "identity_changed",
        "locked_out",
        "codec_error",
        "handling_error",
    }
)
"""Why connections end, beside the values of Parting and the closing codes of conversations."""


def ended_by_peer(reason: Failure, *, shaking: bool) -> str:
    """Say how a connection ended that we did not end; ``shaking``: in the handshake of TLS."""
    if isinstance(reason.value, ConnectionDone):
        return "peer_closed"
    return "tls_failed" if shaking else "connection_lost"


def trace(error: Exception) -> dict[str, object]:
    """Say what was raised where, without its text: that may quote what a terminal sent."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    return {"error": type(error).__name__, "at": place}
