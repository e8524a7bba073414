"""Bounds of the Hikvision dialect; the maker publishes none for what a terminal sends.

Certain are the largest printed snapshot, 92 kB, and that enrolment photos have 200 kB at most.
"""

from __future__ import annotations

MOST_EVENT = 256 * 1024
"""Bytes of an event without its pictures."""
MOST_PICTURE = 300 * 1024
"""Bytes of one picture; of a larger one the event is taken and the picture is not."""
MOST_BODY = 1024 * 1024
"""Bytes of an event with its pictures, five at the most."""
MOST_DEPTH = 32
"""Levels of JSON or XML; the deepest printed event has three."""

BYTES_BEFORE_LOGIN = 512 * 1024
"""A terminal sends head, event and picture at once, and again when it is asked to authenticate."""
LOGIN_SECONDS = 30.0
"""A terminal may open its connection some time before it has something to say."""
REQUEST_SECONDS = 30.0
"""Within which a request that began must be here whole."""
IDLE_SECONDS = 3600.0
"""A terminal without heartbeats is silent all night, and must not be cut off for that."""

LEAST_PATIENCE_S, MOST_PATIENCE_S = 1, 10
"""Bounds of remoteCheckTimeout (certain)."""
VERDICT_MARGIN_S = 1.0
"""Taken off a terminal's patience: for our commit, and for the way back."""
LEAST_BUDGET_S = 0.5

LIVE_MS = 60_000
"""An event without currentEvent that is older than this was kept during an outage (inferred)."""
MOST_INFO = 32
"""Bytes of the text on the screen: what the older capability allows (certain)."""
MOST_SERIAL_NO = 2_000_000_000
"""Largest serialNo of a question (certain)."""
MOST_REMEMBERED = 16
"""Questions whose answer is remembered on a connection, should one come again."""
MOST_WRONG = 3
"""Digest proofs that may fail on one connection."""
