"""Puts listeners for protocols without proof into service, each with its devices' addresses."""

from __future__ import annotations

from dataclasses import replace

from gateway.app import Parts
from gateway.bindings import Bindings
from gateway.dialect_choice import usable_dialect
from gateway.domain.errors import GatepostError
from gateway.protocols.listener import ConnectionFactory

LISTENER = "unproved"


async def serve_unproved(parts: Parts) -> None:
    """Open every ``[[unproved]]`` listener; raises GatepostError for one that cannot be meant."""
    for at, table in enumerate(parts.settings.unproved):
        place = f"setting unproved.{at}.dialect"
        dialect = usable_dialect(table.dialect, parts.dialects, place)
        if dialect.proof and not dialect.claims:
            raise GatepostError(
                "dialect.proves",
                f'logins of "{dialect.name}" are proved.',
                place=place,
                remedy="Name it in dialects.enabled instead.",
            )
        binds = Bindings(table.devices)
        shared = replace(parts.server.shared, dialects=(dialect,), binds=binds)
        factory = ConnectionFactory(shared, LISTENER)
        await parts.server.listen(LISTENER, *table.listen, factory=factory)
        parts.log.warning(
            "listener.unproved",
            dialect=dialect.name,
            host=table.listen.host,
            port=table.listen.port,
            devices=len(binds),
        )
