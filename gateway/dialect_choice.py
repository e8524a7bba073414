"""Which of the usable dialects an operator chose to serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.codecs.api import Dialect
from gateway.domain.errors import GatepostError


def enabled_dialects(names: Sequence[str], usable: Mapping[str, Dialect]) -> tuple[Dialect, ...]:
    """Return the dialects of ``dialects.enabled``; raises GatepostError for one that may not be."""
    place = "setting dialects.enabled"
    chosen = tuple(usable_dialect(name, usable, place) for name in dict.fromkeys(names))
    for dialect in chosen:
        if not dialect.proof:
            raise GatepostError(
                "dialect.unproved",
                f'logins of "{dialect.name}" prove nothing: anybody could be any of its devices.',
                place=place,
                remedy="Give it a listener with bound addresses, [[unproved]].",
            )
    return chosen


def usable_dialect(name: str, usable: Mapping[str, Dialect], place: str) -> Dialect:
    """Return a dialect by name; raises GatepostError ``dialect.unknown``."""
    dialect = usable.get(name)
    if dialect is None:
        raise GatepostError(
            "dialect.unknown",
            f'there is no protocol "{name}".',
            place=place,
            remedy=f"There are: {', '.join(sorted(usable))}.",
        )
    return dialect
