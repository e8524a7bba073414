from __future__ import annotations

from dataclasses import replace

from gateway.domain.directory import DeviceState
from gateway.domain.events import (
    BlobCompleted,
    BlobOffered,
    ClockMeasured,
    DeviceStatus,
    LoginProved,
    RangeAnswered,
    RecordsLost,
    StoredSeries,
)
from gateway.domain.ids import Receipt, Serial
from gateway.domain.passages import Passage, PassageFlag
from gateway.domain.requests import (
    Accept,
    Admit,
    AskRecords,
    Conflict,
    DeclineBlob,
    Defer,
    MeasureClock,
    Refusal,
    Refuse,
)
from gateway.domain.times import Instant
from gateway.domain.vocabulary import Lane
from tests.support.desks import Bench, run
from tests.support.reports import EPOCH, NOW, device, directory, fault, passage
from tests.support.sessions import RecordingSession

SERIAL = Serial("YLS-00000001")


def test_an_admitted_terminal_is_told_what_we_hold() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        for number in (1, 2, 4):
            bench.services.desk.record(session, passage(number), NOW)
        await bench.settle()
        again = await bench.login(first=1, last=5)
        admit, measure = again.submitted
        assert isinstance(admit, Admit)
        assert (admit.heartbeat_s, admit.held[0].upto, admit.held[0].ranges) == (30, 2, ((4, 4),))
        assert isinstance(measure, MeasureClock)

    run(body)


def test_numbers_the_terminal_no_longer_has_count_as_held_for_it() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login(first=101, last=110)
        admit = session.submitted[0]
        assert isinstance(admit, Admit)
        assert admit.held[0].upto == 100

    run(body)


def test_a_counter_below_ours_is_reported() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.services.desk.record(session, passage(9), NOW)
        await bench.settle()
        await bench.login(first=1, last=3)
        assert bench.log.named("device.counter_regressed")[0]["held"] == 9

    run(body)


def test_unlisted_and_blocked_devices_are_refused_and_logged() -> None:
    async def body(bench: Bench) -> None:
        session = RecordingSession()
        proof = LoginProved(serial=Serial("YLS-77777777"), model="X")
        bench.services.desk.login(session, proof, "192.0.2.1", NOW)
        assert session.submitted == [Refuse(reason=Refusal.NOT_LISTED)]
        blocked = await bench.login()
        assert blocked.submitted == [Refuse(reason=Refusal.REVOKED)]
        assert bench.log.named("device.refused")[0]["reason"] == "not_listed"
        assert bench.services.common.tally.logins["not_listed"] == 1

    run(body, directory(device(state=DeviceState.BLOCKED)))


def test_a_login_while_the_database_is_down_is_asked_to_come_back() -> None:
    async def body(bench: Bench) -> None:
        bench.store.down = True
        session = await bench.login()
        assert session.submitted == [Refuse(reason=Refusal.UNAVAILABLE, retry_after_s=1)]

    run(body)


def test_records_are_acknowledged_after_the_commit_and_in_one_write() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        session.submitted.clear()
        session.writes = 0
        for number in range(1, 6):
            bench.services.desk.record(session, passage(number), NOW)
        assert session.submitted == []
        await bench.settle()
        assert session.submitted == [Accept(receipt=Receipt(n)) for n in range(1, 6)]
        assert session.writes == 1
        assert bench.store.batches == [5]

    run(body)


def test_a_resend_is_acknowledged_again_and_other_bytes_are_a_conflict() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        session.submitted.clear()
        bench.services.desk.record(session, passage(1), NOW)
        bench.services.desk.record(session, replace(passage(1), receipt=Receipt(2)), NOW)
        other = replace(passage(1), receipt=Receipt(3), digest=b"x" * 32)
        bench.services.desk.record(session, other, NOW)
        await bench.settle()
        assert session.submitted == [
            Accept(receipt=Receipt(1)),
            Accept(receipt=Receipt(2)),
            Conflict(receipt=Receipt(3)),
        ]
        tally = bench.services.common.tally.lanes[Lane.LIVE]
        assert (tally.received, tally.stored, tally.duplicate, tally.conflict) == (3, 1, 1, 1)
        assert bench.log.named("record.conflict")[0]["number"] == 1

    run(body)


