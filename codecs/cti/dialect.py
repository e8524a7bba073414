"""The city terminal interface as a dialect: what the gateway must know to speak it."""

from __future__ import annotations

from gateway.codecs.api import Dialect, Limits, Reach, TimeBasis
from gateway.codecs.cti.double import CtiDouble
from gateway.codecs.cti.limits import BYTES_BEFORE_LOGIN, MOST_FRAME, MOST_PICTURE
from gateway.codecs.cti.redaction import redact
from gateway.codecs.cti.server import CtiConversation

_LENGTH_END = 5
_FIRST_PARTS = bytes(3)


def opening(first: bytes) -> bool | None:
    """Judge the first bytes of a connection: start 01, a short length, part index 0.

    The first frame is a login or a heartbeat, so three of the four length bytes are zero.
    """
    if not b"\x01".startswith(first[:1]) or first[2:_LENGTH_END].strip(b"\0"):
        return False
    if first[_LENGTH_END:].strip(b"\0"):
        return False
    return True if len(first) >= _LENGTH_END + len(_FIRST_PARTS) else None


DIALECT = Dialect(
    name="cti",
    version="1",
    summary="the city terminal interface, as far as it is known",
    conversation=CtiConversation,
    device=CtiDouble,
    reach=Reach.PERSISTENT,
    numbered=False,
    # Inferred: the state byte can say "failed", and public clients send such a record again.
    retains_until_ack=True,
    opening=opening,
    # Inferred: the layout has no offset, and every site is in China.
    time_basis=TimeBasis.LOCAL,
    # The XOR byte covers the content only: a flipped bit of the header passes unnoticed.
    checksum=False,
    proof=False,
    limits=Limits(
        max_frame=MOST_FRAME,
        before_login_bytes=BYTES_BEFORE_LOGIN,
        max_picture=MOST_PICTURE,
    ),
    redact=redact,
)
