"""The city-wide gallery without a gateway: what can be decided, settled and ended all the same."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.storage.opening import Storage

from gateway.city_operations import CityOperations
from gateway.domain.city_cases import Likeness
from gateway.domain.errors import GatepostError
from tests.support.people import GIVEN, decide, id_number, make_citizen, make_projects, template
from tests.support.people_desks import OnStorage

PAPER = {"text_version": "paper", "text_digest": "00" * 32, "by": "op"}


async def refused(call: Any, **args: object) -> str:
    with pytest.raises(GatepostError) as caught:
        await call(**args)
    return caught.value.code


def test_what_compares_needs_a_gateway_and_what_decides_does_not(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        calls = CityOperations(storage, wall=lambda: GIVEN).calls()
        why = {"reason": "x", "by": "op"}
        for name, args in (("duplicates", {}), ("dispute", {"photo": ""})):
            assert await refused(calls[f"person.{name}"], **args, **why) == "city.not_running"
        assert await refused(calls["city.renew"], **why) == "city.not_running"
        assert await refused(calls["city.end"], **why) == "city.off"
        area = {"area": "990000", **PAPER}
        assert await refused(calls["city.decide"], decided_by=" ", **area) == "city.decision"
        shown = await calls["city.decide"](decided_by=" Sample office ", **area)
        assert shown["decision"]["decided_by"] == "Sample office"
        assert (shown["decision"]["noted_ms"], shown["people"]) == (GIVEN, 0)
        assert (shown["running"], shown["enabled"], shown["in_memory"]) == (False, False, None)
        assert (await calls["city.end"](**why))["decision"] is None
        actions = [line.entry.action for line in await storage.audit.latest(2)]
        assert actions == ["CITY_END", "CITY_DECIDE"]

    on_storage(test)


def test_a_reason_is_kept_without_the_number_somebody_put_into_it(on_storage: OnStorage) -> None:
    async def test(storage: Storage) -> None:
        one, _ = await make_projects(storage)
        await decide(storage)
        people = [await make_citizen(storage, one, sequence) for sequence in (1, 2)]
        for person in people:
            reference = await storage.city.reference(person)
            await storage.city.enrol([template(person, reference, b"FACE")])
        alike = Likeness(person=people[0], other=people[1], score=0.75, algorithm=1)
        (case,) = await storage.city.note([alike])
        calls = CityOperations(storage).calls()
        settled = await calls["person.settle"](
            case=case.reference, verdict="same", reason=f"paper {id_number(7)}", by="op"
        )
        assert (settled["verdict"], settled["people"]) == ("same", people)
        assert await calls["person.cases"]() == [settled]
        (line,) = await storage.audit.latest(1)
        assert line.entry.detail == f"case {case.reference}, same: paper [identity number]"
        assert line.entry.subject == f"people {people[0]} and {people[1]}"

    on_storage(test)
