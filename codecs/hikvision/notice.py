"""One request's content: which event it is, its text as it came, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.codecs.hikvision.documents import Values, looks_like_event, read_document
from gateway.codecs.hikvision.limits import MOST_PICTURE
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.values import text
from gateway.codecs.http.multipart import BadParts, Part, split
from gateway.codecs.http.parameters import parameters

HEARTBEATS = ("heartbeat", "videoloss")
"""A camera's way to say that nothing is lost is a video loss that is inactive (inferred)."""
SNAPSHOT = "pictureimage"
"""Content-ID of the picture of the person; others are thermal, visible light or a palm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An event and what came with it."""

    kind: str
    """Its eventType."""
    envelope: Values
    inner: Values
    """The object named by the event type; empty where there is none."""
    raw: bytes
    """The event's text as it came."""
    picture: bytes | None
    """The picture of the person, or the first there is."""
    oddities: tuple[str, ...]
    """What was wrong and did not matter."""
    truncated: bool = False
    """The body ended before its closing delimiter."""

    @property
    def heartbeat(self) -> bool:
        """Say whether it tells only that the terminal is there."""
        name = self.kind.lower()
        return name == HEARTBEATS[0] or (
            name == HEARTBEATS[1] and self.envelope.get("eventState") == "inactive"
        )


def read_notice(content_type: str, body: bytes) -> Notice:
    """Read a body; raises Refused."""
    kind, named = parameters(content_type)
    if kind.startswith("multipart/") or (not kind and body[:2] == b"--"):
        return _read_parts(body, named.get("boundary") or _boundary_of(kind, body))
    return _make(read_document(body, kind), body, None, (), False)


def _boundary_of(kind: str, body: bytes) -> str | None:
    """Return the boundary of a body that came without a type, from its first line."""
    if kind:
        return None
    return body[2:].partition(b"\r\n")[0].decode("latin-1").rstrip(" \t")


def _read_parts(body: bytes, boundary: str | None) -> Notice:
    try:
        found = split(body, boundary)
    except BadParts as bad:
        raise Refused(f"multipart_{bad.code}", status=bad.status) from None
    events = [part for part in found.parts if looks_like_event(part.data, part.kind)]
    if not events:
        raise Refused("no_event", f"none of {len(found.parts)} parts is an event")
    event, pictures = events[0], [part for part in found.parts if part not in events]
    faults = {
        "part_length": any(part.length_differs for part in found.parts),
        "truncated_multipart": found.truncated,
        "epilogue": found.epilogue,
        "second_event": len(events) > 1,
        "picture_too_large": any(len(part.data) > MOST_PICTURE for part in pictures),
    }
    return _make(
        read_document(event.data, event.kind),
        event.data,
        _snapshot([part for part in pictures if 0 < len(part.data) <= MOST_PICTURE]),
        tuple(name for name, true in faults.items() if true),
        found.truncated,
    )


def _snapshot(pictures: list[Part]) -> bytes | None:
    named = [part for part in pictures if part.content_id.lower() == SNAPSHOT]
    named += [part for part in pictures if part.name.lower() == "picture"]
    chosen = next(iter(named or pictures), None)
    return chosen.data if chosen else None


def _make(
    envelope: Values, raw: bytes, picture: bytes | None, oddities: tuple[str, ...], truncated: bool
) -> Notice:
    kind = envelope.get("eventType")
    if not isinstance(kind, str) or not text(kind, 64):
        raise Refused("event_type", "eventType is missing, or no text")
    inner: Any = envelope.get(kind)
    return Notice(
        kind=text(kind, 64),
        envelope=envelope,
        inner=inner if isinstance(inner, dict) else {},
        raw=raw,
        picture=picture,
        oddities=oddities,
        truncated=truncated,
    )
