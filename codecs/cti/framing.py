"""How a stream falls into frames."""

from __future__ import annotations

from gateway.codecs.cti.frame import LENGTH_AT, LENGTH_SIZE, MARK, OVERHEAD, judge
from gateway.codecs.cti.limits import MOST_FRAME
from gateway.codecs.framing import LengthPrefixed

FRAMING = LengthPrefixed(
    magic=bytes((MARK,)),
    length_at=LENGTH_AT,
    length_size=LENGTH_SIZE,
    overhead=OVERHEAD,
    max_frame=MOST_FRAME,
    byteorder="little",
    body=judge,
)
