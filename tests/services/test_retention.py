from __future__ import annotations

import asyncio

import pytest

from gateway.domain.errors import StoreUnavailable
from gateway.domain.ids import PersonId, ProjectId
from gateway.services.retention import DAY_MS, Retention, RetentionLimits
from tests.support.sessions import SilentLog

NOW_MS = 1_795_600_000_000


class Stores:
    """Stores and memory; notes what each is told."""

    def __init__(self, photos: int, gone: set[tuple[ProjectId, PersonId]]) -> None:
        self.photos, self.gone = photos, gone
        self.told: list[tuple[str, int, int]] = []

    async def erase_before(self, kept_ms: int) -> int:
        self.told.append(("photos", kept_ms, 0))
        return self.photos

    async def erase_lapsed(self, ended_ms: int) -> set[tuple[ProjectId, PersonId]]:
        self.told.append(("templates", ended_ms, 0))
        return self.gone

    async def city_left(self, person: PersonId) -> None:
        self.told.append(("left the city", person, 0))

    async def people_changed(self, project: ProjectId) -> None:
        raise AssertionError("nobody's engagement changed")

    async def templates_destroyed(self, project: ProjectId, person: PersonId) -> None:
        self.told.append(("destroyed", project, person))


class City:
    """The store of the city-wide gallery."""

    def __init__(self, gone: set[PersonId]) -> None:
        self.gone = gone
        self.told: list[int] = []
        self.down = False

    async def erase_lapsed(self, ended_ms: int) -> set[PersonId]:
        self.told.append(ended_ms)
        if self.down:
            raise StoreUnavailable("the test says so")
        return self.gone


def keep_house(stores: Stores, *from_city: int) -> SilentLog:
    log = SilentLog()
    city = City({PersonId(one) for one in from_city})
    retention = Retention(
        photos=stores,
        galleries=stores,
        city=city,
        limits=RetentionLimits(photo_days=2, template_days=3),
        watch=stores,
        log=log,
    )
    asyncio.run(retention.keep_house(NOW_MS))
    assert city.told == [NOW_MS - 3 * DAY_MS]
    return log


def test_what_is_due_goes_and_memory_follows() -> None:
    stores = Stores(4, {(ProjectId(2), PersonId(7)), (ProjectId(1), PersonId(9))})
    log = keep_house(stores, 8, 9)
    assert stores.told == [
        ("photos", NOW_MS - 2 * DAY_MS, 0),
        ("templates", NOW_MS - 3 * DAY_MS, 0),
        ("destroyed", 1, 9),
        ("destroyed", 2, 7),
        ("left the city", 8, 0),
        ("left the city", 9, 0),
    ]
    assert log.lines == [("people.expired", {"photos": 4, "people": 3})]


def test_memory_follows_also_where_the_database_goes_away_in_the_middle() -> None:
    stores, city = Stores(0, {(ProjectId(1), PersonId(9))}), City(set())
    city.down = True
    retention = Retention(
        photos=stores,
        galleries=stores,
        city=city,
        limits=RetentionLimits(photo_days=2, template_days=3),
        watch=stores,
        log=SilentLog(),
    )
    with pytest.raises(StoreUnavailable):
        asyncio.run(retention.keep_house(NOW_MS))
    assert stores.told[-1] == ("destroyed", 1, 9)


def test_nothing_due_is_no_news() -> None:
    assert keep_house(Stores(0, set())).lines == []
