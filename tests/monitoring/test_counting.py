from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence

import pytest
import structlog
from gateway.monitoring import metrics as m
from gateway.monitoring.counting import (
    SessionMetrics,
    fold_presence,
    fold_tally,
    fold_traffic,
)
from gateway.monitoring.health import Health
from gateway.monitoring.instruments import OTHER
from gateway.monitoring.logs import configure, get_logger
from gateway.monitoring.measured_store import MeasuredStore
from gateway.monitoring.metrics import Metrics
from gateway.monitoring.presence import PresenceTable
from gateway.monitoring.process import fold_process, watch_loop
from gateway.protocols.counters import SessionCounters, Traffic
from gateway.protocols.endings import ENDINGS
from gateway.protocols.gate import REFUSALS

from gateway.domain.directory import Device
from gateway.domain.errors import StoreRefused, StoreUnavailable
from gateway.domain.ids import DeviceId, Serial
from gateway.domain.ports import LostRange, Outcome, Picture, PictureWanted, SeriesWanted
from gateway.domain.requests import HeldSeries, Parting, Refusal
from gateway.domain.vocabulary import Lane
from gateway.services.lanes import Lanes
from gateway.services.presence import PresencePort
from gateway.services.tally import AGE_BUCKETS_S, Tally
from gateway.settings import LogSection


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="0.9", dialects=["yls"])


def test_sessions_are_counted(metrics: Metrics) -> None:
    counters: SessionCounters = SessionMetrics(metrics)
    counters.opened("tcp")
    counters.opened("tcp")
    counters.opened("tls")
    counters.closed("tcp", "peer_closed")
    counters.closed("tls", "a code only some codec knows")
    counters.refused("ceiling")
    counters.frame_damaged("yls", "checksum")
    counters.misbehaved("yls", "E17")
    counters.unknown_message("yls")
    counters.deferred("yls")
    counters.codec_error("yls")
    counters.verified_late("yls")
    assert metrics[m.OPENED].at("tcp").value == 2
    assert metrics[m.CONNECTIONS].at("tcp").value == 1
    assert metrics[m.CONNECTIONS].at("tls").value == 0
    assert metrics[m.CLOSED].at("tcp", "peer_closed").value == 1
    assert metrics[m.CLOSED].at("tls", OTHER).value == 1
    assert metrics[m.REFUSED].at("ceiling").value == 1
    assert metrics[m.FRAME_ERRORS].at("yls", "checksum").value == 1
    assert metrics[m.MISBEHAVIOUR].at("yls").value == 1
    assert metrics[m.UNKNOWN_MESSAGES].at("yls").value == 1
    assert metrics[m.REFUSED_RECORDS].at("session").value == 1
    assert metrics[m.CODEC_ERRORS].at("yls").value == 1
    assert metrics[m.VERIFIED_LATE].at("yls").value == 1


def test_vocabularies_cover_what_shells_and_services_say() -> None:
    assert {ending.value for ending in Parting} <= set(m.ENDING.values)
    assert set(m.ENDING.values) >= ENDINGS
    assert set(m.REFUSAL.values) >= REFUSALS
    assert set(m.LOGIN.values) >= {refusal.value for refusal in Refusal}
    assert set(m.LOGIN.values) >= set(Tally().logins)
    assert m.AGE_BOUNDS_S == AGE_BUCKETS_S


def test_traffic_is_read_at_the_scrape(metrics: Metrics) -> None:
    traffic, other = Traffic(), Traffic(reads=1, bytes_in=100, bytes_out=5)
    fold_traffic(metrics, lambda: (traffic, other))
    traffic.reads, traffic.bytes_in, traffic.bytes_out = 2, 600, 45
    assert metrics[m.READS].at().value == 0
    metrics.scrape()
    found = [metrics[each].at().value for each in (m.READS, m.BYTES_IN, m.BYTES_OUT)]
    assert found == [3, 700, 50]


def test_the_tally_of_the_services_is_read_at_the_scrape(metrics: Metrics) -> None:
    tally = Tally()
    fold_tally(metrics, tally, Lanes(rows=10, bytes_=1000))
    live, backfill = tally.lanes[Lane.LIVE], tally.lanes[Lane.BACKFILL]
    live.received, live.stored, live.deferred = 5, 3, 1
    backfill.duplicate, backfill.conflict, backfill.rejected, backfill.deferred = 2, 1, 4, 6
    live.age.observe(0.3)
    live.age.observe(9999.0)
    tally.time_quarantined, tally.tombstones = 11, 12
    tally.gaps_asked, tally.gaps_unanswered = 13, 14
    tally.pictures_stored, tally.pictures_damaged, tally.pictures_declined = 15, 16, 17
    tally.logins["ok"], tally.logins["revoked"] = 18, 19
    metrics.scrape()
    metrics.scrape()  # folding twice counts nothing twice
    assert metrics[m.RECEIVED].at("live").value == 5
    assert metrics[m.STORED].at("live").value == 3
    assert metrics[m.DUPLICATE].at("backfill").value == 2
    assert metrics[m.CONFLICTS].at("backfill").value == 1
    assert metrics[m.REJECTED].at("backfill").value == 4
    assert metrics[m.REFUSED_RECORDS].at("ingest").value == 7
    assert metrics[m.AGE].at("live").counts[1] == 1
    assert metrics[m.AGE].at("live").counts[-1] == 1
    assert metrics[m.AGE].at("live").total == pytest.approx(9999.3)
    found = [
        metrics[each].at().value for each in (m.TIME_QUARANTINED, m.LOST, m.GAPS, m.GAPS_UNANSWERED)
    ]
    assert found == [11, 12, 13, 14]
    pictures = [metrics[m.PICTURES].at(each).value for each in ("stored", "damaged", "declined")]
    assert pictures == [15, 16, 17]
    assert metrics[m.LOGINS].at("ok").value == 18
    assert metrics[m.LOGINS].at("revoked").value == 19
    assert metrics[m.WAITING_RECORDS].at().value == 0


