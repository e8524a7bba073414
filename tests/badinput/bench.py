"""A whole gateway with terminals of a test's own, and what its database holds of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

from gateway.storage.layout import Layout
from gateway.storage.opening import Storage, open_storage

from gateway.domain.ids import DeviceId
from gateway.domain.passages import PassageFlag
from tests.badinput.peers import Unit
from tests.badinput.rows import Row
from tests.badinput.table import promises
from tests.crash.evidence import collect
from tests.crash.verdict import Found
from tests.support.directories import document
from tests.support.gateways import Gateway, Site
from tests.support.waiting import wait_for

T = TypeVar("T")

_numbers = count(1)
"""Serial numbers and addresses are used once in a run, so that no test sees another's traces."""


class Bench:
    """One test at a running gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._units: list[Unit] = []

    @property
    def site(self) -> Site:
        return self.gateway.site

    @contextmanager
    def row(self, name: str) -> Iterator[Row]:
        """Drive a row of the table; when the block ends, all of it must have been seen."""
        row = Row(self.gateway, promises()[name])
        yield row
        row.complete()

    def unit(self, *, registered: bool = True, source: str = "", dialect: str = "yls") -> Unit:
        """Return a terminal nobody used before, at its own address unless one is given."""
        number = next(_numbers)
        unit = Unit(
            serial=f"BAD-{number:04}",
            source=source or self.address(),
            port=self.site.port,
            now_ms=time.time_ns() // 1_000_000,
        )
        if registered:
            self.register(unit.serial, dialect=dialect)
        self._units.append(unit)
        return unit

    def address(self) -> str:
        """Return a source address nobody used before."""
        net, host = divmod(next(_numbers), 250)
        return f"127.0.{2 + net}.{1 + host}"

    def register(self, *serials: str, dialect: str = "yls") -> None:
        listed = document(*serials, dialect=dialect)
        self.gateway.ask("directory.import", document=listed, place="test")

    def found(self, unit: Unit) -> Found:
        """Return what the database holds of a terminal."""
        return asyncio.run(collect(self.site))[unit.serial]

    def assert_stored(self, unit: Unit, *, aside: int = 0, missing: Collection[int] = ()) -> None:
        """Every record that was to arrive is stored once, as it was sent, and nothing else is.

        ``missing`` are those that must not be there yet, ``aside`` the rows set aside.
        """
        found = self.found(unit)
        sent = [(n, *said) for n, said in sorted(unit.sent.items()) if n not in missing]
        assert sorted(found.passages) == sent
        assert sorted(found.identities) == [number for number, _, _ in sent]
        assert found.forwarded == len(sent)
        assert found.aside == aside

    def flags(self, unit: Unit) -> PassageFlag:
        """Return the flags of a terminal's only record."""
        (row,) = self.site.query(
            "select flags from passage p join device d on d.id = p.device where serial = $1",
            unit.serial,
        )
        return PassageFlag(row["flags"])

    def unsealed(self, look: Callable[[Storage], Awaitable[T]]) -> T:
        """Look at what is stored sealed, with the gateway's own key."""

        async def main() -> T:
            key = Layout(root=self.site.data).master_key
            storage = await open_storage(self.site.dsn, key)
            try:
                return await look(storage)
            finally:
                await storage.close()

        return asyncio.run(main())

    def device(self, unit: Unit) -> DeviceId:
        (row,) = self.site.query("select id from device where serial = $1", unit.serial)
        return DeviceId(row["id"])

    def close(self) -> None:
        """Hang up everywhere and wait until the gateway has noticed."""
        for unit in self._units:
            for peer in unit.open:
                peer.close()
        wait_for(lambda: self._connected() == 0, "all connections are gone")

    def _connected(self) -> float:
        return sum(
            value
            for sample, value in self.gateway.figures().items()
            if sample.startswith("gatepost_connections{")
        )
