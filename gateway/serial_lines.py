"""Puts the configured serial ports and serial servers into service."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from twisted.internet.interfaces import IReactorFDSet

from gateway.app import Parts
from gateway.domain.errors import GatepostError
from gateway.monitoring.counting import fold_serial
from gateway.protocols.retry import Retry
from gateway.protocols.serial_device import PortSettings
from gateway.protocols.serial_door import SerialDoor
from gateway.protocols.serial_port import PortCounts
from gateway.protocols.stripping import Additions, Pattern, Stripped, parse_pattern
from gateway.protocols.surroundings import Surroundings
from gateway.protocols.transparent import TransparentFactory
from gateway.serial_settings import SerialServerTable, SerialTable

NO_BOUND = 1 << 62
"""Noise on a port of our own harms nobody else and is as slow as the line."""


async def serve_lines(parts: Parts, reactor: object) -> None:
    """Open every port and listener; raises GatepostError for one that cannot be meant.

    A port that is not there is no reason not to start: it is opened once it can be.
    """
    shared, settings = parts.server.shared, parts.settings
    doors = [
        _door(_line(shared, table, NO_BOUND, f"serial.{at}"), table, cast(IReactorFDSet, reactor))
        for at, table in enumerate(settings.serial)
    ]
    boxes = [
        _factory(_line(shared, table, table.noise_bytes, f"serial_server.{at}"), table)
        for at, table in enumerate(settings.serial_server)
    ]
    for door in doors:
        parts.server.serve(door)
    for factory, table in zip(boxes, settings.serial_server, strict=True):
        host, port = table.listen
        await parts.server.listen("serial_server", host, port, factory=factory)
    _export(parts, doors, [factory.stripped for factory in boxes])


def _line(
    shared: Surroundings, table: SerialTable | SerialServerTable, noise_bytes: int, place: str
) -> Surroundings:
    """Return what connections of one line share: one dialect, and the rules of serial lines."""
    spoken = tuple(one for one in shared.dialects if one.name == table.dialect)
    if not spoken:
        known = ", ".join(sorted(one.name for one in shared.dialects))
        raise GatepostError(
            "serial.dialect",
            f'there is no protocol "{table.dialect}".',
            place=f"setting {place}.dialect",
            remedy=f"There are: {known}.",
        )
    return replace(
        shared,
        dialects=spoken,
        resync=True,
        noise_bytes=noise_bytes,
        settings=line_options(shared.settings, table),
    )


def line_options(
    common: Mapping[str, dict[str, int | bool]], table: SerialTable | SerialServerTable
) -> dict[str, dict[str, int | bool]]:
    """Return what conversations on a line are told: what all are, and what is true of this one."""
    own = {"gap_ms": table.gap_ms, "bus_address": table.bus_address}
    return {table.dialect: {**common.get(table.dialect, {}), **own}}


def _door(shared: Surroundings, table: SerialTable, reactor: IReactorFDSet) -> SerialDoor:
    settings = PortSettings(
        path=table.path,
        speed=table.speed,
        parity=table.parity,
        stop_bits=table.stop_bits,
        hardware_flow=table.hardware_flow,
        low_latency=table.low_latency,
        write_bytes=table.write_buffer_bytes,
    )
    # Jitter needs no secrecy.
    retry = Retry(random.random, longest_s=table.reopen_seconds)
    return SerialDoor(shared, settings, reactor, retry)


def _factory(shared: Surroundings, table: SerialServerTable) -> TransparentFactory:
    additions = Additions(
        registration=_pattern(table.registration),
        every_packet=table.registration_every_packet,
        heartbeat=_pattern(table.heartbeat),
    )
    return TransparentFactory(shared, "serial_server", additions, table.gap_ms / 1000)


def _pattern(text: str) -> Pattern | None:
    return parse_pattern(text) if text else None


def _export(parts: Parts, doors: Sequence[SerialDoor], stripped: Sequence[Stripped]) -> None:
    def ports() -> dict[str, PortCounts]:
        for door in doors:
            door.count_errors()
        return {door.path: door.counts for door in doors}

    fold_serial(parts.metrics, ports, stripped)
