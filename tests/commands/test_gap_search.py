"""Records that got lost on their way are found in the terminal's memory, and are here once."""

from __future__ import annotations

import socket

import pytest
from gateway.codecs.double import Happening
from gateway.codecs.hikvision.keys import token
from gateway.protocols.clock import read_clock

from tests.codecs.hikvision.vectors import OK, post
from tests.commands.registered import KEY, SERIAL, register
from tests.commands.test_dialled import Unit, reach, unit
from tests.support.gateways import Site, running
from tests.support.waiting import wait_for

SETTINGS = (
    '[dialects]\nenabled = ["yls", "hikvision"]\n[commands]\nsearch_first_seconds = 1\n'
    "[dialling]\nbackoff_seconds = 1\n"
)
PATH = f"/hik/{SERIAL}/{token(KEY)}"


@pytest.fixture
def settings() -> str:
    return SETTINGS


def record(terminal: Unit, count: int) -> list[bytes]:
    """Have somebody pass so often, and return the texts of the events."""
    for person in range(1, count + 1):
        now = read_clock()
        terminal.double.record(Happening(time_ms=now.wall, person=person), now)
    return [one.text for one in terminal.double._device.memory]


def send(site: Site, *texts: bytes) -> None:
    """Report events as the terminal would."""
    with socket.create_connection(("127.0.0.1", site.port), 10) as line:
        for text in texts:
            line.sendall(post(text, path=PATH))
            answer = b""
            while len(answer) < len(OK):
                answer += line.recv(len(OK))
            assert answer == OK


def held(site: Site) -> list[str]:
    rows = site.query("select claim from passage order by id")
    return [row["claim"] for row in rows]


def conflicts(site: Site) -> int:
    [row] = site.query("select count(*) as n from quarantined_record")
    return int(row["n"])


def test_what_got_lost_between_two_events_is_searched_for_and_stored_once(site: Site) -> None:
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        reach(site, terminal.url)
        texts = record(terminal, 70)
        send(site, texts[0], texts[-1])
        gateway.await_logged("record.gap_told")
        gateway.await_logged("record.gap_searched")
        wait_for(lambda: len(held(site)) == 70, "everything is here")
        send(site, *texts[1:5])  # and comes by itself after all
        assert sorted(map(int, held(site))) == list(range(1, 71))
        assert conflicts(site) == 0


def test_a_terminal_that_cannot_report_is_read_and_counts_as_there(site: Site) -> None:
    lines = site.config.read_text() + f'armed = ["{SERIAL}"]\n'
    site.config.write_text(lines)
    with running(site) as gateway, unit() as terminal:
        terminal.open()
        register(gateway)
        reach(site, terminal.url)
        gateway.await_logged("stream.begun")
        record(terminal, 5)
        wait_for(lambda: sorted(held(site)) == list("12345"), "everything is here")
        assert gateway.figure('gatepost_streams_total{end="begun"}') == 1
        terminal.close()
        gateway.await_logged("stream.lost")
        record(terminal, 3)
        terminal.open()
        wait_for(lambda: gateway.figure('gatepost_streams_total{end="begun"}') == 2, "read again")
        record(terminal, 1)
        wait_for(lambda: len(held(site)) == 9, "what was recorded meanwhile was searched for")
        assert conflicts(site) == 0
