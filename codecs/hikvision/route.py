"""The path of a request: which terminal, its token, and how long it waits for a verdict.

``/hik/[anything/][5s/]SERIAL/TOKEN``. The token is what identifies a terminal; without one the path
only claims. What lies between is the operator's to choose.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.codecs.hikvision.keys import TOKEN_DIGITS
from gateway.codecs.hikvision.limits import LEAST_PATIENCE_S, MOST_PATIENCE_S

from gateway.domain.ids import Serial

PREFIX = "/hik/"
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
    return Route(Serial(segments.pop()), token, _patience(segments))


def _patience(segments: list[str]) -> int | None:
    for segment in segments:
        found = _PATIENCE.match(segment)
        if found and LEAST_PATIENCE_S <= int(found[1]) <= MOST_PATIENCE_S:
            return int(found[1])
    return None
