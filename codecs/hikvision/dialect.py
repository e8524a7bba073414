"""Hikvision HTTP listening as a dialect: what the gateway must know to speak it."""

from __future__ import annotations

from gateway.codecs.api import Dialect, Limits, Reach, TimeBasis
from gateway.codecs.hikvision.double import HikvisionDouble
from gateway.codecs.hikvision.exchange import MOST_HELD
from gateway.codecs.hikvision.keys import typed_in
from gateway.codecs.hikvision.limits import (
    BYTES_BEFORE_LOGIN,
    IDLE_SECONDS,
    LOGIN_SECONDS,
    MOST_PICTURE,
)
from gateway.codecs.hikvision.redaction import redact
from gateway.codecs.hikvision.server import HikvisionConversation

_OPENINGS = (b"POST /hik/", b"PUT /hik/")
_BLANK = b"\r\n\r\n"
_DECISIVE = 8


def opening(first: bytes) -> bool | None:
    """Judge the first bytes of a connection: POST or PUT to one of our paths."""
    at = next(at for at in (4, 2, 0) if first.startswith(_BLANK[:at]))
    rest = first[at:]
    if not any(one.startswith(rest) or rest.startswith(one) for one in _OPENINGS):
        return None if _BLANK.startswith(first) else False
    return True if len(first) >= _DECISIVE else None


DIALECT = Dialect(
    name="hikvision",
    version="1",
    summary="Hikvision face terminals by HTTP listening, with remote verification",
    conversation=HikvisionConversation,
    device=HikvisionDouble,
    reach=Reach.PUSH_ONLY,
    numbered=False,  # serialNo belongs to no series that a terminal could name
    # Inferred: with httpBroken and checkResponseEnabled it sends again what got no 200.
    retains_until_ack=True,
    opening=opening,
    time_basis=TimeBasis.LOCAL_WITH_OFFSET,
    checksum=False,
    # A path without a token only says which terminal it is.
    claims=True,
    limits=Limits(
        max_frame=MOST_HELD,
        before_login_bytes=BYTES_BEFORE_LOGIN,
        login_seconds=LOGIN_SECONDS,
        idle_seconds=IDLE_SECONDS,
        max_picture=MOST_PICTURE,
    ),
    typed_in=typed_in,
    redact=redact,
)
