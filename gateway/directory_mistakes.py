"""What is wrong with a directory document, each mistake with its place, its cause and a remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.directory_tables import ENTRIES, NAMED_BY, Document, Table
from gateway.domain.errors import GatepostError

SHOWN = 10
"""So many mistakes are listed; the rest is counted."""
SHOWN_CHARACTERS = 60
CORRECT = "Correct that entry."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake; ``path`` leads to it, such as ``("devices", 0, "serial")``."""

    path: tuple[str | int, ...]
    cause: str
    remedy: str = CORRECT


def refused(mistakes: Sequence[Mistake], place: str, parsed: Mapping[str, Any]) -> GatepostError:
    """Return the refusal of a document: the first mistake, and the others in its remedy."""
    first, *others = mistakes
    lines = [f"Also at {_where(one, parsed)}: {one.cause}" for one in others[: SHOWN - 1]]
    if len(mistakes) > SHOWN:
        lines.append(f"… and {len(mistakes) - SHOWN} more.")
    return GatepostError(
        "directory.refused",
        first.cause,
        place=f"{place}: {_where(first, parsed)}" if first.path else place,
        remedy="\n  ".join([first.remedy, *lines]),
    )


def misshapen(error: ValidationError) -> list[Mistake]:
    """Return what pydantic found, in an operator's words."""
    return [_explain(detail) for detail in error.errors()]


def repeats(tables: Document) -> Iterator[Mistake]:
    """Find second entries of the same thing: taking either would be a guess."""
    for section, fields in NAMED_BY.items():
        first: dict[tuple[str, ...], int] = {}
        for at, table in enumerate(getattr(tables, section)):
            key = tuple(getattr(table, field) for field in fields)
            before = first.setdefault(key, at)
            if before != at:
                yield Mistake(
                    path=(section, at, fields[-1]),
                    cause=f'"{" ".join(key)}" is in {section}.{before} already.',
                    remedy="Keep one of the two, or correct the one that was copied.",
                )


def unknown(path: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> Mistake:
    """Return the mistake of naming something that does not exist, with those that do."""
    names = sorted(set(known))
    close = get_close_matches(name, names, n=SHOWN) if len(names) > SHOWN else names
    if close:
        remedy = f"There are: {', '.join(close)}{', …' if len(names) > SHOWN else ''}."
    else:
        remedy = f"There are {len(names)} others." if names else "There are none yet."
    return Mistake(path=path, cause=f'there is no {what} "{name}".', remedy=remedy)


def _explain(detail: ErrorDetails) -> Mistake:
    path = detail["loc"]
    kind, last = detail["type"], str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return Mistake(path=path, cause=f'unknown key "{last}".', remedy=_right_key(path))
    if kind == "missing":
        return Mistake(path=path, cause=f'"{last}" is missing.')
    if kind == "tuple_type" and len(path) == 1:
        remedy = f"Begin each entry with [[{last}]]."
        return Mistake(path=path, cause="expected a list.", remedy=remedy)
    if kind == "half":
        remedy = "Name both, or neither for a terminal that hangs nowhere yet."
        return Mistake(path=path, cause=f"{detail['msg']}.", remedy=remedy)
    if last == "secret":
        return Mistake(path=path, cause=f"{_expected(detail)} (the value is kept secret).")
    return Mistake(
        path=path, cause=f"{_shown(detail['input'])}: {_expected(detail)}{_habit(detail['input'])}."
    )


def _right_key(path: tuple[str | int, ...]) -> str:
    table: type[Table] = Document if len(path) == 1 else ENTRIES[str(path[0])]
    close = get_close_matches(str(path[-1]), table.model_fields, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(table.model_fields)}."


def _expected(detail: ErrorDetails) -> str:
    if detail["type"] == "string_type":
        return "expected a text in quotes"
    return detail["msg"].replace("Input should be", "expected").replace("String should", "should")


def _habit(value: object) -> str:
    """Name what an input method or a spreadsheet left in a text and nobody sees."""
    if not isinstance(value, str):
        return ""
    narrow = unicodedata.normalize("NFKC", value)
    if narrow != value and narrow.isascii():
        return f'; it has full-width signs, write "{narrow.strip()}"'
    return "; it has a space at an end" if value != value.strip() else ""


def _shown(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return "a list" if isinstance(value, list | tuple) else "a table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _where(mistake: Mistake, parsed: Mapping[str, Any]) -> str:
    """Write the path with dots, and which entry that is by its name."""
    path = mistake.path
    dotted = ".".join(map(str, path))
    fields = NAMED_BY.get(str(path[0]), ())
    if len(path) < 2 or path[-1] in fields:
        return dotted
    entry = parsed[str(path[0])][path[1]]
    name = entry.get(fields[-1]) if isinstance(entry, Mapping) else None
    return f"{dotted} of {name}" if isinstance(name, str) else dotted
