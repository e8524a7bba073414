"""A site whose database outlives its gateways; a module says how its gateways are set up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateways import Site
from tests.support.postgres import open_folder


@pytest.fixture
def settings() -> str:
    """Configuration beyond what every test needs."""
    return ""


@pytest.fixture
def site(settings: str) -> Iterator[Site]:
    with open_folder() as folder:
        site = Site(folder, settings)
        yield site
        site.end_database()
