"""A request to a terminal and its answer, whatever carries them: HTTP, or a command of PUSH."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
XML = 'application/xml; charset="UTF-8"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    """Its Content-Type."""
    body: bytes = b""

    @property
    def target(self) -> str:
        """What answers call ``requestURL``."""
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer."""

    status: int = 200
    kind: str = ""
    """Its Content-Type; empty where there is no body."""
    body: bytes = b""
    values: dict[str, Any] = field(default_factory=dict)
    """What the body says, for whoever looks at it before it is sent."""
    restarts: bool = False
    """The terminal goes away once this is sent."""
    streams: bool = False
    """Events follow for as long as the connection lasts."""


def asked(method: str, target: str, kind: str = "", body: bytes = b"") -> Asked:
    """Return a request for a target as it stands in a request line."""
    path, _, query = target.partition("?")
    return Asked(method=method, path=path, query=_members(query), kind=kind, body=body)


def _members(query: str) -> dict[str, str]:
    """Read a query; nothing that is asked of a terminal needs escapes."""
    pairs = (one.partition("=") for one in query.split("&"))
    return {name: value for name, _, value in pairs if name}