def test_devices_are_counted_by_supplier_and_state(metrics: Metrics) -> None:
    presence = PresenceTable(started=0.0, default_cadence_s=30)
    port: PresencePort = presence
    fold_presence(metrics, presence)
    for number, supplier in enumerate(["acme", "acme", "zeta"]):
        device = Device(
            id=DeviceId(number),
            serial=Serial(f"S{number}"),
            supplier=supplier,
            model="M",
            dialect="yls",
        )
        slot = port.attach(device)
    presence.touch(slot, 1.0)
    presence.sweep(1.0)
    presence.deaf(3.0, 2.0)
    text = metrics.scrape().decode()
    assert metrics.scrape().decode().count("gatepost_vendor_devices{") == 10
    assert 'gatepost_vendor_devices{vendor="acme",state="never_seen"} 2\n' in text
    assert 'gatepost_vendor_devices{vendor="zeta",state="online"} 1\n' in text
    assert "gatepost_devices_connected 3\n" in text
    assert "gatepost_presence_deaf_seconds_total 3.0\n" in text


class Store:
    """Answers everything, or nothing."""

    down = False

    async def answer(self) -> None:
        if self.down:
            raise StoreUnavailable("no answer")

    async def save(self, batch: object) -> list[Outcome]:
        await self.answer()
        return [Outcome.STORED]

    async def save_lost(self, lost: object) -> None:
        await self.answer()

    async def save_pictures(self, batch: object) -> list[StoreRefused | None]:
        await self.answer()
        return [None]

    async def has_pictures(self, wanted: object) -> list[bool]:
        await self.answer()
        return [True]

    async def held(self, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
        await self.answer()
        return [HeldSeries(series=one.series, upto=one.first) for one in wanted]

    async def keep_cursors(self, cursors: object) -> None:
        await self.answer()

    async def keep_contacts(self, contacts: object) -> None:
        await self.answer()

    async def reserve_ids(self, count: int) -> range:
        await self.answer()
        return range(count)


LOST = LostRange(device=DeviceId(1), series=1, first=1, last=2, reason=0, received_ms=0)
PICTURE = Picture(device=DeviceId(1), digest=b"", data=b"", received_ms=0)
CALLS: dict[str, tuple[Callable[[MeasuredStore], Awaitable[object]], object]] = {
    "save": (lambda store: store.save([]), [Outcome.STORED]),
    "save_lost": (lambda store: store.save_lost(LOST), None),
    "save_pictures": (lambda store: store.save_pictures([PICTURE]), [None]),
    "has_pictures": (
        lambda store: store.has_pictures([PictureWanted(DeviceId(1), b"x")]),
        [True],
    ),
    "held": (
        lambda store: store.held([SeriesWanted(DeviceId(1), 7, 9)]),
        [HeldSeries(series=7, upto=9)],
    ),
    "keep_cursors": (lambda store: store.keep_cursors([]), None),
    "keep_contacts": (lambda store: store.keep_contacts([]), None),
    "reserve_ids": (lambda store: store.reserve_ids(3), range(3)),
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_measured_store_answers_as_the_store_and_counts(metrics: Metrics, operation: str) -> None:
    call, expected = CALLS[operation]
    times = iter([10.0, 10.004, 20.0])
    inner = Store()
    store = MeasuredStore(inner, metrics, lambda: next(times))
    available = [store.available]
    assert asyncio.run(run(call, store)) == expected
    available.append(store.available)
    seconds = metrics[m.STORE_SECONDS].at(operation)
    assert seconds.counts[m.STORE_BOUNDS_S.index(0.005)] == 1
    inner.down = True
    with pytest.raises(StoreUnavailable):
        asyncio.run(run(call, store))
    assert [*available, store.available] == [False, True, False]
    assert sum(seconds.counts) == 1
    assert metrics[m.STORE_FAILURES].at(operation).value == 1


async def run(call: Callable[[MeasuredStore], Awaitable[object]], store: MeasuredStore) -> object:
    return await call(store)


def test_operations_are_those_of_the_port() -> None:
    assert set(CALLS) == set(m.OPERATION.values)


def test_readiness_and_lost_lines_are_read_at_the_scrape(metrics: Metrics) -> None:
    reasons: list[str | None] = [None, "down"]
    health = Health()
    health.ready_while("store", lambda: reasons.pop(0))
    log = configure(LogSection(), stream=io.BytesIO())
    fold_process(metrics, health, log)
    metrics.scrape()
    assert metrics[m.READY].at().value == 1
    metrics.scrape()
    assert metrics[m.READY].at().value == 0
    assert metrics[m.LOG_DROPPED].at().value == 0
    log.close()
    structlog.reset_defaults()


def test_the_loop_is_watched_until_that_is_stopped(metrics: Metrics) -> None:
    async def watched() -> None:
        measured = asyncio.Event()

        class Loop:
            def call_later(
                self, delay: float, callback: Callable[[], object], /
            ) -> asyncio.TimerHandle:
                def call() -> None:
                    callback()
                    measured.set()

                return asyncio.get_running_loop().call_later(0, call)

        stop = watch_loop(Loop(), metrics, get_logger())
        await measured.wait()
        stop()

    asyncio.run(watched())
    assert sum(metrics[m.LOOP_LAG].at().counts) >= 1
    assert metrics[m.LOOP_BLOCKED].at().value == 0
