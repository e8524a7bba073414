"""Plans a run: sites with their terminals, as the gateway's directory and the fleets need them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.domain.vocabulary import Direction
from gateway.simulator.specification import FleetSpec, TerminalSpec

PREFIX = "SIM-"
"""Serial numbers of simulated terminals begin with it; no real one's does."""
SUPPLIER = "SIM"
MODEL = "SIM-FACE-IRIS"
AREA = "990000"
"""No division has this code: simulated sites belong to no real district."""
CHANNELS = 2
PER_NETWORK = 250
"""Terminals per loopback network: 127.77.n.1 … 127.77.n.250."""
LOOPBACK = "127."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A simulated construction site."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where one terminal hangs: a name of its own, and how it reaches the gateway."""

    dialect: str
    serial: str
    keyed: bool = True
    """Its login is proved with a secret."""
    named: bool = False
    """Its records have no numbers, only names."""
    address: str | None = None
    """Where it connects from; None lets the system choose."""
    line: str | None = None
    """Serial device it hangs on; None: it dials over the network."""
    firmware: str = ""
    """What it runs, where its protocol is spoken in more than one way."""


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


def seats(
    dialect: str,
    count: int,
    host: str,
    lines: Sequence[str] = (),
    kind: str = "",
    *,
    named: bool = False,
) -> Iterator[Seat]:
    """Number terminals of a dialect that proves who logs in; ``kind`` goes into their serials.

    ``count`` dial over the network; for each of ``lines``, paths of serial devices, one more hangs
    on it. Some protocols have little room for a serial number, so those with a ``kind`` are short.
    On loopback each connects from an address of its own: the gateway bounds strangers per
    address, and terminals of different sites never share one.
    """
    dialling: list[str | None] = [None] * count
    for index, line in enumerate((*dialling, *lines)):
        local = host.startswith(LOOPBACK) and line is None
        yield Seat(
            dialect=dialect,
            serial=f"{PREFIX}{kind}{index + 1}" if kind else f"{PREFIX}{index + 1:06d}",
            named=named,
            address=_address(index) if local else None,
            line=line,
        )


def terminals(taken: Iterable[Seat], at: Sequence[Site]) -> tuple[TerminalSpec, ...]:
    """Spread terminals over the sites, with fresh secrets and alternating in and out."""
    return tuple(
        TerminalSpec(
            serial=seat.serial,
            dialect=seat.dialect,
            secret=secrets.token_hex(32) if seat.keyed else "",
            model=MODEL,
            site=at[index % len(at)].code,
            direction=Direction.OUT if index // len(at) % 2 else Direction.IN,
            named=seat.named,
            address=seat.address,
            line=seat.line,
            firmware=seat.firmware,
            index=index,
        )
        for index, seat in enumerate(taken)
    )


def directory(at: Sequence[Site], fleet: FleetSpec) -> dict[str, Any]:
    """Return the directory document that registers them, where they hang from now on.

    A terminal of an earlier run may have hung elsewhere until then.
    """
    since = datetime.fromtimestamp(fleet.epoch, UTC).isoformat()
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
                **({"verification": "central_gallery"} if site.code == fleet.album_site else {}),
            }
            for site in at
        ],
        "devices": [{**_device(one, len(at)), "since": since} for one in fleet.terminals],
    }


def _device(one: TerminalSpec, site_count: int) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "supplier": SUPPLIER,
        "model": one.model,
        "dialect": one.dialect,
        **({"secret": one.secret} if one.secret else {}),
        "project": one.site,
        "channel": _channel(one.index // site_count // 2 % CHANNELS),
        "direction": one.direction.name.lower(),
    }


def _channel(number: int) -> str:
    return f"Gate {number + 1}"


def _address(index: int) -> str:
    return f"{LOOPBACK}77.{index // PER_NETWORK % 256}.{index % PER_NETWORK + 1}"
