"""The breaker and the limits, where no server needs to suffer for it."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from gateway.storage.opening import Storage
from gateway.storage.pool import Connection, Database, Turn

from gateway.domain.errors import GatepostError, StoreUnavailable
from tests.support import postgres
from tests.support.waiting import until


def test_a_slow_call_is_cut_at_its_limit(shared_dsn: str, run: Any) -> None:
    async def main() -> None:
        database = Database(shared_dsn, limit_s=0.2)
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            async with database.use() as connection:
                await connection.execute("select pg_sleep(30)")
        assert await database.probe()
        async with database.use(30) as connection:
            await connection.execute("select pg_sleep(0.3)")
        await database.close()

    run(main())


def test_a_failed_statement_gives_the_connection_back_clean(storage: Storage, run: Any) -> None:
    async def main() -> None:
        async with storage.database.use() as connection:
            before = connection.get_server_pid()
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with storage.database.transaction() as connection:
                await connection.execute("create table left_behind as select 1 / 0")
        assert storage.database.available
        async with storage.database.use() as connection:
            assert connection.get_server_pid() == before
            assert await connection.fetchval("select to_regclass('left_behind')") is None

    run(main())


def test_a_turn_that_does_not_come_is_no_failure_of_the_database(shared_dsn: str, run: Any) -> None:
    async def main() -> None:
        database = Database(shared_dsn, limit_s=0.2, connections=1)
        async with database.use(30):
            with pytest.raises(StoreUnavailable, match="too many others"):
                async with database.use():
                    pass
            async with database.use(turn=Turn.RECORDS) as connection:
                assert await connection.fetchval("select 1") == 1
        assert database.available
        async with database.use() as connection:
            assert await connection.fetchval("select 1") == 1
        await database.close()

    run(main())


def test_who_waited_for_a_turn_has_the_whole_limit_for_the_call(shared_dsn: str, run: Any) -> None:
    async def call(database: Database) -> None:
        async with database.use() as connection:
            await connection.execute("select pg_sleep(0.6)")

    async def main() -> None:
        database = Database(shared_dsn, limit_s=1.0, connections=1)
        await asyncio.gather(call(database), call(database))
        await database.close()

    run(main())


def test_a_slow_call_beyond_its_limit_is_cut_and_nothing_else_is_refused(
    shared_dsn: str, run: Any
) -> None:
    async def main() -> None:
        database = Database(shared_dsn)
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            async with database.use(0.2, turn=Turn.SLOW) as connection:
                await connection.execute("select pg_sleep(30)")
        assert connection.is_closed()
        assert database.available
        async with database.use(turn=Turn.SLOW) as connection:
            assert await connection.fetchval("select 1") == 1
        await database.close()

    run(main())


def test_nothing_a_probe_meets_ends_the_probing(shared_dsn: str, run: Any) -> None:
    class Odd(Database):
        """A database whose driver stumbles, as asyncpg does over a server that shuts down."""

        stumbles = -1

        async def _connect(self) -> Connection:
            self.stumbles -= 1
            if self.stumbles >= 0:
                raise asyncpg.InternalClientError("got result for unknown protocol state")
            return await super()._connect()

    async def fail(database: Odd) -> None:
        async with database.use() as connection:
            database.stumbles = 2
            await connection.execute("select pg_sleep(30)")

    async def main() -> None:
        database = Odd(shared_dsn, limit_s=0.2, probe_every_s=0.01)
        with pytest.raises(StoreUnavailable):
            await fail(database)
        await until(lambda: database.available, "the probe finds it")
        assert database.stumbles < 0
        await database.close()

    run(main())


def test_cancelling_a_caller_ends_its_connection_only(storage: Storage, run: Any) -> None:
    async def slow() -> None:
        async with storage.database.transaction() as connection:
            await connection.execute("select pg_sleep(30)")

    async def main() -> None:
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert storage.database.available
        assert await storage.records.contacts() == {}

    run(main())


def test_more_callers_than_connections_take_turns(storage: Storage, run: Any) -> None:
    async def main() -> None:
        blocks = await asyncio.gather(*(storage.records.reserve_ids(1) for _ in range(40)))
        assert len({block.start for block in blocks}) == 40

    run(main())


def test_a_session_is_durable_even_where_the_server_is_not_by_default(
    own_storage: Storage, run: Any
) -> None:
    async def main() -> None:
        async with own_storage.database.use() as connection:
            name = await connection.fetchval("select current_database()")
            await connection.execute(f"alter database {name} set synchronous_commit = off")
            setting = "select current_setting('synchronous_commit')"
            assert await connection.fetchval(setting) == "on"

    run(main())


def test_check_accepts_the_servers_we_promise(storage: Storage, run: Any) -> None:
    assert run(storage.database.check()) is None


def test_check_refuses_an_encoding_that_does_not_hold_every_name(server_dsn: str, run: Any) -> None:
    name = "gatepost_test_latin"
    made = f"create database {name} encoding latin1 locale 'C' template template0"
    postgres.execute(server_dsn, f"drop database if exists {name}", made)

    async def main() -> None:
        database = Database(postgres.with_database(server_dsn, name))
        with pytest.raises(GatepostError, match=r"database\.encoding.*LATIN1"):
            await database.check()
        await database.close()

    run(main())
    postgres.execute(server_dsn, f"drop database {name}")


@pytest.mark.parametrize(
    ("answer", "code"), [("off", "database.unsafe"), ("on", "")], ids=["unsafe", "safe"]
)
def test_check_refuses_a_server_that_would_lose_records(
    own_storage: Storage, run: Any, answer: str, code: str
) -> None:
    """A function of the same name stands in for a server set up to be fast and forgetful."""

    async def main() -> None:
        async with own_storage.database.use() as connection:
            await connection.execute(
                "create function public.current_setting(text) returns text"
                f" language sql as $$ select '{answer}' $$"
            )
            name = await connection.fetchval("select current_database()")
            await connection.execute(f"alter database {name} set search_path = public, pg_catalog")
            await connection.execute("set search_path = public, pg_catalog")
        if code:
            with pytest.raises(GatepostError) as caught:
                await own_storage.database.check()
            assert caught.value.code == code
        else:
            await own_storage.database.check()

    run(main())
