"""Terminals that are dialled: orders one by one, verdicts beside them, and a true end of each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gateway.codecs.errand import Call, Errand, Errands, NoAnswer, Terms, ask
from gateway.codecs.hikvision.dialect import DIALECT
from gateway.protocols.caller import CallLimits
from gateway.protocols.courier import Courier
from gateway.protocols.dialled import CallTally, Office

from gateway.domain.access import Access
from gateway.domain.commands import CommandOutcome, Outcome, OutcomeBase, Reboot
from gateway.domain.directory import Device, DeviceModel, DeviceState, Directory, Listing, Supplier
from gateway.domain.events import Event
from gateway.domain.ids import DeviceId, Receipt, Serial, Ticket
from gateway.domain.maintenance import AskStatus
from gateway.domain.verification import VerdictDue
from tests.support.loops import run_on
from tests.support.sessions import SilentLog
from tests.support.waiting import until
from tests.support.web_units import Clock, Unit, raw, says, unit

GATE = DeviceId(1)
DEVICE = Device(id=GATE, serial=Serial("K51234567"), supplier="S", model="M", dialect="hikvision")


def restart(order: Reboot, terms: Terms) -> Errand:
    assert terms.serial == DEVICE.serial
    reply = yield from ask(Call(method="PUT", target=f"/{order.ticket}", seconds=5.0))
    if isinstance(reply, NoAnswer):
        return CommandOutcome(ticket=order.ticket, outcome=reply.outcome, code=reply.reason)
    return CommandOutcome(ticket=order.ticket, outcome=Outcome.DONE, code="ok")


def verdict(due: VerdictDue, terms: Terms) -> Errand:
    reply = yield from ask(Call(method="PUT", target="/verdict", seconds=due.due - terms.now.mono))
    outcome = Outcome.DONE if not isinstance(reply, NoAnswer) else reply.outcome
    return CommandOutcome(ticket=Ticket(0), outcome=outcome, code="ok")


class Desk:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.outcomes: list[OutcomeBase] = []
        self.told = asyncio.Event()
        self.under: list[Ticket] = []

    def outcome(self, device: DeviceId, event: OutcomeBase) -> None:
        assert device == GATE
        self.outcomes.append(event)
        self.told.set()

    def under_way(self, device: DeviceId, ticket: Ticket, seconds: float) -> None:
        self.under.append(ticket)

    async def found(self, device: Device, dialect: str, events: Sequence[Event]) -> bool:
        raise NotImplementedError

    def noticed(self, device: Device, event: Event) -> None:
        raise NotImplementedError

    def unheard(self, device: Device) -> None:
        raise NotImplementedError

    async def hears(self, count: int = 1) -> list[tuple[int, Outcome, str]]:
        while len(self.outcomes) < count:
            self.told.clear()
            await self.told.wait()
        return [(one.ticket, one.outcome, one.code) for one in self.outcomes]


class Bench:
    """A courier that knows one terminal."""

    def __init__(self, access: Access) -> None:
        self.clock, self.log, self.desk = Clock(), SilentLog(), Desk()
        self.tally, self.room = CallTally(), asyncio.Semaphore(1)
        self.directory = Directory(
            suppliers={"S": Supplier(code="S", name="S")},
            models={("S", "M"): DeviceModel(supplier="S", name="M")},
            devices={DEVICE.serial: DEVICE},
            accesses={GATE: access},
        )
        office = Office(
            clock=self.clock,
            entropy=bytes,
            log=self.log,
            limits=CallLimits(backoff_s=8.0),
            tally=self.tally,
            room=self.room,
        )
        errands = Errands(makers={Reboot: restart, VerdictDue: verdict})
        self.courier = Courier({"hikvision": replace(DIALECT, errands=errands)}, office)
        self.courier.begin(self.desk, self.directory)

    def order(self, number: int) -> None:
        route = self.courier.route(GATE)
        assert route is not None
        assert not route.over
        route.submit(Reboot(ticket=Ticket(number)))

    def due(self, seconds: float) -> VerdictDue:
        due = self.clock.mono + seconds
        return VerdictDue(about=Receipt(1), number=1, passes=True, due=due)

    def said(self) -> list[str]:
        return [line[0] for line in self.log.lines]


def targets(one: Unit) -> list[bytes]:
    return [request.split(b" ")[1] for request in one.asked]


def test_orders_are_carried_one_after_the_other() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            bench = Bench(one.access)
            bench.order(1)
            bench.order(2)
            assert await bench.desk.hears(2) == [(1, Outcome.DONE, "ok"), (2, Outcome.DONE, "ok")]
            assert (one.connections, targets(one)) == (1, [b"/1", b"/2"])
            assert bench.desk.under == [1, 2, 1, 2]
            assert bench.tally.calls == {"answered": 2}
            await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_a_verdict_does_not_wait_behind_an_order() -> None:
    async def main() -> None:
        async with unit(raw(b""), says()) as one:  # the order never gets its answer
            bench = Bench(one.access)
            bench.order(1)
            await one.heard.wait()
            bench.courier.tell(GATE, bench.due(4.0))
            await until(lambda: bench.tally.verdicts == {"told": 1}, "the verdict is told")
            assert (one.connections, targets(one)) == (2, [b"/1", b"/verdict"])
            await bench.courier.close()
            assert await bench.desk.hears() == [(1, Outcome.UNANSWERED, "abandoned")]

    run_on(asyncio.new_event_loop, main)


def test_a_question_that_comes_again_is_called_back_once() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            bench = Bench(one.access)
            bench.courier.tell(GATE, bench.due(4.0))
            bench.courier.tell(GATE, bench.due(4.5))
            await until(lambda: sum(bench.tally.verdicts.values()) == 2, "both are dealt with")
            assert bench.tally.verdicts == {"told": 1, "again": 1}
            assert targets(one) == [b"/verdict"]
            bench.clock.mono += 5.0
            bench.courier.tell(GATE, bench.due(4.0))
            await until(lambda: bench.tally.verdicts["told"] == 2, "a later one is told")
            await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_a_verdict_that_is_late_is_counted_and_not_sent() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            bench = Bench(one.access)
            bench.courier.tell(GATE, bench.due(0.0))
            bench.courier.tell(DeviceId(2), bench.due(4.0))
            await asyncio.sleep(0)
            assert bench.tally.verdicts == {"no_way": 1, "late": 1}
            await bench.courier.close()
            assert one.asked == []

    run_on(asyncio.new_event_loop, main)


def test_a_terminal_that_is_away_is_left_alone_for_longer_and_longer() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            access = one.access
        bench = Bench(access)
        for number, seconds in enumerate((2.0, 4.0, 8.0, 8.0), 1):
            bench.order(number)
            assert (await bench.desk.hears(number))[-1] == (number, Outcome.NOT_SENT, "unreachable")
            bench.clock.mono += seconds - 0.1
            assert bench.courier.route(GATE) is None
            assert bench.courier.reaches(GATE)
            bench.clock.mono += 0.2
        assert bench.said() == ["terminal.unreachable"]
        await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_another_address_is_used_at_once_and_the_old_one_given_up() -> None:
    async def main() -> None:
        async with unit(raw(b"")) as old, unit(says()) as new:
            bench = Bench(old.access)
            bench.order(1)
            before = bench.courier.route(GATE)
            await old.heard.wait()
            bench.courier.follow(replace(bench.directory, accesses={GATE: new.access}))
            assert await bench.desk.hears() == [(1, Outcome.UNANSWERED, "abandoned")]
            assert before is not None
            assert before.over
            bench.order(2)
            assert (await bench.desk.hears(2))[-1] == (2, Outcome.DONE, "ok")
            assert len(old.asked) == 1
            await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_the_same_directory_again_disturbs_nothing() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            bench = Bench(one.access)
            before = bench.courier.route(GATE)
            bench.courier.follow(replace(bench.directory))
            assert bench.courier.route(GATE) is before
            await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_who_may_not_be_served_is_not_dialled() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            bench = Bench(one.access)
            known = bench.directory
            gone = {DEVICE.serial: replace(DEVICE, state=DeviceState.BLOCKED)}
            delisted = {"S": Supplier(code="S", name="S", listing=Listing.DELISTED)}
            plain = {DEVICE.serial: replace(DEVICE, dialect="yls")}
            for other in (
                replace(known, devices=gone),
                replace(known, suppliers=delisted),
                replace(known, devices=plain),
                replace(known, accesses={}),
            ):
                bench.courier.follow(other)
                assert not bench.courier.reaches(GATE)
                assert bench.courier.route(GATE) is None
                bench.courier.follow(known)
                assert bench.courier.reaches(GATE)
            await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_an_order_whose_time_went_by_while_it_waited_never_leaves() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            bench = Bench(one.access)
            for seconds, outcome, code in (
                (9.9, Outcome.DONE, "ok"),
                (10.1, Outcome.NOT_SENT, "expired"),
            ):
                async with bench.room:  # others are worked at
                    bench.order(1)
                    bench.clock.mono += seconds
                bench.desk.outcomes.clear()
                assert await bench.desk.hears() == [(1, outcome, code)]
            assert len(one.asked) == 1
            await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_an_order_nobody_here_can_carry_is_refused() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            bench = Bench(one.access)
            route = bench.courier.route(GATE)
            assert route is not None
            route.submit(AskStatus(ticket=Ticket(5)))
            assert await bench.desk.hears() == [(5, Outcome.NOT_SENT, "unsupported")]
            await bench.courier.close()

    run_on(asyncio.new_event_loop, main)


def test_only_an_answer_says_that_a_terminal_is_back() -> None:
    async def main() -> None:
        async with unit(says()) as one:
            access = one.access
        bench = Bench(access)
        bench.order(1)
        await bench.desk.hears()
        bench.clock.mono += 3
        async with bench.room:
            bench.order(2)
            bench.clock.mono += 11
        assert (await bench.desk.hears(2))[-1] == (2, Outcome.NOT_SENT, "expired")
        assert bench.said() == ["terminal.unreachable"]
        await bench.courier.close()

    run_on(asyncio.new_event_loop, main)
