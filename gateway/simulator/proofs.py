"""Asks a running gateway what it holds of the terminals of a run."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.simulator.ledger import Ledger
from gateway.simulator.verdict import Evidence

Call = Callable[..., Awaitable[Any]]
"""Asks the gateway: the name of a call and its arguments, such as over its socket."""
COUNTED = ("passages", "faults", "quarantined", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Everything held of one device, whatever run it is from."""

    rows: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    pictures: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """Identities of records, where its protocol does not number them."""


async def holdings(call: Call, serials: Mapping[str, bool]) -> dict[str, Holding]:
    """Note what is held before a run; of each serial number whether its records have names only."""
    known = [entry["serial"] for entry in await call("device.list") if entry["serial"] in serials]
    found = {}
    for serial in known:
        holding, _ = await _ask(call, serial, 0, named=serials[serial])
        found[serial] = holding
    return found


async def evidence(
    call: Call, books: Iterable[Ledger], before: Mapping[str, Holding]
) -> dict[str, Evidence]:
    """Return what is held of one run: all there is, less what was there before."""
    found = {}
    for book in books:
        after, numbers = await _ask(call, book.serial, book.series, named=book.named)
        earlier = before.get(book.serial, Holding())
        if book.named:
            numbers = _numbered(book, after.names - earlier.names)
        found[book.serial] = Evidence(
            numbers=frozenset(numbers),
            pictures=after.pictures - earlier.pictures,
            **{name: after.rows[name] - earlier.rows[name] for name in COUNTED},
        )
    return found


def _numbered(book: Ledger, names: Iterable[str]) -> list[int]:
    """Return the numbers of records by their names; one nobody sent is above the last number."""
    known = {name: number for number, name in enumerate(book.names, 1)}
    strange = itertools.count(len(book.names) + 1)
    return [known[name] if name in known else next(strange) for name in names]


async def _ask(call: Call, serial: str, series: int, *, named: bool) -> tuple[Holding, list[int]]:
    shown = await call("device.show", serial=serial)
    listed = await call("proof.numbers", serial=serial, series=series)
    holding = Holding(
        rows={name: shown["stored"][name] for name in COUNTED},
        pictures=frozenset(listed["pictures"]),
        names=frozenset(await call("proof.names", serial=serial) if named else ()),
    )
    return holding, listed["numbers"]
