"""What a fleet process is told at its start: a value that travels as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from gateway.simulator.day import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSpec:
    """One terminal, as the directory of the gateway knows it."""

    serial: str
    secret: str = field(repr=False)
    """64 hexadecimal digits."""
    model: str
    site: str
    direction: int
    """1 in, 2 out: the leg it hangs on."""
    address: str | None = None
    """Where it connects from; None lets the system choose."""
    line: str | None = None
    """Serial device it hangs on; None: it dials over the network."""
    index: int
    """Its place in the whole fleet: with the seed it decides what happens at this gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpec:
    """The terminals of one process and what they do."""

    host: str
    port: int
    epoch: int
    """Number of the record series of this run, 0…2³²-1; a new one for each run."""
    seed: int
    script: Script
    terminals: tuple[TerminalSpec, ...]
    tls_ca: str | None = None
    """PEM file of the authority of the gateway's certificate; with it every terminal uses TLS."""
    connect_s: float = 0.0
    """Over so many seconds the first connections are spread."""


def dumps(spec: FleetSpec) -> str:
    """Write as one line."""
    return json.dumps(asdict(spec))


def loads(line: str | bytes) -> FleetSpec:
    """Read what `dumps` wrote; raises KeyError, TypeError or ValueError for anything else."""
    flat = json.loads(line)
    script = Script(**flat.pop("script"))
    terminals = tuple(TerminalSpec(**entry) for entry in flat.pop("terminals"))
    return FleetSpec(script=script, terminals=terminals, **flat)


def split(spec: FleetSpec, processes: int) -> Sequence[FleetSpec]:
    """Share the terminals out, every site over every process; none is empty."""
    count = max(1, min(processes, len(spec.terminals)))
    return [replace(spec, terminals=spec.terminals[at::count]) for at in range(count)]
