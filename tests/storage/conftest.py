from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from gateway.storage.migrate import migrate
from gateway.storage.opening import Storage, open_storage
from gateway.storage.pool import Database
from gateway.storage.supervisor import EmbeddedServer

from tests.support import postgres

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]
TEMPLATE = "gatepost_template"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run contract tests on both servers; an absent one fails in CI and is listed elsewhere."""
    if "server_dsn" in metafunc.fixturenames:
        servers = ["embedded"]
        if postgres.external_is_there() or postgres.required():
            servers.append("external")
        metafunc.parametrize("server_dsn", servers, indirect=True, scope="session")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not postgres.external_is_there():
        terminalreporter.write_line(
            "NOT RUN: storage contracts on an external PostgreSQL"
            f" (install postgresql-15 or set {postgres.DSN_VARIABLE})"
        )


async def _make_template(dsn: str) -> None:
    database = Database(dsn)
    try:
        await migrate(database)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedServer]:
    with postgres.running_server() as server:
        yield server


@pytest.fixture(scope="session")
def external() -> Iterator[str]:
    with postgres.external_dsn() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def server_dsn(request: pytest.FixtureRequest) -> str:
    """A server with a migrated template database."""
    if request.param == "embedded":
        dsn = request.getfixturevalue("embedded").dsn
    else:
        dsn = request.getfixturevalue("external")
    postgres.execute(dsn, f"drop database if exists {TEMPLATE}", f"create database {TEMPLATE}")
    asyncio.run(_make_template(postgres.with_database(dsn, TEMPLATE)))
    return str(dsn)


@pytest.fixture
def dsn(server_dsn: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    with postgres.fresh_database(server_dsn, TEMPLATE) as fresh:
        yield fresh


@pytest.fixture
def empty_dsn(server_dsn: str) -> Iterator[str]:
    """A database without a schema."""
    with postgres.fresh_database(server_dsn) as fresh:
        yield fresh


@pytest.fixture
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine on this test's event loop."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def storage(dsn: str, tmp_path: Any, run: Run[Any]) -> Iterator[Storage]:
    opened: Storage = run(open_storage(dsn, tmp_path / "keys" / "master.key"))
    yield opened
    run(opened.close())
