from __future__ import annotations

from collections.abc import Iterator

import pytest
from gateway.storage.supervisor import EmbeddedServer

from tests.badinput.bench import Bench
from tests.badinput.elsewhere import small_disk
from tests.support.gateways import Gateway, Site, running
from tests.support.postgres import open_folder, running_server

SETTINGS = """
[sessions]
write_buffer_bytes = 4096
write_stall_seconds = 1
"""
LISTEN = "login_seconds = 5"
"""Both are short because a test waits for each of them."""


@pytest.fixture(scope="session")
def shared() -> Iterator[Gateway]:
    """The gateway of all tests that do not hurt it for the others."""
    with open_folder() as folder, running(Site(folder, SETTINGS, LISTEN)) as gateway:
        yield gateway


@pytest.fixture
def bench(shared: Gateway) -> Iterator[Bench]:
    bench = Bench(shared)
    yield bench
    bench.close()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """A database server that tests may stop, freeze and fill."""
    with small_disk():
        started = running_server()
        server = started.__enter__()
    yield server
    started.__exit__(None, None, None)
