"""The path of a request: which terminal, its token, and how long it waits for a verdict.

``/hik/[anything/][async/][5s/]SERIAL/TOKEN``. The token is what identifies a terminal; without one
the path only claims. What lies between is the operator's to choose.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.codecs.hikvision.keys import TOKEN_DIGITS
from gateway.codecs.hikvision.limits import LEAST_PATIENCE_S, MOST_PATIENCE_S

from gateway.domain.ids import Serial

PREFIX = "/hik/"
CALLS_BACK = "async"
LONGEST = 256
"""Characters a terminal takes for a URL (certain)."""
_SEGMENT = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,64}\Z")
_SERIAL = re.compile(r"[A-Za-z0-9._-]{1,32}\Z")
_TOKEN = re.compile(rf"[0-9a-f]{{{TOKEN_DIGITS}}}\Z")
_PATIENCE = re.compile(r"([0-9]{1,2})s\Z")


class Route(NamedTuple):
    """A path that can be a terminal's."""

    serial: Serial
    token: str
    """Empty where the path has none."""
    patience_s: int | None
    calls_back: bool = False
    """Verdicts are to reach the terminal as calls of their own, not as answers."""


def read_route(target: str) -> Route | None:
    """Read a request target; None for one that leads nowhere, escapes and dots included."""
    path, _, _ = target.partition("?")
    if len(path) > LONGEST or not path.startswith(PREFIX):
        return None
    segments = path[len(PREFIX) :].split("/")
    if not all(map(_SEGMENT.match, segments)):
        return None
    token = segments.pop() if _TOKEN.match(segments[-1]) else ""
    if not segments or not _SERIAL.match(segments[-1]):
        return None
    return Route(
        Serial(segments.pop()), token, _patience(segments), calls_back=CALLS_BACK in segments
    )


def own_path(serial: Serial, token: str, *, patience_s: int | None, calls_back: bool) -> str:
    """Return what follows `PREFIX` in the path of a terminal that is set up by us."""
    said = [CALLS_BACK] if calls_back else []
    if patience_s is not None:
        said.append(f"{patience_s}s")
    return "/".join([*said, serial, token])


def _patience(segments: list[str]) -> int | None:
    for segment in segments:
        found = _PATIENCE.match(segment)
        if found and LEAST_PATIENCE_S <= int(found[1]) <= MOST_PATIENCE_S:
            return int(found[1])
    return None
