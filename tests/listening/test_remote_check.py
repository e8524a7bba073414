"""Questions by a record, decided by the real verification: real networks, real faces, a socket."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from gateway.codecs.hikvision.device import HikvisionDevice
from gateway.codecs.hikvision.device_events import DeviceConfig, Opened, StayedShut
from gateway.codecs.hikvision.keys import token

from gateway.domain.vocabulary import Decision, VerifiedBy
from tests.listening.gates import Gate, gate, occurrence
from tests.support.directories import secret_of
from tests.support.faces import portrait
from tests.support.gateways import Gateway, Site, running
from tests.support.waiting import wait_for
from tests.verification.gates import (
    SETTINGS,
    STRANGER,
    directory,
    enrol_all,
    place,
    prepared_site,
)

CROWD = tuple(f"K-CROWD-{number:02}" for number in range(12))
MAIN = "K51234567"
MEMBERS = range(1, 4)
MATCHER = "enabled = true\nthreads = 1\nwaiting = 1"
"""So small that a handful of questions at once is too many."""
ALIKE = '[dialects]\nenabled = ["yls", "hikvision"]\n'
NUMBERS = count(1, 100)
RECORDED = """
select p.number, p.decision, p.verified_by, p.claim from passage p join device d on d.id = p.device
where d.serial = $1 order by p.id
"""


def terminal(serial: str, patience_s: int = 10) -> HikvisionDevice:
    """One whose numbers nobody had before: tests come within one second, and that is a dispute."""
    path = f"/hik/{patience_s}s/{serial}/{token(secret_of(serial))}"
    config = DeviceConfig(path=path, patience_s=patience_s, first_serial=next(NUMBERS))
    return HikvisionDevice(config)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with prepared_site(ALIKE + SETTINGS.replace("enabled = true", MATCHER)) as site:
        yield site


@pytest.fixture(scope="module")
def gateway(site: Site) -> Iterator[Gateway]:
    listed = directory(others=(MAIN, *CROWD))
    for device in listed["devices"]:  # type: ignore[attr-defined]
        if device["serial"] in (MAIN, *CROWD):
            device["dialect"] = "hikvision"
    with running(site) as gateway:
        place(gateway, listed)
        yield gateway


@pytest.fixture(scope="module")
def numbers(
    gateway: Gateway, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, int]:
    """Enrol the members; return the gateway's number of each."""
    found = enrol_all(site, tmp_path_factory.mktemp("photos"), MEMBERS)
    with gate(terminal(MAIN), site.port) as one:
        wait_for(lambda: opened(one, MEMBERS[0]), "the gallery is open")
    del gateway
    return found


def opened(one: Gate, person: int) -> bool:
    said = one.ask(occurrence(portrait(person, 2), asks=True))
    return isinstance(said, Opened)


def last(site: Site, serial: str = MAIN) -> tuple[int, int]:
    row = site.query(RECORDED, serial)[-1]
    return row["decision"], row["verified_by"]


def test_whoever_is_enrolled_gets_in_and_a_stranger_does_not(
    site: Site, numbers: dict[int, int]
) -> None:
    with gate(terminal(MAIN), site.port) as one:
        for person, number in numbers.items():
            said = one.ask(occurrence(portrait(person, 5), asks=True))
            assert isinstance(said, Opened)
            assert said.person == str(number)
        one.settle()
        assert last(site) == (Decision.GRANTED, VerifiedBy.GATEWAY)
        for person in (STRANGER, STRANGER + 1):
            said = one.ask(occurrence(portrait(person, 2), asks=True))
            assert said == StayedShut(serial=said.serial, reason="failed")
        one.settle()
    assert last(site) == (Decision.STRANGER, VerifiedBy.GATEWAY)


def test_whom_the_terminal_names_must_be_whom_it_shows(site: Site, numbers: dict[int, int]) -> None:
    with gate(terminal(MAIN), site.port) as one:
        right = one.ask(occurrence(portrait(2, 6), person=str(numbers[2]), asks=True))
        wrong = one.ask(occurrence(portrait(2, 6), person=str(numbers[3]), asks=True))
        one.settle()
    assert isinstance(right, Opened)
    assert wrong == StayedShut(serial=wrong.serial, reason="failed")


@pytest.mark.parametrize(
    ("age_s", "inner"), [(600, {}), (0, {"currentEvent": False})], ids=["old", "replayed"]
)
def test_a_question_of_the_past_opens_nothing_for_anybody(
    site: Site, numbers: dict[int, int], age_s: int, inner: dict[str, Any]
) -> None:
    del numbers
    asked = occurrence(portrait(1, 7), asks=True, age_s=age_s, **inner)
    with gate(terminal(MAIN), site.port) as one:
        said = one.ask(asked)
        one.settle()
    assert said == StayedShut(serial=said.serial, reason="failed")
    assert last(site) == (Decision.UNKNOWN, VerifiedBy.UNKNOWN)


def test_an_answer_that_comes_too_late_is_no_yes(
    site: Site, gateway: Gateway, numbers: dict[int, int]
) -> None:
    del numbers
    with gate(terminal(MAIN, patience_s=1), site.port) as one:
        os.kill(gateway.process.pid, signal.SIGSTOP)
        try:
            said = one.ask(occurrence(portrait(1, 8), asks=True))
        finally:
            os.kill(gateway.process.pid, signal.SIGCONT)
        assert said == StayedShut(serial=said.serial, reason="no_answer")
        one.settle()
        assert not any(isinstance(event, Opened) for event in one.told)
    assert site.query(RECORDED, MAIN)[-1]["number"] == said.serial


def test_more_questions_than_the_matcher_takes_are_refused_in_time(
    site: Site, gateway: Gateway, numbers: dict[int, int]
) -> None:
    busy = 'gatepost_verifications_total{verdict="undecided",reason="busy"}'
    before = gateway.figure(busy)

    def crowd(serial: str) -> list[Opened | StayedShut]:
        source = f"127.0.2.{CROWD.index(serial) + 1}"
        with gate(terminal(serial), site.port, source) as one:
            asked = [occurrence(portrait(person, 9), asks=True) for person in (1, STRANGER, 2)]
            said = [one.ask(each) for each in asked]
            one.settle()
        return said

    with ThreadPoolExecutor(len(CROWD)) as threads:
        heard = [one for said in threads.map(crowd, CROWD) for one in said]
    assert gateway.figure(busy) > before
    assert len(heard) == 3 * len(CROWD)
    shut = Counter(one.reason for one in heard if isinstance(one, StayedShut))
    assert shut["failed"] > len(CROWD)  # every stranger, and those nobody had time for
    let_in = {one.person for one in heard if isinstance(one, Opened)}
    assert let_in <= {str(number) for number in numbers.values()}
    (late,) = site.query(
        "select count(*) from decision where verdict <> 'undecided' and latency_ms >= budget_ms"
    )
    assert late["count"] == 0
