"""Questions to a running gateway over its administration socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.admin import ask
from gateway.domain.errors import GatepostError
from gateway.simulator.proofs import Call


def gateway_at(socket: Path) -> Call:
    """Return what asks the gateway behind ``socket``.

    The call raises GatepostError ``simulate.no_gateway`` when none runs there.
    """

    async def call(name: str, /, **args: object) -> Any:
        try:
            return await ask(socket, name, args)
        except (FileNotFoundError, ConnectionError):
            raise GatepostError(
                "simulate.no_gateway",
                "no gateway answers here.",
                place=str(socket),
                remedy="Start it with `gatepost serve` and name the same --config.",
            ) from None

    return call
