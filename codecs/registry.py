"""Which dialects there are: the built-in ones and those of installed plug-ins, by entry point.

Owns loading and the reasons why something was not loaded. A plug-in that cannot be used is a
finding for the operator, never an exception: the others must still run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

from gateway.codecs.api import API_VERSION, Dialect

GROUP = "gateway.codecs"
"""Entry-point group of dialects; the entry's name is the dialect's name."""

_OURS = "gateway."


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A plug-in that is installed but not usable."""

    name: str
    """The entry point's name."""
    reason: str
    """A sentence for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The usable dialects by name, and what was left out."""

    dialects: dict[str, Dialect] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()


def load_dialects(found: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every dialect; ``found`` defaults to what is installed."""
    dialects: dict[str, Dialect] = {}
    failures: list[Failure] = []
    claims: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP) if found is None else found:
        claims.setdefault(entry.name, []).append(entry)
    for name, entries in sorted(claims.items()):
        chosen = _choose(entries)
        others = sorted(
            {entry.value for entry in entries if chosen is None or entry.value != chosen.value}
        )
        failures += (Failure(name=name, reason=f"{v} claims a name in use") for v in others)
        if chosen is None:
            continue
        loaded = _load(chosen)
        if isinstance(loaded, Dialect):
            dialects[name] = loaded
        else:
            failures.append(Failure(name=name, reason=loaded))
    return Registry(dialects=dialects, failures=tuple(failures))


def _choose(entries: list[EntryPoint]) -> EntryPoint | None:
    """Return the one to load under a name: a built-in wins, of two strangers neither does.

    Which stranger came first depends on the file system, so neither could be relied on.
    """
    if len({entry.value for entry in entries}) == 1:
        return entries[0]
    ours = [entry for entry in entries if entry.value.startswith(_OURS)]
    return ours[0] if ours else None


def _load(entry: EntryPoint) -> Dialect | str:
    try:
        dialect = entry.load()
    except (Exception, SystemExit) as error:
        return f"{entry.value} cannot be imported: {type(error).__name__}: {error}"
    if not isinstance(dialect, Dialect):
        return f"{entry.value} is {type(dialect).__name__}, not Dialect"
    if dialect.api != API_VERSION:
        return f"{entry.value} targets API {dialect.api}, this gateway has {API_VERSION}"
    if dialect.name != entry.name:
        return f"{entry.value} calls itself {dialect.name!r}, its entry point {entry.name!r}"
    return dialect
