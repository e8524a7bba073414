"""What a fleet process is told at its start: a value that travels as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gateway.domain.vocabulary import Direction
from gateway.simulator.day import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSpec:
    """One terminal, as the directory of the gateway knows it."""

    serial: str
    dialect: str
    secret: str = field(repr=False)
    """64 hexadecimal digits; empty where the protocol has no use for one."""
    model: str
    site: str
    direction: Direction
    """The leg it hangs on."""
    named: bool = False
    """The gateway keeps its records under names instead of numbers."""
    address: str | None = None
    """Where it connects from; None lets the system choose."""
    serves: int | None = None
    """Port it listens on, for whoever manages it; None: nobody dials it."""
    line: str | None = None
    """Serial device it hangs on; None: it dials over the network."""
    firmware: str = ""
    """What it runs, where its protocol is spoken in more than one way (``push`` of Hikvision)."""
    index: int
    """Its place in the whole fleet: with the seed it decides what happens at this gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A listener of the gateway."""

    host: str
    port: int
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpec:
    """The terminals of one process and what they do."""

    doors: Mapping[str, Door]
    """Where the terminals of each dialect dial."""
    epoch: int
    """When the run was planned, in seconds since 1970 UTC; names its series of records."""
    seed: int
    script: Script
    terminals: tuple[TerminalSpec, ...]
    tls_ca: str | None = None
    """PEM file of the authority of the gateway's certificate, for doors with TLS."""
    connect_s: float = 0.0
    """Over so many seconds the first connections are spread."""
    album: str | None = None
    """Folder of faces, see `gateway.simulator.album`; then only terminals on the network of
    ``album_site`` ask the gateway who comes."""
    album_site: str = ""


def dumps(spec: FleetSpec) -> str:
    """Write as one line."""
    return json.dumps(asdict(spec))


def loads(line: str | bytes) -> FleetSpec:
    """Read what `dumps` wrote; raises KeyError, TypeError or ValueError for anything else."""
    flat = json.loads(line)
    script = Script(**flat.pop("script"))
    terminals = tuple(map(_terminal, flat.pop("terminals")))
    doors = {name: Door(**door) for name, door in flat.pop("doors").items()}
    return FleetSpec(script=script, terminals=terminals, doors=doors, **flat)


def _terminal(entry: Mapping[str, Any]) -> TerminalSpec:
    return TerminalSpec(**{**entry, "direction": Direction(entry["direction"])})


def split(spec: FleetSpec, processes: int) -> Sequence[FleetSpec]:
    """Share the terminals out, every site over every process; none is empty."""
    count = max(1, min(processes, len(spec.terminals)))
    return [replace(spec, terminals=spec.terminals[at::count]) for at in range(count)]
