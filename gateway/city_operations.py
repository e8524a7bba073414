"""What operators do with the city-wide gallery: decide on it, ask it, settle what it tells, end it.

Whoever searches a city says why, and the audit trail has it before there is an answer.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from gateway.admin import Call
from gateway.domain.city import CityDecision
from gateway.domain.city_cases import CaseVerdict
from gateway.domain.errors import GatepostError
from gateway.domain.ports import Log
from gateway.domain.redaction import redact
from gateway.people_answers import case_answer
from gateway.people_enrolment import PeopleRuntime
from gateway.protocols.clock import read_clock
from gateway.services.verify.city import City, switched_off
from gateway.storage.opening import Storage

PLACE = "city gallery"


class CityOperations:
    """The calls of ``gatepost city`` and of the searches of ``gatepost person``."""

    def __init__(
        self,
        storage: Storage,
        runtime: PeopleRuntime | None = None,
        wall: Callable[[], int] = lambda: read_clock().wall,
    ) -> None:
        """``runtime`` is None when no gateway runs."""
        self._storage = storage
        self._runtime = runtime
        self._wall = wall

    def calls(self) -> Mapping[str, Call]:
        """Return the table of calls by name."""
        return {
            "city.show": self.show,
            "city.decide": self.decide,
            "city.renew": self.renew,
            "city.end": self.end,
            "person.duplicates": self.duplicates,
            "person.cases": self.cases,
            "person.dispute": self.dispute,
            "person.settle": self.settle,
        }

    async def show(self) -> dict[str, Any]:
        """Say whether there is such a gallery, and on what it rests."""
        decision = await self._storage.city.decision()
        city = None if self._runtime is None else self._runtime.city
        return {
            "running": self._runtime is not None,
            "enabled": city is not None,
            "in_memory": None if city is None else city.memory.people,
            "people": await self._storage.city.count(),
            "decision": None
            if decision is None
            else {
                "area": decision.area,
                "text_version": decision.text_version,
                "text_sha256": decision.text_digest.hex(),
                "decided_by": decision.decided_by,
                "noted_ms": decision.noted_ms,
            },
        }

    async def decide(
        self, area: str, text_version: str, text_digest: str, decided_by: str, by: str
    ) -> dict[str, Any]:
        """Note the decision of a city that there may be such a gallery."""
        if not decided_by.strip():
            raise _refused("decision", "nobody is named who decided.", "Name the office.")
        if area not in (await self._storage.directory.load()).areas:
            raise _refused("area", "the directory has no such area.", "Import it, or correct it.")
        if await self._storage.city.decision() is not None:
            raise _refused(
                "decided", "a decision is in force already.", "See `gatepost city show`."
            )
        decision = CityDecision(
            area=area,
            text_version=text_version,
            text_digest=bytes.fromhex(text_digest),
            decided_by=decided_by.strip(),
            noted_ms=self._wall(),
        )
        await self._storage.city.decide(decision, by=by)
        self._log("decided", by)
        return await self.show()

    async def renew(self, reason: str, by: str) -> dict[str, Any]:
        """Replace the secret transform: what was stored or copied before is worthless then."""
        city = self._city()
        count = await city.renew(by=by, reason=_said(reason))
        self._log("renewed", by)
        return {"templates": count}

    async def end(self, reason: str, by: str) -> dict[str, Any]:
        """End the decision, and destroy everything of the gallery."""
        if await self._storage.city.decision() is None:
            raise switched_off()
        city = None if self._runtime is None else self._runtime.city
        if city is None:
            await self._storage.city.end(by=by, reason=_said(reason))
        else:
            await city.end(by=by, reason=_said(reason))
        self._log("ended", by)
        return await self.show()

    async def duplicates(self, reason: str, by: str) -> list[dict[str, Any]]:
        """Compare everybody with everybody; return who is alike and not settled as two people."""
        city, why = self._city(), _said(reason)
        found = await city.doubles()
        cases = self._storage.city_cases
        await cases.asked(by=by, what="CITY_DUPLICATES", reason=why, found=found)
        return [case_answer(one) for one in found]

    async def cases(self) -> list[dict[str, Any]]:
        """Return every likeness written down, settled ones too, newest first."""
        return [case_answer(one) for one in await self._storage.city_cases.all()]

    async def dispute(self, photo: str, reason: str, by: str) -> list[dict[str, Any]]:
        """Return whom the face in a photo (Base64) resembles; nobody passes by it."""
        city, why = self._city(), _said(reason)
        found = await city.look(b64decode(photo))
        cases = self._storage.city_cases
        await cases.asked(by=by, what="CITY_DISPUTE", reason=why, found=found)
        return [{"person": one.person, "score": one.score} for one in found]

    async def settle(self, case: int, verdict: str, reason: str, by: str) -> dict[str, Any]:
        """Note what somebody found out about a likeness; nothing is merged by it."""
        settled = await self._storage.city_cases.settle(
            case, CaseVerdict(verdict), by=by, reason=_said(reason)
        )
        if settled is None:
            raise _refused(
                "case_unknown",
                "there is no such case.",
                "See `gatepost person duplicates --known`.",
            )
        return case_answer(settled)

    def _city(self) -> City:
        """Return the gallery of the gateway that runs; raises GatepostError ``city.…``."""
        if self._runtime is None:
            raise _refused(
                "not_running",
                "no gateway is running, so nobody can compare.",
                "Start it with `gatepost serve`.",
            )
        if self._runtime.city is None:
            raise switched_off()
        return self._runtime.city

    def _log(self, what: str, by: str) -> None:
        if self._runtime is not None:
            log: Log = self._runtime.log
            log.warning("city.changed", what=what, by=by)


def _said(reason: str) -> str:
    """Return a reason as it may be kept; raises GatepostError ``city.reason`` for none."""
    if not reason.strip():
        raise _refused("reason", "nobody said why.", "Give --reason; the audit trail keeps it.")
    return redact(reason.strip())


def _refused(code: str, message: str, remedy: str) -> GatepostError:
    return GatepostError(f"city.{code}", message, place=PLACE, remedy=remedy)
