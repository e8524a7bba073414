"""Bounds of PUSH. The two open programs have the first four (inferred); the others are ours."""

from __future__ import annotations

MOST_BODY = 8 * 1024 * 1024
"""Bytes of a request."""
MOST_EVENTS = 20
MOST_COMMANDS = 20
"""In one request, or one answer."""
LONGEST_UUID = 64
"""Characters of an event's name."""

MOST_LOGIN = 4 * 1024
"""Bytes of the requests before a login, which hold a name and a digest."""
WINDOW = 3
"""Poll intervals of silence after which a session is over (inferred)."""
ITERATIONS = 1000
"""Of the key derivation; what the worked example has. The password has 65 random bits, so that
guessing is hopeless without any, and a terminal's processor is slow."""
ERROR_DELAY_S = 30
"""Seconds a terminal waits after an error, as it is told at its login; the example's."""
MOST_OFFERS = 4096
OFFERS_EACH = 4
"""Challenges that wait for their login, altogether and of one serial number: anybody may ask."""
MOST_TERMINALS = 16_384
"""Sessions that are remembered; only terminals that proved themselves have one."""
POLL_SECONDS = 2.0
"""How long a poll is held back while the gateway looks for an order: longer than a database takes,
shorter than a terminal's patience."""
CALL_SECONDS = 30.0
"""Within which a call must have been fetched: five polls, or the terminal is not there."""
MOST_CALL = 1024 * 1024
"""Bytes of a call's body: a face fits five times, a firmware must come another way."""
EARLY_BODY = 256 * 1024
"""Bytes of a body that are read in order to answer 401 behind them; a larger one is cut off, as a
stranger may send no more."""
