"""Connections to the database: a few, each call limited in time, and a breaker over all of them.

Calls take turns with their own kind only. A site that comes back with a thousand pictures makes
pictures wait, and that is neither the database's failure nor a reason to refuse a record.

asyncpg's own pool is not used because giving a connection back to it waits for the server, and a
server that is frozen rather than dead would keep every caller waiting with it. Here a connection
that did not answer in time is cut, never asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
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


class Turn(Enum):
    """What a call waits for: only for calls of its own kind."""

    RECORDS = 1
    """Storing records, and what that cannot do without."""
    CALLS = 2
    """Everything else a terminal waits for: logins, pictures, tombstones."""
    SLOW = 3
    """What no terminal waits for, and what may take long without anything being wrong."""
    STREAM = 4
    """Reading many rows at the pace of whoever uses them."""


RECORD_CONNECTIONS = 2
"""The batch in flight, and the numbers or the key for the next one."""
SLOW_CONNECTIONS = 1
STREAM_CONNECTIONS = 1
OVERTIME = (TimeoutError, asyncpg.QueryCanceledError)
"""How a call ends that took too long; a slow one proves nothing about the database."""


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
        self.limit_s = limit_s
        """Longest call of those a terminal waits for, seconds."""
        self._probe_every = probe_every_s
        self._turns = {
            Turn.RECORDS: asyncio.Semaphore(RECORD_CONNECTIONS),
            Turn.CALLS: asyncio.Semaphore(connections),
            Turn.SLOW: asyncio.Semaphore(SLOW_CONNECTIONS),
            Turn.STREAM: asyncio.Semaphore(STREAM_CONNECTIONS),
        }
        self._idle: list[Connection] = []
        self._failure: StoreUnavailable | None = None
        """Why the breaker is open; None while it is closed."""
        self._prober: asyncio.Task[None] | None = None

    @property
    def available(self) -> bool:
        """Whether the last thing the database did was to answer."""
        return self._failure is None

    async def check(self) -> None:
        """Refuse a server that is too old, or that would lose what we acknowledge.

        Raises StoreUnavailable, or GatepostError ``database.address`` for a DSN that is none,
        ``database.version``, ``database.encoding`` and ``database.unsafe``.
        """
        async with self.use() as connection:
            major = connection.get_server_version().major
            encoding = connection.get_settings().server_encoding
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
        if encoding != "UTF8":
            raise GatepostError(
                "database.encoding",
                f"the database is encoded in {encoding}, which does not hold every name.",
                place="database",
                remedy="Make it with encoding UTF8.",
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
    async def use(
        self, limit_s: float | None = None, *, turn: Turn = Turn.CALLS
    ) -> AsyncIterator[Connection]:
        """Lend a connection for one call of ``limit_s``; as long it may have to wait for its turn.

        Raises StoreUnavailable for every trouble that is the database's, and for a turn that did
        not come; an error that blames a row passes through unchanged.
        """
        limit = limit_s or (SLOW_LIMIT_S if turn is Turn.SLOW else self.limit_s)
        place = await self._await_turn(turn, limit)
        connection: Connection | None = None
        try:
            async with asyncio.timeout(limit):
                connection = await self._take()
                yield connection
        except Exception as error:
            unavailable = as_unavailable(error)
            if unavailable is None:
                raise
            if connection is not None:
                connection.terminate()  # it may still be busy
            if not (turn in (Turn.SLOW, Turn.STREAM) and isinstance(error, OVERTIME)):
                self._trip(unavailable)
            raise unavailable from error
        except asyncio.CancelledError:
            if connection is not None:
                connection.terminate()  # its answer is still on the way
            raise
        finally:
            if connection is not None:
                self._give_back(connection)
            place.release()

    @asynccontextmanager
    async def transaction(
        self, limit_s: float | None = None, *, turn: Turn = Turn.CALLS
    ) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction that commits when the block ends well."""
        async with self.use(limit_s, turn=turn) as connection:
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
            async with asyncio.timeout(self.limit_s):
                connection = await self._connect()
        except Exception:  # whatever it is: a prober that ends would leave us refusing for ever
            return False
        self._failure = None
        self._idle.append(connection)
        return True

    async def _await_turn(self, turn: Turn, limit: float) -> asyncio.Semaphore:
        """Wait for a free place; the breaker may open meanwhile, and then nobody asks any more."""
        place = self._turns[turn]
        self._refuse_when_down()
        try:
            async with asyncio.timeout(limit):
                await place.acquire()
        except TimeoutError:
            raise StoreUnavailable("too many others are waiting for it.") from None
        if self._failure is not None:
            place.release()
            self._refuse_when_down()
        return place

    def _refuse_when_down(self) -> None:
        if self._failure is not None:
            why = self._failure.message.rstrip(".")
            raise StoreUnavailable(f"{why}, and it has not answered since.")

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await self._connect()

    async def _connect(self) -> Connection:
        try:
            return await asyncpg.connect(
                self._dsn, timeout=self.limit_s, server_settings=SESSION_SETTINGS
            )
        except ValueError as error:  # asyncpg's own error for it is one, too
            # What asyncpg says of it may quote a password.
            raise GatepostError(
                "database.address",
                "this is no address of a PostgreSQL server.",
                place="setting storage.dsn",
                remedy='Write it as "postgresql://user@host/database".',
            ) from error

    def _give_back(self, connection: Connection) -> None:
        if connection.is_closed() or not self.available or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)

    def _trip(self, failure: StoreUnavailable) -> None:
        self._cut_idle()
        self._failure = failure
        if self._prober is None or self._prober.done():
            self._prober = asyncio.create_task(self._await_return(), name="database probe")

    async def _await_return(self) -> None:
        while not self.available:
            await asyncio.sleep(self._probe_every)
            await self.probe()

    def _cut_idle(self) -> None:
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
