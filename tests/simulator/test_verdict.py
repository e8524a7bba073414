from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.simulator.ledger import Ledger
from gateway.simulator.verdict import Evidence, Promise, Share, judge

SERIES = 7


def book(recorded: int = 4, told: tuple[int, ...] = (1, 2, 3, 4)) -> Ledger:
    ledger = Ledger(serial="SIM-1", series=SERIES, recorded=recorded)
    for number in told:
        ledger.acknowledge(SERIES, number)
    ledger.pictures = {2: "aa", 3: "bb"}
    ledger.delivered = {2, 3}
    ledger.faults = 1
    return ledger


WHOLE = Evidence(
    numbers=frozenset({1, 2, 3, 4}), passages=3, faults=1, pictures=frozenset({"aa", "bb"})
)


def test_a_run_in_which_everything_arrived_keeps_every_promise() -> None:
    verdict = judge([book()], {"SIM-1": WHOLE})
    assert verdict.kept
    assert (verdict.recorded, verdict.acknowledged, verdict.stored) == (4, 4, 4)
    assert (verdict.lost, verdict.doubled) == (0, 0)


def test_what_became_of_it_is_told_by_protocol() -> None:
    ours, theirs = book(), book(recorded=4, told=(1, 2))
    ours.dialect, theirs.dialect, theirs.serial = "yls", "hikvision", "SIM-2"
    verdict = judge([ours, theirs], {"SIM-1": WHOLE, "SIM-2": replace(WHOLE, passages=1)})
    assert verdict.dialects == {
        "hikvision": Share(terminals=1, recorded=4, acknowledged=2, stored=2),
        "yls": Share(terminals=1, recorded=4, acknowledged=4, stored=4),
    }


@pytest.mark.parametrize(
    ("held", "promise", "count"),
    [
        (replace(WHOLE, numbers=frozenset({1, 2, 4}), passages=2), "ACKNOWLEDGED_MISSING", 1),
        (replace(WHOLE, passages=5), "STORED_TWICE", 2),
        (replace(WHOLE, passages=2), "HOLLOW", 1),
        (replace(WHOLE, numbers=frozenset(range(1, 6)), passages=4), "NEVER_SENT", 1),
        (replace(WHOLE, passages=4, faults=0), "MISFILED", 1),
        (replace(WHOLE, quarantined=1), "SET_ASIDE", 1),
        (replace(WHOLE, pictures=frozenset({"aa"})), "PICTURE_MISSING", 1),
        (replace(WHOLE, pictures=frozenset({"aa", "bb", "cc"})), "PICTURE_NEVER_SENT", 1),
    ],
)
def test_each_broken_promise_is_named_and_counted(held: Evidence, promise: str, count: int) -> None:
    verdict = judge([book()], {"SIM-1": held})
    assert [(v.promise, v.count) for v in verdict.violations] == [(Promise[promise], count)]
    assert not verdict.kept


def test_what_was_sent_but_never_told_is_judged_by_whether_it_is_there() -> None:
    stored = judge([book(told=(1, 2, 3))], {"SIM-1": WHOLE})
    assert [v.promise for v in stored.violations] == [Promise.UNACKNOWLEDGED]
    gone = replace(WHOLE, numbers=frozenset({1, 2, 3}), passages=2)
    missing = judge([book(told=(1, 2, 3))], {"SIM-1": gone})
    assert [v.promise for v in missing.violations] == [Promise.UNSTORED]


def test_a_terminal_the_store_knows_nothing_of_has_lost_everything() -> None:
    verdict = judge([book()], {})
    assert verdict.count(Promise.ACKNOWLEDGED_MISSING) == 4
    assert verdict.count(Promise.PICTURE_MISSING) == 2


def test_an_acknowledgement_of_another_series_is_not_counted() -> None:
    ledger = Ledger(serial="SIM-1", series=SERIES, recorded=1)
    assert not ledger.acknowledge(SERIES + 1, 1)
    assert ledger.acknowledge(SERIES, 1)
    assert not ledger.acknowledge(SERIES, 1)
    assert ledger.acknowledged == 1
