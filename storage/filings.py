"""Counts the people whose faces are stored, and keeps the duty to file (R-172)."""

from __future__ import annotations

from collections.abc import Callable

from gateway.storage.audit import append
from gateway.storage.months import wall_ms
from gateway.storage.pool import Connection, Database, Turn

from gateway.domain.audit import AuditEntry
from gateway.domain.enrolments import GATEWAY
from gateway.domain.filings import Filing

# A union of distinct people: whoever is in several galleries, or has a photo as well, is one.
PEOPLE = """
select count(*) from (
    select person from template where trait = 'face'
    union select person from city_template where trait = 'face'
    union select person from enrolment_photo where source not in ('iris_left', 'iris_right')
    union select person from local_enrolment where state = 'waiting' and faces > 0
) as stored
"""
BEGIN = "insert into face_filing (people, reached_ms) values ($1, $2) on conflict do nothing"
FILED = """
update face_filing set filed_ms = $1, filed_by = $2, filed_as = $3 where filed_ms is null
"""


class FilingStore:
    """`gateway.domain.filings.FilingStore` on PostgreSQL."""

    def __init__(self, database: Database, *, wall: Callable[[], int] = wall_ms) -> None:
        self._database = database
        self._wall = wall

    async def people(self) -> int:
        """Count people of whom a face is stored, as a template, capture or photo, each once."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            return int(await connection.fetchval(PEOPLE))

    async def filing(self) -> Filing | None:
        """Return the duty, None where it never began."""
        async with self._database.use() as connection:
            row = await connection.fetchrow("select * from face_filing")
        if row is None:
            return None
        return Filing(
            people=row["people"],
            reached_ms=row["reached_ms"],
            filed_ms=row["filed_ms"],
            filed_as=row["filed_as"] or "",
        )

    async def begin(self, people: int, at_ms: int) -> bool:
        """Note that the duty begins; False where it has begun already."""
        async with self._database.transaction() as connection:
            if await connection.execute(BEGIN, people, at_ms) == "INSERT 0 0":
                return False
            await self._audit(connection, GATEWAY, "FILING_DUE", f"{people} people")
        return True

    async def filed(self, *, by: str, filed_as: str, at_ms: int) -> bool:
        """Note that it was done; False where there is nothing to file, or it was done already."""
        async with self._database.transaction() as connection:
            if await connection.execute(FILED, at_ms, by, filed_as) == "UPDATE 0":
                return False
            await self._audit(connection, by, "FILING_DONE", filed_as)
        return True

    async def _audit(self, connection: Connection, by: str, action: str, detail: str) -> None:
        at_ms, subject = self._wall(), "people whose faces are stored"
        entry = AuditEntry(at_ms=at_ms, actor=by, action=action, subject=subject, detail=detail)
        await append(connection, entry)
