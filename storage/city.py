"""The city-wide gallery at rest: the decision it rests on, its secret and its templates."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from gateway.storage.audit import append
from gateway.storage.city_cases import note_doubles
from gateway.storage.city_templates import (
    CITY_SHELF,
    MEMBERS,
    city_templates_of,
    delete_replaced_in_city,
    erase_city_lapsed,
    may_have_city,
    write_city_templates,
)
from gateway.storage.crypto import Place
from gateway.storage.failures import row_refused
from gateway.storage.keyring import GALLERY, Keyring
from gateway.storage.months import wall_ms
from gateway.storage.person_keys import lock_people
from gateway.storage.pool import SLOW_LIMIT_S, Connection, Database, Turn
from gateway.storage.streaming import rows_of
from gateway.storage.templates import opened

from gateway.domain.audit import AuditEntry
from gateway.domain.city import CityDecision
from gateway.domain.city_cases import CityCase, Likeness
from gateway.domain.enrolments import GATEWAY, Enrolled
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import PersonId
from gateway.domain.matching import Reference

SECRET_BYTES = 32
BATCH = 1_000
"""Templates opened at a time: some milliseconds in a thread of their own."""
SUBJECT = "city gallery"
DECISION = "select * from city_decision where ended_ms is null"
DECIDE = """
insert into city_decision (area, text_version, text_digest, decided_by, noted_ms)
values ($1, $2, $3, $4, $5)
"""
NEW = "insert into city_gallery (key, secret) values ($1, $2) on conflict do nothing"
RENEW = """
insert into city_gallery (key, secret) values ($1, $2) on conflict (id) do update
set key = excluded.key, secret = excluded.secret, version = city_gallery.version + 1
"""
NEW_REFERENCE = "insert into city_reference (reference, person) values ($1, $2)"
END = (
    "delete from city_template",
    "delete from city_double",
    "delete from city_gallery",
    "delete from person_key where class = 'city'",
    "update city_decision set ended_ms = greatest(noted_ms, $1) where ended_ms is null",
)
PLACE = Place(table="city_gallery", row=1, column="secret")


class PostgresCityStore:
    """`gateway.domain.city.CityStore` on PostgreSQL.

    Every change that an operator or the passing of time makes leaves a line in the audit trail, in
    its own transaction.
    """

    def __init__(
        self, database: Database, keyring: Keyring, *, wall: Callable[[], int] = wall_ms
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wall = wall

    async def decision(self) -> CityDecision | None:
        """Return the decision in force."""
        async with self._database.use() as connection:
            row = await connection.fetchrow(DECISION)
        if row is None:
            return None
        return CityDecision(
            area=row["area"],
            text_version=row["text_version"],
            text_digest=row["text_digest"],
            decided_by=row["decided_by"],
            noted_ms=row["noted_ms"],
        )

    async def decide(self, decision: CityDecision, *, by: str) -> None:
        """Note a decision; raises StoreRefused while another is in force, or without its area."""
        with row_refused():
            async with self._database.transaction() as connection:
                await connection.execute("lock table city_decision in exclusive mode")
                if await connection.fetchrow(DECISION) is not None:
                    raise StoreRefused("a decision is in force already.", place=SUBJECT)
                await connection.execute(
                    DECIDE,
                    decision.area,
                    decision.text_version,
                    decision.text_digest,
                    decision.decided_by,
                    decision.noted_ms,
                )
                detail = (
                    f"area {decision.area}, {decision.text_version}, "
                    f"decided by {decision.decided_by}"
                )
                await self._audit(connection, by, "CITY_DECIDE", detail)

    async def end(self, *, by: str = GATEWAY, reason: str = "") -> None:
        """End the decision, and destroy secret, templates, keys and cases."""
        async with self._database.transaction(SLOW_LIMIT_S, turn=Turn.SLOW) as connection:
            # Nobody adds a template to what is being destroyed.
            await connection.execute("lock table city_decision in exclusive mode")
            gone, *others = END
            count = (await connection.execute(gone)).split()[-1]
            for statement in others[:-1]:
                await connection.execute(statement)
            await connection.execute(others[-1], self._wall())
            detail = f"{count} templates destroyed: {reason}"
            await self._audit(connection, by, "CITY_END", detail)

    async def secret(self) -> bytes:
        """Return the 32 secret bytes of the gallery's transform, drawn at the first call."""
        sealer = await self._keyring.sealer(GALLERY, self._wall())
        async with self._database.transaction() as connection:
            await _check_decision(connection)
            drawn = sealer.seal(PLACE, secrets.token_bytes(SECRET_BYTES))
            await connection.execute(NEW, sealer.name, drawn)
            row = await connection.fetchrow("select key, secret from city_gallery")
            assert row is not None
            opener = await self._keyring.opener(connection, row["key"])
        return opener.open(PLACE, row["secret"])

    async def reference(self, person: PersonId) -> Reference:
        """Return what stands for a person in this gallery, drawn at the first call."""
        with row_refused():
            async with self._database.use() as connection:
                find = "select reference from city_reference where person = $1"
                while True:  # one that is taken, by whomever, is never given again
                    found = await connection.fetchval(find, person)
                    if found is not None:
                        return Reference(found)
                    new = f"{NEW_REFERENCE} on conflict do nothing"
                    await connection.execute(new, secrets.randbits(63), person)

    async def may_have(self, person: PersonId) -> bool:
        """Say whether somebody agreed to this gallery and works where templates are kept."""
        async with self._database.use() as connection:
            return person in await may_have_city(connection, [person], self._wall())

    async def held(self, person: PersonId) -> Sequence[Enrolled]:
        """Return every template a person has here."""
        async with self._database.use() as connection:
            return await city_templates_of(connection, self._keyring, [person])

    async def enrol(self, entries: Sequence[Enrolled]) -> Sequence[Enrolled]:
        """Store templates, all or none; returns all that these people have now.

        Raises StoreRefused without a decision, and for a person who did not agree or works nowhere
        where templates are kept.
        """
        people = list(dict.fromkeys(one.person for one in entries))
        with row_refused():
            async with self._database.transaction() as connection:
                await _check_decision(connection)
                await lock_people(connection, people)
                allowed = await may_have_city(connection, people, self._wall())
                for person in people:
                    if person not in allowed:
                        raise StoreRefused(
                            "without consent to the city-wide gallery there is no template in it.",
                            place=f"person {person}",
                        )
                await delete_replaced_in_city(connection, entries)
                others = await city_templates_of(connection, self._keyring, people)
                await write_city_templates(connection, self._keyring, entries, self._wall())
        return [*others, *entries]

    async def count(self) -> int:
        """Return how many people have a template here."""
        async with self._database.use(turn=Turn.SLOW) as connection:
            found = await connection.fetchval("select count(distinct person) from city_template")
        return int(found)

    async def members(self) -> AsyncGenerator[Sequence[Enrolled], None]:
        """Stream every template in batches, as of one moment."""
        async with aclosing(rows_of(self._database, MEMBERS, batch=BATCH)) as batches:
            async for rows in batches:
                yield await asyncio.to_thread(opened, self._keyring, rows, CITY_SHELF)

    async def renew(
        self, secret: bytes, entries: Sequence[Enrolled], *, by: str = GATEWAY, reason: str = ""
    ) -> None:
        """Replace the secret and every template in one transaction (revocation).

        Entries of people who withdrew or left since they were read are left out.
        """
        sealer = await self._keyring.sealer(GALLERY, self._wall())
        people = list(dict.fromkeys(one.person for one in entries))
        with row_refused():
            async with self._database.transaction(SLOW_LIMIT_S, turn=Turn.SLOW) as connection:
                await _check_decision(connection)
                await lock_people(connection, people)
                allowed = await may_have_city(connection, people, self._wall())
                await connection.execute(RENEW, sealer.name, sealer.seal(PLACE, secret))
                await connection.execute("delete from city_template")
                kept = [one for one in entries if one.person in allowed]
                await write_city_templates(connection, self._keyring, kept, self._wall())
                await self._audit(connection, by, "CITY_RENEW", f"{len(kept)} templates: {reason}")

    async def note(self, found: Sequence[Likeness]) -> Sequence[CityCase]:
        """Write down who is alike; pairs one of whom has no template any more are left out."""
        async with self._database.transaction() as connection:
            await lock_people(connection, {p for one in found for p in (one.person, one.other)})
            return await note_doubles(connection, found, self._wall())

    async def erase_lapsed(self, ended_ms: int) -> set[PersonId]:
        """Destroy templates of people whose last engagement ended before; return whose."""
        async with self._database.transaction(turn=Turn.SLOW) as connection:
            gone = await erase_city_lapsed(connection, ended_ms)
            if gone:
                detail = f"{len(gone)} templates of people who left destroyed"
                await self._audit(connection, GATEWAY, "TEMPLATES_ERASE", detail)
        return set(gone)

    async def _audit(self, connection: Connection, by: str, action: str, detail: str) -> None:
        at_ms = self._wall()
        entry = AuditEntry(at_ms=at_ms, actor=by, action=action, subject=SUBJECT, detail=detail)
        await append(connection, entry)


async def _check_decision(connection: Connection) -> None:
    """Keep the decision from being ended until the transaction is; raises StoreRefused."""
    if await connection.fetchrow(f"{DECISION} for share") is None:
        raise StoreRefused("nobody decided that there is a city-wide gallery.", place=SUBJECT)
