"""Asks a running gateway what it holds of the terminals of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.simulator.verdict import Evidence

Call = Callable[..., Awaitable[Any]]
"""Asks the gateway: the name of a call and its arguments, such as over its socket."""
COUNTED = ("passages", "faults", "quarantined", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Everything held of one device, whatever run it is from."""

    rows: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    pictures: frozenset[str] = frozenset()


async def holdings(call: Call, serials: Iterable[str]) -> dict[str, Holding]:
    """Note what is held before a run of those serial numbers the gateway knows already."""
    wanted = set(serials)
    known = [entry["serial"] for entry in await call("device.list") if entry["serial"] in wanted]
    return {serial: (await _ask(call, serial, 0))[0] for serial in known}


async def evidence(
    call: Call, serials: Iterable[str], series: int, before: Mapping[str, Holding]
) -> dict[str, Evidence]:
    """Return what is held of one run: all there is, less what was there before."""
    found = {}
    for serial in serials:
        after, numbers = await _ask(call, serial, series)
        earlier = before.get(serial, Holding())
        rows = {name: after.rows[name] - earlier.rows[name] for name in COUNTED}
        found[serial] = Evidence(
            numbers=frozenset(numbers), pictures=after.pictures - earlier.pictures, **rows
        )
    return found


async def _ask(call: Call, serial: str, series: int) -> tuple[Holding, list[int]]:
    shown = await call("device.show", serial=serial)
    listed = await call("proof.numbers", serial=serial, series=series)
    holding = Holding(
        rows={name: shown["stored"][name] for name in COUNTED},
        pictures=frozenset(listed["pictures"]),
    )
    return holding, listed["numbers"]
