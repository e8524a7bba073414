from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from gateway.storage.migrate import Migration, known_migrations, migrate
from gateway.storage.pool import Database

from gateway.domain.errors import GatepostError, StoreUnavailable


@pytest.fixture
def database(empty_dsn: str, run: Any) -> Any:
    opened = Database(empty_dsn)
    yield opened
    run(opened.close())


def test_the_files_are_numbered_without_gaps() -> None:
    numbers = [migration.number for migration in known_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_each_is_applied_once(database: Database, run: Any) -> None:
    expected = [migration.number for migration in known_migrations()]

    async def main() -> None:
        assert await migrate(database) == expected
        assert await migrate(database) == []

    run(main())


def test_two_gateways_start_together(database: Database, empty_dsn: str, run: Any) -> None:
    async def main() -> None:
        other = Database(empty_dsn)
        applied = await asyncio.gather(migrate(database), migrate(other))
        assert sorted(map(len, applied)) == [0, len(known_migrations())]
        await other.close()

    run(main())


def test_a_changed_file_is_refused(database: Database, run: Any) -> None:
    files = known_migrations()

    async def main() -> None:
        await migrate(database)
        changed = [replace(files[0], sql=files[0].sql + " "), *files[1:]]
        with pytest.raises(GatepostError) as caught:
            await migrate(database, changed)
        assert caught.value.code == "schema.drift"
        assert "0001 (directory)" in str(caught.value)

    run(main())


def test_a_newer_database_is_refused(database: Database, run: Any) -> None:
    files = known_migrations()

    async def main() -> None:
        newer = Migration(number=9999, name="future", sql="select 1")
        await migrate(database, [*files, newer])
        with pytest.raises(GatepostError) as caught:
            await migrate(database)
        assert caught.value.code == "schema.newer"
        assert "9999" in caught.value.message

    run(main())


def test_a_step_that_fails_leaves_nothing_behind(database: Database, run: Any) -> None:
    steps = [
        Migration(number=1, name="good", sql="create table good ()"),
        Migration(number=2, name="bad", sql="create table good ()"),
    ]

    async def main() -> None:
        with pytest.raises(StoreUnavailable, match="DuplicateTableError"):
            await migrate(database, steps)
        assert await database.probe()
        assert await migrate(database, steps[:1]) == [1]

    run(main())
