"""Plans a run: sites with their terminals, as the gateway's directory and the fleets need them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.simulator.specification import TerminalSpec

PREFIX = "SIM-"
"""Serial numbers of simulated terminals begin with it; no real one's does."""
SUPPLIER = "SIM"
MODEL = "SIM-FACE-IRIS"
AREA = "990000"
"""No division has this code: simulated sites belong to no real district."""
CHANNELS = 2
IN, OUT = 1, 2
PER_NETWORK = 250
"""Terminals per loopback network: 127.77.n.1 … 127.77.n.250."""
LOOPBACK = "127."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A simulated construction site."""

    code: str
    name: str


DEFAULT_SITES = (
    Site(code="SIM-A", name="North tower"),
    Site(code="SIM-B", name="River bridge"),
    Site(code="SIM-C", name="Metro hall"),
    Site(code="SIM-D", name="Hospital wing"),
)


def sites(count: int) -> tuple[Site, ...]:
    """Return so many sites; beyond the four with names they are numbered."""
    numbered = (Site(code=f"SIM-{at + 1}", name=f"Site {at + 1}") for at in range(count))
    return tuple(
        DEFAULT_SITES[at] if at < len(DEFAULT_SITES) else site for at, site in enumerate(numbered)
    )


def terminals(
    count: int, at: Sequence[Site], host: str, lines: Sequence[str] = ()
) -> tuple[TerminalSpec, ...]:
    """Spread terminals over the sites, each with a fresh secret and alternating in and out.

    ``count`` dial over the network; for each of ``lines``, paths of serial devices, one more hangs
    on it.

    On loopback each connects from an address of its own: the gateway bounds strangers per address,
    and terminals of different sites never share one.
    """
    dialling: list[str | None] = [None] * count
    return tuple(
        TerminalSpec(
            serial=f"{PREFIX}{index + 1:06d}",
            secret=secrets.token_hex(32),
            model=MODEL,
            site=at[index % len(at)].code,
            direction=OUT if index // len(at) % 2 else IN,
            address=_address(index) if host.startswith(LOOPBACK) and not line else None,
            line=line,
            index=index,
        )
        for index, line in enumerate((*dialling, *lines))
    )


def directory(at: Sequence[Site], fleet: Sequence[TerminalSpec]) -> dict[str, Any]:
    """Return the directory document that registers them."""
    return {
        "areas": [{"code": AREA, "name": "Simulated county"}],
        "suppliers": [{"code": SUPPLIER, "name": "Simulated terminals"}],
        "models": [{"supplier": SUPPLIER, "name": MODEL}],
        "projects": [
            {
                "code": site.code,
                "name": site.name,
                "area": AREA,
                "channels": [_channel(number) for number in range(CHANNELS)],
            }
            for site in at
        ],
        "devices": [_device(one, len(at)) for one in fleet],
    }


def _device(one: TerminalSpec, site_count: int) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "supplier": SUPPLIER,
        "model": one.model,
        "secret": one.secret,
        "project": one.site,
        "channel": _channel(one.index // site_count // 2 % CHANNELS),
        "direction": "in" if one.direction == IN else "out",
    }


def _channel(number: int) -> str:
    return f"Gate {number + 1}"


def _address(index: int) -> str:
    return f"{LOOPBACK}77.{index // PER_NETWORK % 256}.{index % PER_NETWORK + 1}"
