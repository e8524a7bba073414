"""Removals that nobody ordered: given in the gateway's name, and again where they failed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.domain.command_queue import CommandId
from gateway.domain.errors import StoreUnavailable
from gateway.domain.ids import PersonId
from gateway.domain.leavers import Leaver
from gateway.domain.people import PersonDelete
from gateway.services.leaving import AGAIN_MS, BY, MOST, Leaving
from tests.services.command.bench import GATE, NOW, OTHER, Bench, play

LI, WANG = PersonId(11), PersonId(12)


class Reader:
    """Says who has to leave."""

    def __init__(self, *leavers: Leaver) -> None:
        self.found = list(leavers)
        self.asked: list[tuple[int, int, int]] = []

    async def leavers(self, now_ms: int, tried_ms: int, most: int) -> Sequence[Leaver]:
        self.asked.append((now_ms, tried_ms, most))
        return self.found


def test_who_has_to_leave_is_removed_in_the_gateways_name() -> None:
    reader = Reader(Leaver(device=GATE, person=LI))

    async def main(bench: Bench) -> None:
        session = bench.connect()
        await Leaving(reader, bench.commands, lambda: bench.now, bench.log).review()
        await bench.settle()
        (order,) = session.submitted
        assert isinstance(order, PersonDelete)
        assert order.person == LI
        given = bench.store.known[CommandId(1)].order
        assert (given.issued_by, given.audited, given.args) == (BY, True, {"person": 11})
        assert given.reason

    play(main)
    assert reader.asked == [(NOW.wall, NOW.wall - AGAIN_MS, MOST)]


def test_a_terminal_with_too_many_orders_does_not_hold_up_the_others() -> None:
    reader = Reader(
        Leaver(device=GATE, person=LI),
        Leaver(device=GATE, person=WANG),
        Leaver(device=OTHER, person=LI),
    )

    async def main(bench: Bench) -> None:
        await Leaving(reader, bench.commands, lambda: bench.now, bench.log).review()
        given = [one.order for one in bench.store.known.values()]
        assert [one.device for one in given] == [GATE, OTHER]
        (told,) = bench.log.named("person.not_removed")
        assert (told["person"], told["code"]) == (WANG, "command.queue_full")

    play(main, queued=1)


def test_while_the_database_is_away_the_look_is_put_off() -> None:
    async def main(bench: Bench) -> None:
        bench.store.down = True
        reader = Reader(Leaver(device=GATE, person=LI))
        with pytest.raises(StoreUnavailable):
            await Leaving(reader, bench.commands, lambda: bench.now, bench.log).review()

    play(main)
