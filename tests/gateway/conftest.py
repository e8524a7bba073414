"""A real database for what operators do with people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.storage.opening import open_storage
from gateway.storage.supervisor import EmbeddedServer

from tests.support import postgres
from tests.support.people import make_projects
from tests.support.people_desks import OnStorage, Test


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    with postgres.running_server() as started:
        yield started


@pytest.fixture
def on_storage(server: EmbeddedServer, tmp_path: Path) -> Iterator[OnStorage]:
    """Run a test on a store of its own that knows the projects P1 and P2."""
    with postgres.fresh_database(server.dsn) as dsn:

        async def main(test: Test) -> None:
            storage = await open_storage(dsn, tmp_path / "keys" / "master.key")
            try:
                await make_projects(storage)
                await test(storage)
            finally:
                await storage.close()

        yield lambda test: asyncio.run(main(test))
