"""What to say of a section or key that does not exist: the nearest one that does."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from gateway.domain.errors import GatepostError
from gateway.settings import repeated_tables, sections


def nearest(code: str, name: str, known: Iterable[str], *, place: str) -> GatepostError:
    """Return the error for an unknown ``name``, with the nearest known one if any is near."""
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    remedy = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}."
    what = "section" if code == "config.unknown_section" else "key"
    return GatepostError(code, f'unknown {what} "{name}".', place=place, remedy=remedy)


def unknown_key(section: str, key: str, *, place: str) -> GatepostError:
    """Return the error for a key its section does not have; it may belong to another one."""
    known = sections() | repeated_tables()
    homes = [name for name, model in known.items() if key in model.model_fields]
    if homes:
        return GatepostError(
            "config.unknown_key",
            f'unknown key "{key}" in [{section}].',
            place=place,
            remedy=f"It belongs to {' and '.join(f'[{home}]' for home in homes)}.",
        )
    return nearest("config.unknown_key", key, known[section].model_fields, place=place)
