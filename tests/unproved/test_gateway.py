"""The city terminal interface at a whole gateway: who gets in, and nothing lost or stored twice."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from gateway.codecs.cti.attendance import Attendance
from gateway.codecs.cti.content import put_time
from gateway.codecs.cti.device import CtiDevice
from gateway.codecs.cti.login import Login

from gateway.domain.ids import Serial
from tests.support.directories import MODEL, SUPPLIER, document
from tests.support.gateways import Gateway, Site, free_port, running
from tests.support.jpegs import jpeg
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for
from tests.unproved.terminal import Wire

HOME, ELSEWHERE = "127.0.0.21", "127.0.0.22"
OURS, PROVED, ABSENT = "0000000000000000000000000000000A", "YLS-7", "UNKNOWN"
DUPLICATES = 'gatepost_records_duplicate_total{mode="live"}'
PLACED = b"111.70000029.040000 36.5\x00"
STORED = """
select p.claim, p.means, p.device_ms, p.adapter, p.picture_size, i.picture is not null as pictured
from passage p join device d on d.id = p.device
left join picture_identity i on i.device = p.device and i.digest = p.picture_digest
where d.serial = $1 order by p.claim, p.device_ms
"""


class Bench:
    """A gateway with a listener for the interface, on which three serial numbers are bound."""

    def __init__(self, gateway: Gateway, port: int) -> None:
        self.gateway = gateway
        self.port = port

    def dial(self, device: CtiDevice, source: str = HOME) -> Wire:
        return Wire(device, self.port, source)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    port = free_port()
    bound = ", ".join(f'"{serial}={HOME}/32"' for serial in (OURS, PROVED, ABSENT))
    table = f'[[unproved]]\nlisten = "127.0.0.1:{port}"\ndialect = "cti"\ndevices = [{bound}]\n'
    with open_folder() as folder, running(Site(folder, table)) as gateway:
        for listed in (document(OURS, dialect="cti"), document(PROVED)):
            gateway.ask("directory.import", document=listed, place="test")
        yield Bench(gateway, port)


def device(serial: str = OURS) -> CtiDevice:
    return CtiDevice(Login("FACTORY", Serial(serial)), bytes(range(16)))


def record(worker: int, placed: bytes = b"", late_s: int = 0) -> Attendance:
    now_ms = time.time_ns() // 1_000_000 - late_s * 1000
    return Attendance(worker, put_time(now_ms), 6, jpeg(9_000, str(worker)), placed)


def test_records_with_pictures_are_stored_once_though_the_line_is_cut(bench: Bench) -> None:
    terminal = device()
    records = [
        record(1),
        record(2, PLACED),
        record(3, PLACED),
        record(4, PLACED, late_s=86_400),
        record(5),
    ]
    terminal.record(records[0])
    terminal.record(*records[1:4])
    terminal.record(records[4])
    with bench.dial(terminal) as wire:
        assert wire.until(lambda: len(terminal.acknowledged) == 1)
        # The frame with three records is on its way, its answer will find nobody.
        wait_for(lambda: len(bench.gateway.site.query(STORED, OURS)) > 1, "a record is stored")
        wire.cut()
    with bench.dial(terminal) as wire:
        assert wire.until(lambda: len(terminal.acknowledged) == len(records))
    assert terminal.acknowledged == records
    assert not terminal.refusals
    rows = bench.gateway.site.query(STORED, OURS)
    assert [row["claim"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert {(row["adapter"], row["means"], row["pictured"]) for row in rows} == {("cti/1", 1, True)}
    assert {row["picture_size"] for row in rows} == {len(one.picture) for one in records}
    assert bench.gateway.figure(DUPLICATES) > 0
    (aside,) = bench.gateway.site.query("select count(*) as n from quarantined_record")
    assert aside["n"] == 0


def test_a_terminal_beats_and_is_told_the_time(bench: Bench) -> None:
    terminal = device()
    with bench.dial(terminal) as wire:
        assert wire.until(lambda: terminal.online)
        terminal.beat()
        assert wire.until(lambda: terminal.beats == 1)
        before = time.time_ns() // 1_000_000
        terminal.ask_time()
        assert wire.until(lambda: terminal.clock_ms is not None)
    assert terminal.clock_ms is not None
    assert before // 1000 <= terminal.clock_ms // 1000 <= time.time_ns() // 1_000_000_000


@pytest.mark.parametrize(
    ("serial", "source", "event", "reason"),
    [
        (OURS, ELSEWHERE, "device.login_failed", "address"),
        (PROVED, HOME, "device.refused", "not_listed"),
        (ABSENT, HOME, "device.refused", "not_listed"),
        ("NOT-BOUND", HOME, "device.login_failed", "address"),
    ],
    ids=["from elsewhere", "a device that has a proof", "an unknown device", "not bound"],
)
def test_nobody_else_gets_in(
    bench: Bench, serial: str, source: str, event: str, reason: str
) -> None:
    impostor = device(serial)
    impostor.record(record(666))
    with bench.dial(impostor, source) as wire:
        assert not wire.until(lambda: impostor.online)
    assert impostor.refusals == ["拒绝登录 login refused: not_listed"]
    bench.gateway.await_logged(event, serial=serial, reason=reason)
    found = bench.gateway.site.query("select 1 from passage where claim = '666'")
    assert found == []


def test_a_device_without_proof_is_given_no_key_and_misses_none(bench: Bench) -> None:
    keyless = document("A-1", "A-2", secret=None)
    keyless["devices"][0]["dialect"] = "cti"
    done = bench.gateway.ask("directory.import", document=keyless, place="test")
    assert done["keyless"] == ["A-2"]
    fields = {"supplier": SUPPLIER, "model": MODEL}
    assert "secret" not in bench.gateway.ask("device.add", serial="A-3", dialect="cti", **fields)
    assert "secret" in bench.gateway.ask("device.add", serial="A-4", **fields)


def test_the_common_listener_does_not_speak_it(bench: Bench) -> None:
    terminal = device()
    with Wire(terminal, bench.gateway.site.port, HOME) as wire:
        assert not wire.until(lambda: terminal.online)
    assert terminal.refusals == []


def test_enabling_it_for_everybody_stops_the_start() -> None:
    with open_folder() as folder:
        site = Site(folder, '[dialects]\nenabled = ["yls", "cti"]\n')
        gateway = Gateway(site)
        try:
            assert gateway.process.wait(60) != 0
        finally:
            site.end_database()
        assert "[dialect.unproved] at setting dialects.enabled" in gateway.text()
