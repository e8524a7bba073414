"""Logins that have to wait for the database, and what may happen meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from gateway.domain.directory import DeviceState
from gateway.domain.events import LoginProved, StoredSeries
from gateway.domain.ids import DeviceId, Serial
from gateway.domain.requests import Admit, Parting, Refusal, Refuse
from tests.support.desks import Bench, run
from tests.support.reports import EPOCH, NOW, device, directory, passage
from tests.support.sessions import RecordingSession
from tests.support.stores import MemoryStore

SERIAL = Serial("YLS-00000001")


class SlowAnswers:
    """Makes the store answer `held` for a series only when the test says so."""

    def __init__(self, store: MemoryStore, *series: int) -> None:
        self._waits = {one: asyncio.Event() for one in series}
        store.delays = self._waits

    def answer(self, series: int) -> None:
        self._waits[series].set()


async def begin(bench: Bench, series: int, session: RecordingSession, *more: int) -> None:
    stores = tuple(StoredSeries(series=one, first=1, last=0) for one in (series, *more))
    event = LoginProved(serial=SERIAL, model="FACE-IRIS-A", stores=stores)
    bench.services.desk.login(session, event, "192.0.2.1", NOW)
    await bench.settle()


def present(bench: Bench) -> object:
    terminal = bench.services.common.terminals.get(DeviceId(1))
    assert terminal is not None
    return terminal.session


def test_an_older_login_that_waited_does_not_push_out_the_newer_one() -> None:
    async def body(bench: Bench) -> None:
        slow = SlowAnswers(bench.store, 7)
        older, newer = RecordingSession(), RecordingSession()
        await begin(bench, 7, older)
        await begin(bench, EPOCH, newer)
        assert isinstance(newer.submitted[0], Admit)
        slow.answer(7)
        await bench.settle()
        assert older.submitted == []
        assert older.closed is Parting.TAKEN_OVER
        assert newer.closed is None
        assert present(bench) is newer

    run(body)


def test_an_earlier_login_of_the_same_connection_harms_nothing() -> None:
    async def body(bench: Bench) -> None:
        slow = SlowAnswers(bench.store, 7)
        session = RecordingSession()
        await begin(bench, 7, session)
        await begin(bench, EPOCH, session)
        slow.answer(7)
        await bench.settle()
        assert [type(one) for one in session.submitted].count(Admit) == 1
        assert session.closed is None
        assert present(bench) is session

    run(body)


def test_a_login_whose_connection_went_away_leaves_the_live_session_in_charge() -> None:
    async def body(bench: Bench) -> None:
        slow = SlowAnswers(bench.store, 7)
        live, gone = RecordingSession(), RecordingSession()
        await begin(bench, EPOCH, live)
        await begin(bench, 7, gone)
        gone.over = True
        slow.answer(7)
        await bench.settle()
        assert gone.submitted == []
        assert present(bench) is live
        blocked = directory(replace(device(), state=DeviceState.BLOCKED))
        assert bench.services.desk.accept_directory(blocked) == [live]

    run(body)


def test_a_second_login_on_a_superseded_connection_changes_nothing() -> None:
    async def body(bench: Bench) -> None:
        slow = SlowAnswers(bench.store, 7)
        older, newer = RecordingSession(), RecordingSession()
        await begin(bench, EPOCH, older)
        await begin(bench, 7, older)
        await begin(bench, EPOCH, newer)
        older.close(Parting.TAKEN_OVER)  # what the registry does when the newer one is admitted
        slow.answer(7)
        await bench.settle()
        assert present(bench) is newer
        assert bench.presence.gone == []

    run(body)


def test_a_device_revoked_while_it_waits_does_not_get_in() -> None:
    async def body(bench: Bench) -> None:
        slow = SlowAnswers(bench.store, 7)
        session = RecordingSession()
        await begin(bench, 7, session)
        bench.services.desk.accept_directory(directory(device(state=DeviceState.BLOCKED)))
        slow.answer(7)
        await bench.settle()
        assert session.submitted == [Refuse(reason=Refusal.REVOKED)]
        assert present(bench) is None

    run(body)


def test_a_new_secret_ends_what_was_proved_with_the_old_one() -> None:
    async def body(bench: Bench) -> None:
        slow = SlowAnswers(bench.store, 7)
        live, waiting = RecordingSession(), RecordingSession()
        await begin(bench, EPOCH, live)
        await begin(bench, 7, waiting)
        renewed = replace(directory(), secrets={DeviceId(1): b"new" * 10 + b"!!"})
        assert bench.services.desk.accept_directory(renewed) == [live]
        assert bench.services.desk.accept_directory(renewed) == []
        slow.answer(7)
        await bench.settle()
        assert waiting.submitted == [Refuse(reason=Refusal.REVOKED)]

    run(body)


def test_series_a_terminal_no_longer_has_are_forgotten() -> None:
    async def body(bench: Bench) -> None:
        session = RecordingSession()
        for series in range(100, 200):
            await begin(bench, series, session)
        terminal = bench.services.common.terminals.get(DeviceId(1))
        assert terminal is not None
        assert list(terminal.ledgers) == [199]
        bench.services.desk.record(session, passage(1, series=199), NOW)
        await bench.settle()
        await begin(bench, EPOCH, session)
        assert set(terminal.ledgers) == {199, EPOCH}  # its prefix is not written down yet
        ((_, held),) = bench.services.common.terminals.take_moved()
        assert (held.series, held.upto) == (199, 1)
        await begin(bench, EPOCH, session)
        assert set(terminal.ledgers) == {EPOCH}

    run(body)


def test_a_login_loads_again_what_another_one_let_go_of() -> None:
    async def body(bench: Bench) -> None:
        slow = SlowAnswers(bench.store, 7, 8)
        first, second = RecordingSession(), RecordingSession()
        await begin(bench, 7, first)
        await begin(bench, 9, second, 8)
        slow.answer(7)
        await bench.settle()
        assert isinstance(first.submitted[0], Admit)
        slow.answer(8)
        await bench.settle()
        admit = second.submitted[0]
        assert isinstance(admit, Admit)
        assert [held.series for held in admit.held] == [9, 8]

    run(body)


def test_a_device_is_itself_only_in_the_protocol_it_is_registered_with() -> None:
    async def body(bench: Bench) -> None:
        stranger, slow = RecordingSession(dialect="cti/1"), SlowAnswers(bench.store, 7)
        await begin(bench, EPOCH, stranger)
        assert stranger.submitted == [Refuse(reason=Refusal.NOT_LISTED)]
        waiting = RecordingSession()
        await begin(bench, 7, waiting)
        bench.services.desk.accept_directory(directory(replace(device(1), dialect="cti")))
        slow.answer(7)
        await bench.settle()
        assert waiting.submitted == [Refuse(reason=Refusal.NOT_LISTED)]

    run(body)


def test_who_is_connected_in_another_protocol_than_the_new_one_has_to_go() -> None:
    async def body(bench: Bench) -> None:
        live = RecordingSession()
        await begin(bench, EPOCH, live)
        changed = directory(replace(device(), dialect="cti"))
        assert bench.services.desk.accept_directory(changed) == [live]

    run(body)
