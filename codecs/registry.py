"""Which dialects there are: the built-in ones and those of installed plug-ins, by entry point.

Owns loading and the reasons why something was not loaded. A plug-in that cannot be used is a
finding for the operator, never an exception: the others must still run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from gateway.codecs.api import API_VERSION, Dialect, Limits

GROUP = "gateway.codecs"
"""Entry-point group of dialects; the entry's name is the dialect's name."""

_OURS = "gateway."
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Fault(Enum):
    """Why a plug-in is not usable; the closed vocabulary of `gatepost_codecs_unusable`."""

    IMPORT = "import"
    """Its module raised, or does not have what the entry point names."""
    CLASH = "clash"
    """It claims a name that is in use."""
    API = "api"
    """It targets another version of the codec interface."""
    SHAPE = "shape"
    """What the entry point names is no proper Dialect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A plug-in that is installed but not usable."""

    name: str
    """The entry point's name."""
    fault: Fault
    reason: str
    """A sentence for the operator."""
    package: str = ""
    """The distribution it comes from and its version, as far as that is known."""

    def __str__(self) -> str:
        return f"{self.reason} (package {self.package})" if self.package else self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The usable dialects by name, and what was left out."""

    dialects: dict[str, Dialect] = field(default_factory=dict)
    """Built-in ones first: the order is the precedence when first bytes are judged, so a plug-in
    that claims every connection takes none from them."""
    failures: tuple[Failure, ...] = ()
    packages: dict[str, str] = field(default_factory=dict)
    """The distribution of each usable dialect, such as ``gatepost 0.1.0``."""


def load_dialects(found: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every dialect; ``found`` defaults to what is installed."""
    registry = Registry()
    failures: list[Failure] = []
    claims: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP) if found is None else found:
        claims.setdefault(entry.name, []).append(entry)
    for name, entries in sorted(claims.items(), key=lambda claim: _rank(claim[1])):
        chosen = _choose(entries)
        failures += _displaced(entries, chosen)
        if chosen is None:
            continue
        loaded = _load(chosen)
        if isinstance(loaded, Dialect):
            registry.dialects[name] = loaded
            registry.packages[name] = _package(chosen)
        else:
            fault, reason = loaded
            failures.append(_failure(chosen, fault, reason))
    return Registry(
        dialects=registry.dialects, failures=tuple(failures), packages=registry.packages
    )


def _rank(entries: list[EntryPoint]) -> tuple[bool, str]:
    """Sort built-in dialects before others, and each kind by name."""
    return not any(entry.value.startswith(_OURS) for entry in entries), entries[0].name


def _choose(entries: list[EntryPoint]) -> EntryPoint | None:
    """Return the one to load under a name: a built-in wins, of two strangers neither does.

    Which stranger came first depends on the file system, so neither could be relied on.
    """
    if len({entry.value for entry in entries}) == 1:
        return entries[0]
    ours = [entry for entry in entries if entry.value.startswith(_OURS)]
    return ours[0] if ours else None


def _displaced(entries: list[EntryPoint], chosen: EntryPoint | None) -> list[Failure]:
    others = {entry.value: entry for entry in entries}
    if chosen is not None:
        del others[chosen.value]
    return [
        _failure(entry, Fault.CLASH, f"{value} claims a name in use")
        for value, entry in sorted(others.items())
    ]


def _failure(entry: EntryPoint, fault: Fault, reason: str) -> Failure:
    return Failure(name=entry.name, fault=fault, reason=reason, package=_package(entry))


def _package(entry: EntryPoint) -> str:
    dist = entry.dist
    return f"{dist.name} {dist.version}" if dist is not None else ""


def _load(entry: EntryPoint) -> Dialect | tuple[Fault, str]:
    try:
        dialect = entry.load()
    except (Exception, SystemExit) as error:
        why = f"{type(error).__name__}: {error}"
        return Fault.IMPORT, f"{entry.value} cannot be imported: {why}"
    if not isinstance(dialect, Dialect):
        return Fault.SHAPE, f"{entry.value} is {type(dialect).__name__}, not Dialect"
    if dialect.api != API_VERSION:
        return (
            Fault.API,
            f"{entry.value} targets API {dialect.api}, this gateway has {API_VERSION}",
        )
    if dialect.name != entry.name:
        return (
            Fault.CLASH,
            (
                f"{entry.value} calls itself {dialect.name!r}, its entry point {entry.name!r}:"
                " give Dialect(name=…) and the entry point one name"
            ),
        )
    bad = _malformed(dialect)
    return (Fault.SHAPE, f"{entry.value}: {bad}") if bad else dialect


def _malformed(dialect: Any) -> str | None:
    """Say what would trip the gateway later, on a connection instead of here."""
    if not _NAME.fullmatch(dialect.name):
        return f"the name {dialect.name!r} is not 1 to 32 of a-z, 0-9, _ and -, a letter first"
    if not isinstance(dialect.version, str) or not dialect.version:
        return f"version is {dialect.version!r}, not a text such as '1.0'"
    if not isinstance(dialect.limits, Limits):
        return f"limits is {type(dialect.limits).__name__}, not Limits"
    if not callable(dialect.conversation) or not callable(dialect.opening):
        return "conversation and opening must be callable"
    return None
