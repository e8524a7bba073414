"""A site with people and a gateway for each module; a module says what is different at its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.support.gateways import Gateway, Site, running
from tests.verification.gates import SETTINGS, directory, enrol_all, place, prepared_site


@pytest.fixture(scope="module")
def settings() -> str:
    """Configuration beyond what every test needs."""
    return SETTINGS


@pytest.fixture(scope="module")
def others() -> tuple[str, ...]:
    """Terminals beside the usual two."""
    return ()


@pytest.fixture(scope="module")
def members() -> Mapping[str, tuple[int, ...]]:
    """Whom to enrol, by project."""
    return {}


@pytest.fixture(scope="module")
def site(settings: str) -> Iterator[Site]:
    with prepared_site(settings) as site:
        yield site


@pytest.fixture(scope="module")
def gateway(site: Site, others: tuple[str, ...]) -> Iterator[Gateway]:
    with running(site) as gateway:
        place(gateway, directory(others=others))
        yield gateway


@pytest.fixture(scope="module")
def numbers(
    gateway: Gateway,
    site: Site,
    members: Mapping[str, tuple[int, ...]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[int, int]:
    """Enrol the members; return the gateway's number of each."""
    del gateway
    folder = tmp_path_factory.mktemp("photos")
    return {
        person: number
        for project, people in members.items()
        for person, number in enrol_all(site, folder, people, project).items()
    }
