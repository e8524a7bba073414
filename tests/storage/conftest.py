from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from gateway.storage.migrate import migrate
from gateway.storage.opening import Storage, open_storage
from gateway.storage.pool import Database
from gateway.storage.supervisor import EmbeddedServer

from tests.support import postgres

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]
TEMPLATE = "gatepost_test_template"
SHARED = "gatepost_test_shared"
TABLES = (
    "passage", "fault_report", "picture", "raw_batch", "record_identity", "picture_identity",
    "record_lost", "record_cursor", "quarantined_record", "rejected_record", "outbox",
    "device_seen", "device_firmware", "device_access", "command", "audit", "mounting", "template",
    "local_enrolment", "enrolment_photo",
    "city_template", "city_double", "city_reference", "city_gallery", "city_decision",
    "face_filing", "gallery_reference", "gallery", "consent", "engagement", "person_key", "person",
    "decision", "device", "channel", "project", "device_model", "supplier", "corp", "area",
    "capture", "data_key",
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run contract tests on both servers; an absent one fails in CI and is listed elsewhere."""
    if "server_dsn" in metafunc.fixturenames:
        servers = ["embedded"]
        if postgres.external_is_there() or postgres.required():
            servers.append("external")
        metafunc.parametrize("server_dsn", servers, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only root can try; in CI it runs, and fails when that is not root."""
    if os.geteuid() == 0 or postgres.required():
        return
    root_only = [item for item in items if "as_root" in getattr(item, "fixturenames", ())]
    items[:] = [item for item in items if item not in root_only]
    config.hook.pytest_deselected(items=root_only)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not postgres.external_is_there():
        terminalreporter.write_line(
            "NOT RUN: storage contracts on an external PostgreSQL"
            f" (install postgresql-15 or set {postgres.DSN_VARIABLE})"
        )
    if os.geteuid() != 0:
        terminalreporter.write_line("NOT RUN: dropping privileges (needs root)")


@pytest.fixture
def as_root() -> None:
    """Ask for the rights of root."""
    assert os.geteuid() == 0, "these tests must be run as root in CI"


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
    """A server with a migrated template database, and a database of that kind to share."""
    if request.param == "embedded":
        dsn = request.getfixturevalue("embedded").dsn
    else:
        dsn = request.getfixturevalue("external")
    postgres.execute(
        dsn,
        f"drop database if exists {SHARED}",
        f"drop database if exists {TEMPLATE}",
        f"create database {TEMPLATE}",
    )
    asyncio.run(_make_template(postgres.with_database(dsn, TEMPLATE)))
    postgres.execute(dsn, f"create database {SHARED} template {TEMPLATE}")
    return str(dsn)


@pytest.fixture
def dsn(server_dsn: str) -> Iterator[str]:
    """A migrated database of this test's own, for tests that change the schema."""
    with postgres.fresh_database(server_dsn, TEMPLATE) as fresh:
        yield fresh


@pytest.fixture
def empty_dsn(server_dsn: str) -> Iterator[str]:
    """A database without a schema."""
    with postgres.fresh_database(server_dsn) as fresh:
        yield fresh


@pytest.fixture
def shared_dsn(server_dsn: str) -> str:
    """A migrated database without rows; making one for each test would take most of the time."""
    shared = postgres.with_database(server_dsn, SHARED)
    postgres.execute(shared, *(f"delete from {table}" for table in TABLES))
    return shared


@pytest.fixture
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine on this test's event loop."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def storage(shared_dsn: str, tmp_path: Path, run: Run[Any]) -> Iterator[Storage]:
    opened: Storage = run(open_storage(shared_dsn, tmp_path / "keys" / "master.key"))
    yield opened
    run(opened.close())


@pytest.fixture
def own_storage(dsn: str, tmp_path: Path, run: Run[Any]) -> Iterator[Storage]:
    opened: Storage = run(open_storage(dsn, tmp_path / "keys" / "master.key"))
    yield opened
    run(opened.close())
