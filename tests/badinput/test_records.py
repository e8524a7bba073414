"""Records whose time cannot be true, that came before, or that hold what nobody here knows."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.body import put
from gateway.codecs.yls.registers import Command, Result
from gateway.storage.numbering import identity_of
from gateway.storage.opening import Storage
from gateway.storage.raw import RawRecord

from gateway.domain.ids import PassageId
from gateway.domain.passages import PassageFlag
from gateway.domain.times import LATEST_MS
from tests.badinput.bench import Bench
from tests.badinput.peers import EPOCH

DAY_MS = 86_400_000
UNKNOWN = 0x7001
"""A type of the range for vendors, which nobody here knows."""


@pytest.mark.parametrize("days", [3, -20_000], ids=["future", "1970"])
def test_future_and_1970_clocks(bench: Bench, days: int) -> None:
    unit = bench.unit()
    with bench.row("future and 1970 clocks") as row:
        group = unit.group(1, time_ms=max(1_000, unit.now_ms + days * DAY_MS))
        answer = unit.login().record(group)
        assert (answer.result, answer.holds(1)) == (Result.OK, True)
        row.counted("gatepost_records_time_quarantined_total")
        assert PassageFlag.TIME_QUARANTINED in bench.flags(unit)
        bench.assert_stored(unit)


def test_a_wrong_clock_that_was_measured(bench: Bench) -> None:
    unit, ahead = bench.unit(), 3 * DAY_MS
    with bench.row("a wrong clock that lets itself be measured") as row:
        terminal = unit.login()
        terminal.tell_time(unit.now_ms + ahead)
        line = row.logged("device.clock_offset", device=bench.device(unit))
        assert line["offset_ms"] == pytest.approx(ahead, abs=60_000)
        assert terminal.record(unit.group(1, time_ms=unit.now_ms + ahead)).holds(1)
        row.grew("gatepost_records_time_quarantined_total", 0)
        assert PassageFlag.TIME_QUARANTINED not in bench.flags(unit)
        bench.assert_stored(unit)


def test_a_time_beyond_every_calendar(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("a time beyond every calendar") as row:
        terminal = unit.login()
        absurd = unit.version(1, 2**64 - 1, 1)
        answer = terminal.ask(Command.REC_BACKFILL, absurd + unit.group(2))
        assert (answer.result, answer.holds(1), answer.holds(2)) == (Result.OK, True, True)
        row.counted("gatepost_records_time_quarantined_total")
        assert [number for number, _, _ in bench.found(unit).passages] == [1, 2]
        (stored,) = bench.site.query(
            "select id, device_ms from passage where device = $1 and number = 1",
            bench.device(unit),
        )
        assert stored["device_ms"] == LATEST_MS

        async def as_it_came(storage: Storage) -> RawRecord | None:
            return await storage.raw.raw(PassageId(stored["id"]))

        raw = bench.unsealed(as_it_came)
        assert raw is not None
        assert raw.raw == absurd


def test_duplicate_record(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("duplicate record") as row:
        for _ in range(2):
            terminal = unit.login()
            for _ in range(2):
                answer = terminal.record(unit.group(1))
                assert (answer.result, answer.holds(1)) == (Result.OK, True)
        row.counted("gatepost_records_duplicate_total", 3)
        bench.assert_stored(unit)


def test_conflicting_record(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("conflicting record") as row:
        terminal = unit.login()
        first = unit.group(1)
        assert terminal.record(first).result == Result.OK
        second = unit.version(1, unit.now_ms, 66)
        answer = terminal.record(second)
        row.told(answer.result, Result.REC_CONFLICT)
        assert answer.holds(1)
        row.counted("gatepost_record_conflicts_total")
        device = bench.device(unit)
        row.logged("record.conflict", device=device, series=EPOCH, number=1)

        async def versions(storage: Storage) -> list[RawRecord]:
            return await storage.aside.versions(device, identity_of(EPOCH, 1))

        assert [version.raw for version in bench.unsealed(versions)] == [first, second]
        bench.assert_stored(unit, aside=2)


def test_unknown_tlv_critical(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("unknown TLV, critical") as row:
        terminal = unit.login()
        answer = terminal.record(unit.group(1) + put(UNKNOWN, b"later", critical=True))
        row.told(answer.result, Result.UNSUPPORTED_CRITICAL)
        assert not answer.holds(1)
        row.counted("gatepost_protocol_errors_total")
        row.logged("session.protocol_error", serial=unit.serial, code="unsupported_critical")
        assert bench.found(unit).identities == []
        assert terminal.record(unit.group(1)).holds(1)
        bench.assert_stored(unit)


def test_unknown_tlv_not_critical(bench: Bench) -> None:
    unit = bench.unit()
    with bench.row("unknown TLV, not critical") as row:
        said = unit.group(1) + put(UNKNOWN, b"later")
        answer = unit.login().record(said)
        assert (answer.result, answer.holds(1)) == (Result.OK, True)
        row.grew("gatepost_protocol_errors_total", 0)
        bench.assert_stored(unit)
        (stored,) = bench.site.query("select id from passage where device = $1", bench.device(unit))

        async def raw(storage: Storage) -> RawRecord | None:
            return await storage.raw.raw(PassageId(stored["id"]))

        kept = bench.unsealed(raw)
        assert kept is not None
        assert kept.raw == said
