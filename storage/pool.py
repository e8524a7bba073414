"""Connections to the database: a few, each call limited in time, and a breaker over all of them.

asyncpg's own pool is not used because giving a connection back to it waits for the server, and a
server that is frozen rather than dead would keep every caller waiting with it. Here a connection
that did not answer in time is cut, never asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
from gateway.storage.failures import as_unavailable

from gateway.domain.errors import GatepostError, StoreUnavailable

OLDEST_SERVER = 15
LIMIT_S = 2.0
"""Longest call, seconds; a record's way from event to disk may take five (R-100)."""
SLOW_LIMIT_S = 30.0
"""Longest call of those nobody waits for at a gate: reading the directory, proofs, migrations."""
PROBE_S = 1.0
"""How often a database that failed is asked whether it is back."""

SESSION_SETTINGS = {
    "application_name": "gatepost",
    "synchronous_commit": "on",
    "client_min_messages": "warning",
    # What we left behind on a line that broke must not hold its locks for ever.
    "statement_timeout": str(int(SLOW_LIMIT_S * 1000)),
    "idle_in_transaction_session_timeout": str(int(SLOW_LIMIT_S * 1000)),
}

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Database:
    """A bounded set of connections to one database."""

    def __init__(
        self,
        dsn: str,
        *,
        limit_s: float = LIMIT_S,
        connections: int = 4,
        probe_every_s: float = PROBE_S,
    ) -> None:
        self._dsn = dsn
        self._limit = limit_s
        self._probe_every = probe_every_s
        self._slots = asyncio.Semaphore(connections)
        self._idle: list[Connection] = []
        self._available = True
        self._prober: asyncio.Task[None] | None = None

    @property
    def available(self) -> bool:
        """Whether the last thing the database did was to answer."""
        return self._available

    async def check(self) -> None:
        """Refuse a server that is too old, or that would lose what we acknowledge.

        Raises StoreUnavailable, or GatepostError ``database.address`` for a DSN that is none,
        ``database.version`` and ``database.unsafe``.
        """
        async with self.use() as connection:
            major = connection.get_server_version().major
            unsafe = [
                name
                for name in ("fsync", "full_page_writes")
                if await connection.fetchval("select current_setting($1)", name) != "on"
            ]
        if major < OLDEST_SERVER:
            raise GatepostError(
                "database.version",
                f"the server is PostgreSQL {major}.",
                place="database",
                remedy=f"Gatepost needs version {OLDEST_SERVER} or newer.",
            )
        if unsafe:
            raise GatepostError(
                "database.unsafe",
                f"{' and '.join(unsafe)} is off, so a power cut loses acknowledged records.",
                place="database",
                remedy="Turn it on in the server's postgresql.conf.",
            )

    async def close(self) -> None:
        """End all connections; the database must not be used afterwards."""
        if self._prober is not None:
            self._prober.cancel()
            await asyncio.gather(self._prober, return_exceptions=True)
        self._cut_idle()

    @asynccontextmanager
    async def use(self, limit_s: float | None = None) -> AsyncIterator[Connection]:
        """Lend a connection for one call; ``limit_s`` covers waiting for it as well.

        Raises StoreUnavailable for every trouble that is the database's; an error that blames a
        row passes through unchanged.
        """
        if not self._available:
            raise StoreUnavailable("it failed and has not answered since.")
        connection: Connection | None = None
        try:
            async with asyncio.timeout(limit_s or self._limit), self._slots:
                connection = await self._take()
                yield connection
        except Exception as error:
            unavailable = as_unavailable(error)
            if unavailable is None:
                raise
            self._trip()
            raise unavailable from error
        except asyncio.CancelledError:
            if connection is not None:
                connection.terminate()  # its answer is still on the way
            raise
        finally:
            if connection is not None:
                self._give_back(connection)

    @asynccontextmanager
    async def transaction(self, limit_s: float | None = None) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction that commits when the block ends well."""
        async with self.use(limit_s) as connection:
            await connection.execute("begin")
            try:
                yield connection
            except Exception as error:
                if as_unavailable(error) is None:  # it answered, so it can roll back
                    await connection.execute("rollback")
                raise
            await connection.execute("commit")

    async def probe(self) -> bool:
        """Ask the database whether it is there; closes the breaker if it is."""
        try:
            async with asyncio.timeout(self._limit):
                connection = await self._connect()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        self._available = True
        self._idle.append(connection)
        return True

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await self._connect()

    async def _connect(self) -> Connection:
        try:
            return await asyncpg.connect(
                self._dsn, timeout=self._limit, server_settings=SESSION_SETTINGS
            )
        except asyncpg.exceptions.ClientConfigurationError as error:
            # What asyncpg says of it may quote a password.
            raise GatepostError(
                "database.address",
                "this is no address of a PostgreSQL server.",
                place="setting storage.dsn",
                remedy='Write it as "postgresql://user@host/database".',
            ) from error

    def _give_back(self, connection: Connection) -> None:
        if connection.is_closed() or not self._available or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)

    def _trip(self) -> None:
        self._cut_idle()
        self._available = False
        if self._prober is None or self._prober.done():
            self._prober = asyncio.create_task(self._await_return(), name="database probe")

    async def _await_return(self) -> None:
        while not self._available:
            await asyncio.sleep(self._probe_every)
            await self.probe()

    def _cut_idle(self) -> None:
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
