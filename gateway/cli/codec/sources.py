"""Finds a dialect, its hooks, its transcripts and its source text, installed or not."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import invalidate_caches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from gateway.codecs.api import Dialect
from gateway.codecs.kit.hooks import GROUP as HOOKS_GROUP
from gateway.codecs.kit.hooks import Hooks, load_hooks
from gateway.codecs.registry import GROUP, Registry, load_dialects
from gateway.codecs.transcript import Transcript, read_transcript
from gateway.domain.errors import GatepostError


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A dialect and what is known of it beside the running gateway."""

    dialect: Dialect
    hooks: Hooks
    others: tuple[Dialect, ...] = ()
    """The other dialects that are installed, in their order of precedence."""
    sources: dict[str, str] = field(default_factory=dict)
    """Text of its own modules by the name of their file."""


def find(name: str, folder: Path) -> Found:
    """Find the dialect NAME; raises GatepostError ``codec.unknown`` with every reason known.

    What ``folder``/pyproject.toml declares wins over what is installed under the same name.
    """
    entries = _declared(folder, GROUP)
    local = {each.name: each for each in entries}
    registry = load_dialects()
    if name in local:
        _refuse_taken(local[name], folder)
        sys.path[:0] = [str(folder), str(folder / "src")]
        invalidate_caches()
        registry = _with_local(load_dialects([local[name]]), registry)
    dialect = registry.dialects.get(name)
    if dialect is None:
        reasons = [str(failure) for failure in registry.failures if failure.name == name]
        known = ", ".join(registry.dialects) or "none"
        raise GatepostError(
            "codec.unknown",
            "; ".join(reasons) or f"no usable dialect of that name; there are: {known}.",
            place=f"codec {name}",
            remedy="" if reasons else "Run this where its pyproject.toml lies, or install it.",
        )
    hooks = load_hooks(name, _declared(folder, HOOKS_GROUP) if name in local else None)
    others = tuple(each for each in registry.dialects.values() if each.name != name)
    return Found(dialect=dialect, hooks=hooks, others=others, sources=_sources(dialect))


def transcripts(name: str, folder: Path | None) -> list[Transcript]:
    """Read every transcript of a folder, ``fixtures/NAME`` by default; raises GatepostError."""
    where = folder or Path("fixtures") / name
    files = sorted(where.glob("*.wire"))
    if not files:
        raise GatepostError(
            "codec.no_transcripts",
            "there is no transcript (*.wire) in this folder.",
            place=str(where),
            remedy="Name the folder with --fixtures; the format is in docs/vendors/transcripts.md.",
        )
    return [read_transcript(file.read_text(encoding="utf-8"), str(file)) for file in files]


def _with_local(local: Registry, installed: Registry) -> Registry:
    others = {k: v for k, v in installed.dialects.items() if k not in local.dialects}
    failures = local.failures if local.failures else installed.failures
    dialects = {**others, **local.dialects} if not local.failures else local.dialects
    return Registry(dialects=dialects, failures=failures)


def _refuse_taken(entry: EntryPoint, folder: Path) -> None:
    """Raise GatepostError ``codec.name_taken`` when another package's dialect has the name."""
    own = _project(folder).get("name")
    for other in entry_points(group=GROUP, name=entry.name):
        package = other.dist.name if other.dist else "another package"
        if other.value != entry.value and package != own:
            raise GatepostError(
                "codec.name_taken",
                f"{entry.name!r} is the name of a dialect of {package}; a gateway would not load"
                " yours.",
                place=str(folder / "pyproject.toml"),
                remedy="Choose another for the entry point, Dialect(name=…) and the fixtures.",
            )


def _declared(folder: Path, group: str) -> list[EntryPoint]:
    entries = _project(folder).get("entry-points", {}).get(group, {})
    return [EntryPoint(name=name, value=value, group=group) for name, value in entries.items()]


def _project(folder: Path) -> dict[str, Any]:
    """Return the table ``project`` of a folder's pyproject.toml, empty where there is none."""
    try:
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
        found: dict[str, Any] = tomllib.loads(text).get("project", {})
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        place = str(folder / "pyproject.toml")
        raise GatepostError("codec.project", f"this is no TOML: {error}.", place=place) from None
    return found


def _sources(dialect: Dialect) -> dict[str, str]:
    """Return the text of the modules that are the dialect's own, by file."""
    conversation = dialect.conversation
    start = getattr(conversation, "__module__", type(conversation).__module__)
    found = {}
    for module in _own(start):
        file = getattr(module, "__file__", None)
        if file and file.endswith(".py"):
            found[file] = Path(file).read_text(encoding="utf-8")
    return found


def _own(start: str) -> Iterator[ModuleType]:
    """Yield the module of the conversation, and those of its package if it lies in one.

    ``gateway.codecs`` and ``tests`` are not a dialect's own package but the house of many.
    """
    package, _, _ = start.rpartition(".")
    whole = package if package and package not in ("gateway.codecs", "tests.codecs") else start
    for name, module in sorted(sys.modules.items()):
        own = name in (start, whole) or name.startswith(f"{whole}.")
        if own and not name.endswith(".hooks"):
            yield module
