"""Far more pictures than the matcher can look at: every question is answered, and nothing else
suffers. No assertion here is about speed: what counts is what became of each question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from gateway.codecs.yls.registers import Result

from tests.badinput.bench import Bench
from tests.support.faces import portrait
from tests.support.gateways import Gateway, Site
from tests.support.waiting import wait_for
from tests.verification.askers import asking
from tests.verification.flooders import DOORS, Flooder, connected
from tests.verification.gates import (
    SERIAL,
    SETTINGS,
    STRANGER,
    enrol,
    granted,
    ready,
    told_number,
)

FLOODING = tuple(f"FLOOD-{number:04}" for number in range(1, 16))
MEMBERS = range(1, 4)
THREADS, WAITING = 1, 2
DECISIONS = 60
"""Decisions that are waited for while the flood goes on."""
IN_TIME = frozenset({"decided", "busy", "deadline"})
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def settings() -> str:
    return SETTINGS.replace(
        "enabled = true", f"enabled = true\nthreads = {THREADS}\nwaiting = {WAITING}"
    )


@pytest.fixture(scope="module")
def others() -> tuple[str, ...]:
    return FLOODING


@pytest.fixture(scope="module")
def members() -> Mapping[str, tuple[int, ...]]:
    return {"P1": tuple(MEMBERS)}


def pictures() -> list[bytes]:
    return [portrait(person, 5) for person in (*MEMBERS, STRANGER, STRANGER + 1)]


def heard(flooders: Sequence[Flooder]) -> Counter[str]:
    return sum((one.heard for one in flooders), Counter())


def late(flooders: Sequence[Flooder]) -> int:
    return sum(one.late for one in flooders)


def logins(flooders: Sequence[Flooder]) -> list[int]:
    return [one.told.logins for one in flooders]


def tell(flooders: Sequence[Flooder], word: Callable[[Flooder], None]) -> None:
    for one in flooders:
        one.loop.call_soon_threadsafe(word, one)


def test_tenfold_overload_is_answered_and_records_and_heartbeats_go_on(
    gateway: Gateway, site: Site, numbers: dict[int, int], tmp_path: Path
) -> None:
    assert len(FLOODING) * len(DOORS) >= 10 * (THREADS + WAITING)
    bench = Bench(gateway)
    with asking(SERIAL, site.port) as asker:
        ready(asker)
    unit = bench.unit()
    terminal = unit.login()
    with connected(FLOODING, site.port, pictures()) as flooders:
        before = logins(flooders)  # an address that dials too often at a time is hung up on first
        tell(flooders, Flooder.flood)
        beats = 0

        def enough() -> bool:
            nonlocal beats
            beats += 1
            assert terminal.beat() == Result.OK
            assert terminal.record(unit.group(beats)).holds(beats)
            return heard(flooders)["decided"] >= DECISIONS

        wait_for(enough, "decisions in the middle of it", PATIENCE_S)
        # An operator who enrols somebody meanwhile is served or told that it is busy.
        code, said = enrol(site, tmp_path, 4)
        assert code == 0 or "enrolment.busy" in said, said
        tell(flooders, Flooder.cease)
        tell(flooders, Flooder.stop_recording)

        def answered() -> bool:
            return sum(heard(flooders).values()) >= sum(one.asked for one in flooders)

        wait_for(answered, "every question is answered", PATIENCE_S)
        wait_for(lambda: all(one.settled for one in flooders), "every record is stored", PATIENCE_S)
        # What a terminal gave up was still answered; that is counted and not a question of luck.
        wait_for(lambda: heard(flooders)["no_answer"] == late(flooders), "late answers come too")
        total = heard(flooders)
        print(f"{dict(total)}, {late(flooders)} late, {beats} heartbeats")
        assert total["busy"] > 0
        assert total.keys() <= IN_TIME | {"no_answer"}
        assert set().union(*(one.let_in for one in flooders)) <= set(numbers.values())
        assert logins(flooders) == before
        assert not any(one.told.complaints for one in flooders)
    bench.assert_stored(unit)
    bench.close()
    figures = gateway.figures()
    assert figures["gatepost_verifications_open"] == 0
    assert_in_time(site)
    after_the_flood(site, numbers, tmp_path, code, said)


def assert_in_time(site: Site) -> None:
    """No gate was told a decision after its deadline."""
    (late,) = site.query(
        "select count(*) from decision where verdict <> 'undecided' and latency_ms >= budget_ms"
    )
    assert late["count"] == 0


def after_the_flood(
    site: Site, numbers: dict[int, int], folder: Path, code: int, said: str
) -> None:
    """Everybody is let in as before, and whoever was told to try again does."""
    if code:
        again, said = enrol(site, folder, 4)
        assert again == 0, said
    with asking(SERIAL, site.port) as asker:
        ready(asker)
        assert granted(asker.by_picture(portrait(1, 5)), numbers[1])
        assert granted(asker.by_picture(portrait(4, 5)), told_number(said))
