"""What a gateway holds, as evidence for or against what terminals with and without numbers sent."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.simulator.ledger import Ledger, from_json
from gateway.simulator.proofs import evidence, holdings
from gateway.simulator.verdict import Promise, Verdict, judge

OLD, FIRST, SECOND, FOREIGN = "00" * 32, "01" * 32, "02" * 32, "ff" * 32


def held(*names: str) -> Any:
    async def call(name: str, **args: object) -> Any:
        rows = {"passages": len(names), "faults": 0, "quarantined": 0, "rejected": 0}
        return {
            "device.list": [{"serial": "SIM-1"}],
            "device.show": {"stored": rows},
            "proof.numbers": {"numbers": [], "pictures": []},
            "proof.names": list(names),
        }[name]

    return call


def verdict(*names: str) -> Verdict:
    """Judge a terminal that sent two records by what is held after a run; OLD was there before."""
    book = Ledger(serial="SIM-1", series=7, named=True)
    for number, name in enumerate((FIRST, SECOND), 1):
        book.note(number, bytes.fromhex(name))
        book.acknowledge(7, number)

    async def run() -> Verdict:
        before = await holdings(held(OLD), {"SIM-1": True})
        return judge([book], await evidence(held(OLD, *names), [book], before))

    return asyncio.run(run())


def test_records_are_found_by_their_names_and_those_of_earlier_runs_do_not_count() -> None:
    assert verdict(FIRST, SECOND).kept


def test_a_name_that_is_missing_and_one_that_nobody_sent_are_told() -> None:
    broken = verdict(SECOND, FOREIGN).violations
    assert [one.promise for one in broken] == [Promise.ACKNOWLEDGED_MISSING, Promise.NEVER_SENT]
    assert broken[0].examples == ("1",)


def test_names_survive_the_pipe_between_processes() -> None:
    book = Ledger(serial="SIM-1", series=7, named=True)
    book.note(1, bytes.fromhex(FIRST))
    assert from_json(book.as_json()).names == [FIRST]
