"""Likenesses in the city-wide gallery: written down, settled by operators, and who asked for them.

Raises StoreUnavailable where the database cannot be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import asyncpg
from gateway.storage.audit import append
from gateway.storage.months import wall_ms
from gateway.storage.pool import Connection, Database

from gateway.domain.audit import AuditEntry
from gateway.domain.city_cases import CaseVerdict, CityCandidate, CityCase, Likeness
from gateway.domain.ids import PersonId

NOTE = """
insert into city_double (person, other, score, algorithm, found_ms)
select $1, $2, $3, $4, $5
where exists (select from city_template where person = $1)
and exists (select from city_template where person = $2)
on conflict (person, other) do update set score = excluded.score, algorithm = excluded.algorithm
returning *
"""
SETTLE = """
update city_double set verdict = $2, settled_ms = $3, settled_by = $4, reason = $5
where id = $1 returning *
"""


async def note_doubles(
    connection: Connection, found: Sequence[Likeness], now_ms: int
) -> list[CityCase]:
    """Write down who is alike, in a transaction that holds their rows locked."""
    cases = []
    for one in found:
        first, second = sorted((one.person, one.other))
        values = (first, second, one.score, one.algorithm, now_ms)
        row = await connection.fetchrow(NOTE, *values)
        if row is not None:
            cases.append(_case(row))
    return cases


class CityCases:
    """What operators ask and decide."""

    def __init__(self, database: Database, *, wall: Callable[[], int] = wall_ms) -> None:
        self._database = database
        self._wall = wall

    async def all(self) -> list[CityCase]:
        """Return every case, newest first."""
        async with self._database.use() as connection:
            return list(
                map(_case, await connection.fetch("select * from city_double order by -id"))
            )

    async def settle(
        self, reference: int, verdict: CaseVerdict, *, by: str, reason: str
    ) -> CityCase | None:
        """Note what an operator found out; None where there is no such case."""
        async with self._database.transaction() as connection:
            now_ms = self._wall()
            row = await connection.fetchrow(SETTLE, reference, verdict.value, now_ms, by, reason)
            if row is None:
                return None
            case = _case(row)
            subject = f"people {case.person} and {case.other}"
            detail = f"case {reference}, {verdict.value}: {reason}"
            await self._audit(connection, by, "CITY_SETTLE", subject, detail)
        return case

    async def asked(
        self,
        *,
        by: str,
        what: str,
        reason: str,
        found: Sequence[CityCandidate] | Sequence[CityCase],
    ) -> None:
        """Write down that somebody searched the city, and whom they were told of.

        Called before they are told: an answer nobody can account for is none.
        """
        told = ", ".join(map(_told, found)) or "nobody"
        async with self._database.transaction() as connection:
            detail = f"{reason}; told of {told}"
            await self._audit(connection, by, what, "city gallery", detail)

    async def _audit(
        self, connection: Connection, by: str, action: str, subject: str, detail: str
    ) -> None:
        at_ms = self._wall()
        entry = AuditEntry(at_ms=at_ms, actor=by, action=action, subject=subject, detail=detail)
        await append(connection, entry)


def _told(one: CityCandidate | CityCase) -> str:
    who = f"{one.person}" if isinstance(one, CityCandidate) else f"{one.person}/{one.other}"
    return f"{who} ({one.score:.3f})"


def _case(row: asyncpg.Record) -> CityCase:
    return CityCase(
        reference=row["id"],
        person=PersonId(row["person"]),
        other=PersonId(row["other"]),
        score=row["score"],
        found_ms=row["found_ms"],
        verdict=None if row["verdict"] is None else CaseVerdict(row["verdict"]),
    )
