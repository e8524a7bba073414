"""Terminals that post to a whole gateway: stored once, answered in time, and no strangers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import (
    Answered,
    DeviceConfig,
    DeviceEvent,
    Occurrence,
    StayedShut,
    Taken,
)

from gateway.domain.vocabulary import Decision
from tests.listening.gates import HOME, clock, gate, occurrence, taken
from tests.support.directories import MODEL, SUPPLIER, document
from tests.support.gateways import Gateway, Site, free_port, running
from tests.support.jpegs import jpeg
from tests.support.postgres import open_folder
from tests.support.waiting import wait_for

OURS, BOUND = "K51234567", "K51234568"
ELSEWHERE = "127.0.0.22"
STORED = """
select p.claim, p.number, p.decision, p.adapter, i.picture is not null as pictured
from passage p join device d on d.id = p.device
left join picture_identity i on i.device = p.device and i.digest = p.picture_digest
where d.serial = $1 order by p.number
"""


class Bench:
    """A gateway, the path of a terminal it knows, and a listener for one that has no token."""

    def __init__(self, gateway: Gateway, bound_port: int) -> None:
        self.gateway = gateway
        self.bound_port = bound_port
        added = gateway.ask(
            "device.add", serial=OURS, supplier=SUPPLIER, model=MODEL, dialect="hikvision"
        )
        self.path = dict(added["typed_in"])["URL"]

    def stored(self, serial: str = OURS) -> list[tuple[str, int]]:
        return [(row["claim"], row["number"]) for row in self.gateway.site.query(STORED, serial)]

    def play(
        self,
        device: HikvisionDevice,
        done: Callable[[list[DeviceEvent]], bool],
        port: int = 0,
        source: str = HOME,
        then: Occurrence | None = None,
    ) -> list[DeviceEvent]:
        """Drive a terminal until ``done``; ``then`` happens once it is connected."""
        with gate(device, port or self.gateway.site.port, source) as one:
            if then is not None:
                one.happen(then)
            one.until(done)
        return one.told


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    port = free_port()
    settings = (
        '[dialects]\nenabled = ["yls", "hikvision"]\n[hikvision]\npatience_seconds = 3\n'
        f'[[unproved]]\nlisten = "127.0.0.1:{port}"\ndialect = "hikvision"\n'
        f'devices = ["{BOUND}={HOME}/32"]\n'
    )
    with open_folder() as folder, running(Site(folder, settings)) as gateway:
        listed = document(BOUND, dialect="hikvision")
        gateway.ask("directory.import", document=listed, place="test")
        yield Bench(gateway, port)


def passage(person: int, *, asks: bool = False) -> Occurrence:
    return occurrence(jpeg(9_000, str(person)), person=str(person), asks=asks)


def test_events_are_stored_once_though_the_line_is_cut(bench: Bench) -> None:
    terminal = HikvisionDevice(DeviceConfig(path=bench.path))
    for person in (1, 2, 3):
        terminal.record(passage(person), clock())
    with closing(socket.create_connection(("127.0.0.1", bench.gateway.site.port), 10)) as wire:
        terminal.connected(clock())
        wire.sendall(terminal.output())
        wait_for(lambda: bench.stored() == [("1", 1)], "a record is stored")
    terminal.lost()
    told = bench.play(terminal, taken(3))
    assert [one.serial for one in told if isinstance(one, Taken)] == [1, 2, 3]
    assert bench.stored() == [("1", 1), ("2", 2), ("3", 3)]
    rows = bench.gateway.site.query(STORED, OURS)
    assert {(row["adapter"], row["pictured"]) for row in rows} == {("hikvision/1", True)}
    (aside,) = bench.gateway.site.query("select count(*) as n from quarantined_record")
    assert aside["n"] == 0


def test_a_question_nobody_can_decide_is_answered_with_no_and_recorded(bench: Bench) -> None:
    terminal = HikvisionDevice(DeviceConfig(path=bench.path, first_serial=50, patience_s=3))
    told = bench.play(terminal, taken(1), then=passage(9, asks=True))
    assert told == [StayedShut(serial=50, reason="failed"), Taken(serial=50)]
    row = bench.gateway.site.query(STORED, OURS)[-1]
    assert (row["number"], row["decision"]) == (50, Decision.DENIED)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-1] + ("0" if path[-1] != "0" else "1"),
        lambda path: path.replace(OURS, "K59999999"),
        lambda path: path.rpartition("/")[0],
    ],
)
def test_nobody_else_gets_in(bench: Bench, change: Callable[[str], str]) -> None:
    before = bench.stored()
    terminal = HikvisionDevice(DeviceConfig(path=change(bench.path)))
    terminal.record(passage(7), clock())
    assert bench.play(terminal, taken(1)) == [Answered(status=404)]
    assert bench.stored() == before


def test_a_terminal_without_a_token_is_believed_from_its_address_only(bench: Bench) -> None:
    terminal = HikvisionDevice(DeviceConfig(path=f"/hik/{BOUND}"))
    terminal.record(passage(5), clock())
    refused = bench.play(terminal, taken(1), bench.bound_port, ELSEWHERE)
    assert refused == [Answered(status=404)]
    assert bench.stored(BOUND) == []
    bench.play(terminal, taken(1), bench.bound_port, HOME)
    assert bench.stored(BOUND) == [("5", 1)]
