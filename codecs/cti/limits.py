"""Bounds of the city terminal interface. The interface itself names none: all of them are ours."""

from __future__ import annotations

from gateway.codecs.cti.frame import OVERHEAD

CODE = 32
"""Bytes of a factory code and of a device code (certain)."""
LOGIN_CONTENT = 2 * CODE + 1

MOST_CONTENT = 512 * 1024
"""Bytes of the largest content: one record with the largest picture other dialects may send
(300 KiB), or ten with pictures of the usual 50 KiB. The length field could say 4 GiB."""

MOST_FRAME = MOST_CONTENT + OVERHEAD

LOGIN_ROOM = 128
"""Bytes by which a later login may be longer; what follows the two codes is not looked at."""

FRAME_BEFORE_LOGIN = LOGIN_CONTENT + LOGIN_ROOM + OVERHEAD
"""Nobody needs to send more before the login is answered."""

BYTES_BEFORE_LOGIN = 4 * FRAME_BEFORE_LOGIN
"""A terminal may begin with a heartbeat, or repeat its login while we decide."""

MOST_PICTURE = 300 * 1024

MOST_WAITING = 4
"""Frames with attendance that may wait for their commit. Public clients send one at a time; each
may hold `MOST_CONTENT` bytes here."""

LIVE_MS = 60_000
"""A record older than this was kept by the terminal during an outage (inferred: nothing on the wire
says so). A clock that is wrong by more is an alarm of its own."""

UTC_OFFSET_MINUTES = 480
"""Times on the wire are wall clock times without a zone; China has one (inferred)."""