def test_a_record_the_database_cannot_take_is_deferred_and_later_stored() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        session.submitted.clear()
        bench.store.down = True
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        assert session.submitted == [Defer(receipt=Receipt(1), retry_after_s=1)]
        bench.services.ingest.available = False
        bench.services.desk.record(session, passage(2), NOW)
        assert session.last() == Defer(receipt=Receipt(2), retry_after_s=1)
        assert bench.services.common.tally.lanes[Lane.LIVE].deferred == 2
        bench.store.down = False
        bench.services.ingest.available = True
        bench.services.desk.record(session, replace(passage(1), receipt=Receipt(3)), NOW)
        await bench.settle()
        assert session.last() == Accept(receipt=Receipt(3))

    run(body)


def test_without_passage_ids_a_record_is_deferred_not_dropped() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        session.submitted.clear()
        for number in range(1, 1_002):
            bench.services.desk.record(session, passage(number), NOW)
        assert session.submitted == [Defer(receipt=Receipt(1_001), retry_after_s=1)]

    run(body)


def test_a_fault_report_is_stored_like_a_record() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.services.desk.record(session, fault(1), NOW)
        await bench.settle()
        (record,) = bench.store.records.values()
        assert record.report == fault(1)
        assert session.last() == Accept(receipt=Receipt(1))

    run(body)


def test_the_measured_clock_corrects_the_records_that_follow() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.services.desk.clock(session, ClockMeasured(offset_ms=90_000, uncertainty_ms=50), NOW)
        bench.services.desk.record(session, passage(1, device_ms=NOW.wall + 90_000), NOW)
        await bench.settle()
        (record,) = bench.store.records.values()
        assert isinstance(record, Passage)
        assert (record.time.corrected_ms, record.time.offset_ms) == (NOW.wall, 90_000)
        assert not record.flags & PassageFlag.TIME_QUARANTINED
        assert bench.log.named("device.clock_offset")[0]["offset_ms"] == 90_000
        absurd = ClockMeasured(offset_ms=2**63, uncertainty_ms=0)
        bench.services.desk.clock(session, absurd, NOW)
        terminal = bench.services.common.terminals.get(session.device)
        assert terminal is not None
        assert terminal.clock_offset_ms == 90_000

    run(body)


def test_a_future_event_is_kept_and_quarantined() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.services.desk.record(session, passage(1, device_ms=NOW.wall + 90_000), NOW)
        await bench.settle()
        (record,) = bench.store.records.values()
        assert isinstance(record, Passage)
        assert record.flags & PassageFlag.TIME_QUARANTINED
        assert bench.services.common.tally.time_quarantined == 1

    run(body)


def test_a_hole_is_asked_for_once_and_an_unanswered_one_is_named() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        for number in (1, 2, 4, 7):
            bench.services.desk.record(session, passage(number), NOW)
        await bench.settle()
        session = await bench.login(first=1, last=7)
        session.submitted.clear()
        owing, done = DeviceStatus(unacknowledged=3), DeviceStatus(unacknowledged=0)
        bench.services.desk.status(session, owing, NOW)
        assert session.submitted == []
        bench.services.desk.status(session, done, NOW)
        bench.services.desk.status(session, done, NOW)
        assert session.submitted == [AskRecords(series=EPOCH, first=3, last=3)]
        bench.services.desk.range_answered(session, RangeAnswered(accepted=False, code=0x41))
        assert bench.log.named("record.gap_unanswered")[0]["first"] == 3
        bench.services.desk.status(session, done, NOW)
        assert session.last() == AskRecords(series=EPOCH, first=5, last=6)

    run(body)


