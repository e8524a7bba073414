"""Who plays in a simulation: terminals of which dialects, at which doors of the gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import NamedTuple

from gateway.bindings import parse_binding
from gateway.codecs.api import Dialect
from gateway.directory_tables import DEFAULT_DIALECT
from gateway.domain.errors import GatepostError
from gateway.settings import Settings
from gateway.simulator.plan import PREFIX, Seat, seats
from gateway.simulator.specification import Door

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not listened on
NOWHERE = Door(host="serial", port=0)
"""The door of a gateway that no terminal dials."""
LOOPBACK = ip_network("127.0.0.0/8")
SHOWN = 3
"""So many missing bindings are spelled out."""
MOST = 100_000


class Wanted(NamedTuple):
    """What the command line asks for."""

    counts: Mapping[str, int]
    """Terminals by dialect, or by dialect and firmware (``hikvision/push``)."""
    lines: Sequence[str] = ()
    """Serial devices; on each hangs one more terminal of the default dialect."""
    host: str | None = None
    port: int | None = None
    """Where terminals with a proof dial, instead of where the configuration says."""
    tls: bool = False


def parse_counts(text: str) -> dict[str, int]:
    """Read ``NAME:COUNT,NAME/FIRMWARE:COUNT``; raises GatepostError ``simulate.dialect``."""
    counts: dict[str, int] = {}
    for part in text.split(","):
        name, _, count = part.strip().partition(":")
        if not name or not (count.isascii() and count.isdigit()) or int(count) > MOST:
            raise GatepostError(
                "simulate.dialect",
                f"expected NAME:COUNT with a count up to {MOST}, not {part.strip()!r}.",
                place=f"--dialect {text}",
                remedy="Such as --dialect yls:200,cti:10; names are in `gatepost codec list`.",
            )
        counts[name] = counts.get(name, 0) + int(count)
    return counts


def cast(
    wanted: Wanted, settings: Settings, known: Mapping[str, Dialect]
) -> tuple[list[Seat], dict[str, Door]]:
    """Return every terminal and the doors they dial; raises GatepostError."""
    counts = {name: count for name, count in wanted.counts.items() if count}
    doors: dict[str, Door] = {}
    taken: list[Seat] = []
    if not counts and not wanted.lines:
        raise GatepostError(
            "simulate.nobody",
            "there is no terminal to simulate.",
            place="--terminals 0",
            remedy="Name a serial device with --serial, or ask for terminals.",
        )
    if wanted.lines:
        counts.setdefault(DEFAULT_DIALECT, 0)
    for played, count in sorted(counts.items(), key=lambda one: one[0] != DEFAULT_DIALECT):
        name, _, firmware = played.partition("/")
        dialect = _playable(name, known)
        if not dialect.proof:
            doors[name], bound = _unproved(dialect, count, settings)
            taken += bound
            continue
        if name not in settings.dialects.enabled:
            raise _not_served(name, settings.dialects.enabled)
        doors[name] = _door(settings, wanted) if count else NOWHERE
        lines = wanted.lines if played == DEFAULT_DIALECT else ()
        kind = "" if played == DEFAULT_DIALECT else f"{played.upper().replace('/', '-')}-"
        found = seats(name, count, doors[name].host, lines, kind, named=not dialect.numbered)
        taken += (replace(seat, firmware=firmware) for seat in found)
    return taken, doors


def _playable(name: str, known: Mapping[str, Dialect]) -> Dialect:
    dialect = known.get(name)
    if dialect is None or dialect.device is None:
        able = sorted(one.name for one in known.values() if one.device is not None)
        what = "has no terminal's side" if dialect is not None else "is no usable dialect"
        raise GatepostError(
            "simulate.no_double",
            f'"{name}" {what}.',
            place=f"--dialect {name}",
            remedy=f"There are: {', '.join(able)}. A codec gives one as Dialect(device=…).",
        )
    return dialect


def _door(settings: Settings, wanted: Wanted) -> Door:
    listen = settings.listen.tls if wanted.tls else settings.listen.tcp
    host = wanted.host or (listen and EVERYWHERE.get(listen.host, listen.host))
    port = wanted.port or (listen and listen.port)
    if not host or not port:
        raise GatepostError(
            "simulate.address",
            "the configuration names no such listener.",
            place="setting listen.tls" if wanted.tls else "setting listen.tcp",
            remedy="Name it with --host and --port.",
        )
    return Door(host=host, port=port, tls=wanted.tls)


def _not_served(name: str, enabled: Sequence[str]) -> GatepostError:
    names = ", ".join(f'"{one}"' for one in (*enabled, name))
    return GatepostError(
        "simulate.not_served",
        f'the gateway does not speak "{name}".',
        place="setting dialects.enabled",
        remedy=f"Set dialects.enabled = [{names}] in its configuration and start it again.",
    )


def _unproved(dialect: Dialect, count: int, settings: Settings) -> tuple[Door, list[Seat]]:
    """Take the listener that serves the dialect, and the simulated terminals bound there."""
    tables = [table for table in settings.unproved if table.dialect == dialect.name]
    bound = list(_bound(dialect, tables[0].devices)) if tables else []
    if len(bound) < count:
        raise _unbound(dialect.name, count, len(bound))
    listen = tables[0].listen
    host = EVERYWHERE.get(listen.host, listen.host)
    return Door(host=host, port=listen.port), bound[:count]


def _bound(dialect: Dialect, devices: Sequence[str]) -> Iterator[Seat]:
    for text in devices:
        serial, network = parse_binding(text)
        if serial.startswith(PREFIX):
            local = network.version == LOOPBACK.version and network.network_address in LOOPBACK
            first = network[0] if network.num_addresses == 1 else network[1]
            yield Seat(
                dialect=dialect.name,
                serial=serial,
                keyed=False,
                named=not dialect.numbered,
                address=str(first) if local else None,
            )


def _unbound(name: str, count: int, bound: int) -> GatepostError:
    numbers = range(bound + 1, min(count, bound + SHOWN) + 1)
    lines = ", ".join(f'"{PREFIX}{name.upper()}-{n:04d}=127.78.0.{n}"' for n in numbers)
    more = ", …" if count - bound > SHOWN else ""
    return GatepostError(
        "simulate.unbound",
        f'a login of "{name}" proves nothing, and only {bound} simulated terminals of {count} are'
        " bound to an address.",
        place="setting unproved",
        remedy=f'Give the gateway an [[unproved]] table with dialect = "{name}" and'
        f" devices = [{lines}{more}]; their codes begin with {PREFIX}.",
    )
