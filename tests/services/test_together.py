"""Who asks at the same time is answered together, and nobody for another."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from gateway.domain.errors import StoreUnavailable
from gateway.domain.ids import DeviceId
from gateway.domain.ports import SeriesWanted
from gateway.domain.requests import HeldSeries
from gateway.services.tasks import Tasks
from gateway.services.together import MOST_AT_ONCE, MOST_BYTES, MOST_TOGETHER, Together
from tests.support.sessions import SilentLog
from tests.support.stores import MemoryStore


class Counting(MemoryStore):
    """Answers when it is told to, with the device's number as what is held."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def held(self, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
        self.asked.append([one.device for one in wanted])
        await self.open.wait()
        self._ask()
        return [HeldSeries(series=one.series, upto=one.device) for one in wanted]


def wanted(device: int) -> SeriesWanted:
    return SeriesWanted(DeviceId(device), 7, 1)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


Holdings = Together[SeriesWanted, HeldSeries]


def asking(holdings: Holdings, *devices: int) -> list[asyncio.Task[HeldSeries]]:
    return [asyncio.create_task(holdings.of(wanted(device))) for device in devices]


def play(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def made() -> tuple[Counting, Holdings]:
    store = Counting()
    return store, Together(store.held, Tasks(SilentLog()), "held numbers")


def test_who_asks_in_the_same_turn_shares_a_question() -> None:
    async def main() -> None:
        store, holdings = made()
        answers = await asyncio.gather(*asking(holdings, 3, 1, 2))
        assert [held.upto for held in answers] == [3, 1, 2]
        assert store.asked == [[3, 1, 2]]
        await holdings.of(wanted(4))
        assert store.asked == [[3, 1, 2], [4]]

    play(main())


def test_a_slow_question_holds_up_nobody_else_until_all_are_slow() -> None:
    async def main() -> None:
        store, holdings = made()
        store.open.clear()
        slow = []
        for device in range(MOST_AT_ONCE):
            slow += asking(holdings, device)
            await settle()
        assert store.asked == [[device] for device in range(MOST_AT_ONCE)]
        many = range(100, 100 + MOST_TOGETHER + 1)
        rest = asking(holdings, *many)
        await settle()
        assert len(store.asked) == MOST_AT_ONCE
        store.open.set()
        assert [held.upto for held in await asyncio.gather(*rest)] == list(many)
        assert [len(one) for one in store.asked[MOST_AT_ONCE:]] == [MOST_TOGETHER, 1]

    play(main())


def test_a_failure_is_told_to_everybody_in_the_question_and_the_next_one_is_asked_anew() -> None:
    async def main() -> None:
        store, holdings = made()
        store.down = True
        failed = await asyncio.gather(*asking(holdings, 1, 2), return_exceptions=True)
        assert [type(error) for error in failed] == [StoreUnavailable] * 2
        store.down = False
        assert (await holdings.of(wanted(3))).upto == 3

    play(main())


def test_a_login_that_is_given_up_takes_nobody_with_it() -> None:
    async def main() -> None:
        store, holdings = made()
        store.open.clear()
        gone, other = asking(holdings, 1, 2)
        await settle()
        gone.cancel()
        await settle()
        store.open.set()
        assert (await other).upto == 2
        with pytest.raises(asyncio.CancelledError):
            await gone

    play(main())


def test_what_is_heavy_shares_a_question_only_as_far_as_it_fits() -> None:
    """One that is too heavy by itself is asked alone, and the order of all stays."""
    asked: list[list[int]] = []

    async def weighed(sizes: list[int]) -> list[int]:
        asked.append(sizes)
        await asyncio.sleep(0)
        return sizes

    async def main() -> None:
        half = MOST_BYTES // 2
        sizes = [2 * MOST_BYTES, 1, half, half - 1, 1, half, 3]
        together = Together(weighed, Tasks(SilentLog()), "sizes", weigh=lambda size: size)
        assert await asyncio.gather(*map(together.of, sizes)) == sizes
        assert asked == [sizes[:1], sizes[1:4], sizes[4:]]

    play(main())