def test_a_tombstone_fills_the_hole() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.services.desk.record(session, passage(1), NOW)
        lost = RecordsLost(receipt=Receipt(9), series=EPOCH, first=2, last=5, reason=1)
        bench.services.desk.records_lost(session, lost, NOW)
        await bench.settle()
        assert Accept(receipt=Receipt(9)) in session.submitted
        again = await bench.login(first=1, last=6)
        admit = again.submitted[0]
        assert isinstance(admit, Admit)
        assert admit.held[0].upto == 5

    run(body)


def test_an_older_session_can_no_longer_speak_for_the_terminal() -> None:
    async def body(bench: Bench) -> None:
        older = await bench.login()
        newer = await bench.login()
        bench.services.desk.clock(older, ClockMeasured(offset_ms=5_000, uncertainty_ms=0), NOW)
        bench.services.desk.lost(older, "reset", NOW)
        terminal = bench.services.common.terminals.get(older.device)
        assert terminal is not None
        assert terminal.session is newer
        assert terminal.clock_offset_ms is None
        assert bench.presence.gone == []
        bench.services.desk.lost(newer, "reset", NOW)
        assert bench.presence.gone == [newer.slot]

    run(body)


def test_a_clock_is_measured_again_once_the_terminal_has_set_it() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        assert session.submitted.count(MeasureClock()) == 1
        asked = []
        for seconds in (0, 5, 30, 60, 600, 640):
            at = Instant(NOW.mono + seconds, NOW.wall)
            bench.services.desk.status(session, DeviceStatus(), at)
            asked.append(session.submitted.count(MeasureClock()) - 1)
        assert asked == [0, 0, 1, 1, 1, 2]
        again = await bench.login()
        bench.services.desk.status(again, DeviceStatus(), Instant(NOW.mono + 9_000, NOW.wall))
        assert again.submitted.count(MeasureClock()) == 1

    run(body)


def test_cursors_of_series_that_advanced_are_handed_out_once() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        bench.services.desk.record(session, passage(1), NOW)
        await bench.settle()
        ((owner, held),) = bench.services.common.terminals.take_moved()
        assert (owner, held.series, held.upto) == (session.device, EPOCH, 1)
        assert bench.services.common.terminals.take_moved() == []

    run(body)


def test_a_device_blocked_while_connected_is_expelled() -> None:
    async def body(bench: Bench) -> None:
        session = await bench.login()
        assert bench.services.desk.accept_directory(directory()) == []
        blocked = directory(device(state=DeviceState.BLOCKED))
        assert bench.services.desk.accept_directory(blocked) == [session]

    run(body)


def test_whatever_goes_wrong_the_terminal_is_answered() -> None:
    """A bug of ours is logged, and to the terminal it is one more reason to come again."""

    async def body(bench: Bench) -> None:
        session = await bench.login()

        def broken() -> None:
            raise ZeroDivisionError

        setattr(bench.store, "_ask", broken)  # noqa: B010
        desk = bench.services.desk
        lost = RecordsLost(receipt=Receipt(1), series=EPOCH, first=2, last=5, reason=1)
        desk.records_lost(session, lost, NOW)
        offer = BlobOffered(receipt=Receipt(2), digest=b"d" * 32, size=9, kind="snapshot")
        desk.blob_offered(session, offer, NOW)
        whole = BlobCompleted(receipt=Receipt(3), digest=b"d" * 32, kind="snapshot", data=b"x")
        desk.blob_completed(session, whole, NOW)
        await bench.settle()
        assert session.submitted[2:] == [
            Defer(receipt=Receipt(1), retry_after_s=1),
            DeclineBlob(receipt=Receipt(2), code="unavailable"),
            DeclineBlob(receipt=Receipt(3), code="unavailable"),
        ]
        stranger = RecordingSession()
        stores = (StoredSeries(series=EPOCH + 1, first=1, last=0),)
        proof = LoginProved(serial=SERIAL, model="FACE-IRIS-A", stores=stores)
        desk.login(stranger, proof, "192.0.2.1", NOW)
        await bench.settle()
        assert stranger.submitted == [Refuse(reason=Refusal.UNAVAILABLE, retry_after_s=1)]
        assert len(bench.log.named("gateway.task_failed")) == 4

    run(body)
