"""How a stream of bytes falls into frames: the door to the framings and their one reader.

A dialect declares a framing as data and reads frames from a `FrameReader`; noise, half frames and
bounds are dealt with behind this door. Owns nothing itself.
"""

from gateway.codecs.marked import Delimited, Escaped
from gateway.codecs.reader import HUNT_REPORT_BYTES, SAMPLE_BYTES, FrameReader
from gateway.codecs.shapes import Check, CheckedHeader, Fixed, Framing, LengthPrefixed, sound

__all__ = [
    "HUNT_REPORT_BYTES",
    "SAMPLE_BYTES",
    "Check",
    "CheckedHeader",
    "Delimited",
    "Escaped",
    "Fixed",
    "FrameReader",
    "Framing",
    "LengthPrefixed",
    "sound",
]
