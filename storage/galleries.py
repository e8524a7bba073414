"""The galleries of the projects: secrets, references and templates, streamed whole at a start."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from gateway.storage.audit import append
from gateway.storage.crypto import Place
from gateway.storage.failures import row_refused
from gateway.storage.keyring import GALLERY, Keyring
from gateway.storage.months import wall_ms
from gateway.storage.person_keys import lock_people
from gateway.storage.pool import SLOW_LIMIT_S, Connection, Database, Turn
from gateway.storage.streaming import rows_of
from gateway.storage.templates import (
    MEMBERS,
    OTHERS,
    delete_replaced,
    opened,
    who_may_have,
    write_templates,
)

from gateway.domain.audit import AuditEntry
from gateway.domain.enrolments import GATEWAY, Enrolled
from gateway.domain.errors import StoreRefused
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import Reference

SECRET_BYTES = 32
BATCH = 1_000
"""Templates opened at a time: some milliseconds in a thread of their own."""
KEEPS_TEMPLATES = """
select verification_mode <> 'device_only' from project where id = $1 for share
"""
NEW_GALLERY = """
insert into gallery (project, key, secret) values ($1, $2, $3) on conflict do nothing
"""
RENEW = """
insert into gallery (project, key, secret) values ($1, $2, $3)
on conflict (project) do update
set key = excluded.key, secret = excluded.secret, version = gallery.version + 1
"""
FIND_REFERENCE = "select reference from gallery_reference where project = $1 and person = $2"
NEW_REFERENCE = """
insert into gallery_reference (reference, project, person) values ($1, $2, $3)
on conflict do nothing
"""
# Who left, and when the last of the engagements ended; nobody who comes back later.
LAPSED = """
delete from template t where not exists (
    select from engagement e where e.project = t.project and e.person = t.person
    and (e.to_ms is null or e.to_ms > $1)
) returning project, person
"""


class PostgresGalleryStore:
    """`gateway.domain.enrolments.GalleryStore` on PostgreSQL."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        wall: Callable[[], int] = wall_ms,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._wall = wall

    async def secret(self, project: ProjectId) -> bytes:
        """Return the 32 secret bytes of the gallery's transform, drawn at the first call."""
        sealer = await self._keyring.sealer(GALLERY, self._wall())
        with row_refused():
            async with self._database.use() as connection:
                drawn = sealer.seal(secret_place(project), secrets.token_bytes(SECRET_BYTES))
                await connection.execute(NEW_GALLERY, project, sealer.name, drawn)
                row = await connection.fetchrow(
                    "select key, secret from gallery where project = $1", project
                )
                assert row is not None
                opener = await self._keyring.opener(connection, row["key"])
        return opener.open(secret_place(project), row["secret"])

    async def reference(self, project: ProjectId, person: PersonId) -> Reference:
        """Return what stands for a person in this gallery, drawn at the first call."""
        with row_refused():
            async with self._database.use() as connection:
                while True:  # one that is taken, by whomever, is never given again
                    found = await connection.fetchval(FIND_REFERENCE, project, person)
                    if found is not None:
                        return Reference(found)
                    drawn = secrets.randbits(63)
                    await connection.execute(NEW_REFERENCE, drawn, project, person)

    async def enrol(self, project: ProjectId, entries: Sequence[Enrolled]) -> Sequence[Enrolled]:
        """Store templates, all or none; see the port.

        Raises StoreRefused for a person without consent or engagement, and on a project that
        leaves verification to its terminals: decided in the transaction, so that nobody who
        withdraws meanwhile gets a template.
        """
        with row_refused():
            async with self._database.transaction() as connection:
                return await enrol_in(connection, self._keyring, project, entries, self._wall())

    async def remove(self, project: ProjectId, person: PersonId) -> int:
        """Destroy a person's templates in this gallery; return how many there were."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                "delete from template where project = $1 and person = $2", project, person
            )
            count = int(done.split()[-1])
            if count:
                await self._erased(connection, f"person {person}", f"project {project}, {count}")
        return count

    async def members(self, project: ProjectId) -> AsyncGenerator[Sequence[Enrolled], None]:
        """Stream every template of a gallery in batches, as of one moment."""
        async with aclosing(rows_of(self._database, MEMBERS, project, batch=BATCH)) as batches:
            async for rows in batches:
                yield await asyncio.to_thread(opened, self._keyring, rows)

    async def renew(self, project: ProjectId, secret: bytes, entries: Sequence[Enrolled]) -> None:
        """Replace the secret and every template of a gallery in one transaction (revocation).

        Entries of people who withdrew or left since they were read are left out: what is destroyed
        must not come back.
        """
        sealer = await self._keyring.sealer(GALLERY, self._wall())
        people = list(dict.fromkeys(one.person for one in entries))
        with row_refused():
            async with self._database.transaction(SLOW_LIMIT_S, turn=Turn.SLOW) as connection:
                await check_mode(connection, project)
                await lock_people(connection, people)
                allowed = await who_may_have(connection, project, people, self._wall())
                sealed = sealer.seal(secret_place(project), secret)
                await connection.execute(RENEW, project, sealer.name, sealed)
                await connection.execute("delete from template where project = $1", project)
                kept = [one for one in entries if one.person in allowed]
                await write_templates(connection, self._keyring, project, kept, self._wall())

    async def erase_lapsed(self, ended_ms: int) -> set[tuple[ProjectId, PersonId]]:
        """Destroy templates of people whose last engagement ended before; return whose."""
        async with self._database.transaction(turn=Turn.SLOW) as connection:
            rows = await connection.fetch(LAPSED, ended_ms)
            if rows:
                await self._erased(connection, "people who left", str(len(rows)))
        return {(ProjectId(row["project"]), PersonId(row["person"])) for row in rows}

    async def _erased(self, connection: Connection, subject: str, what: str) -> None:
        entry = AuditEntry(
            at_ms=self._wall(),
            actor=GATEWAY,
            action="TEMPLATES_ERASE",
            subject=subject,
            detail=f"{what} templates destroyed",
        )
        await append(connection, entry)


def secret_place(project: int) -> Place:
    """Where the secret of a gallery lies."""
    return Place(table="gallery", row=project, column="secret")


async def enrol_in(
    connection: Connection,
    keyring: Keyring,
    project: ProjectId,
    entries: Sequence[Enrolled],
    now_ms: int,
) -> Sequence[Enrolled]:
    """See `PostgresGalleryStore.enrol`; inside the caller's transaction."""
    people = list(dict.fromkeys(one.person for one in entries))
    await lock_permitted(connection, project, people, now_ms)
    await delete_replaced(connection, project, entries)
    others = await connection.fetch(OTHERS, project, people)
    await write_templates(connection, keyring, project, entries, now_ms)
    return [*await asyncio.to_thread(opened, keyring, others), *entries]


async def lock_permitted(
    connection: Connection, project: ProjectId, people: Sequence[PersonId], now_ms: int
) -> None:
    """Keep the project's mode and these people as they are until the transaction ends.

    Raises StoreRefused where nothing biometric of one of them may be kept on this project.
    """
    await check_mode(connection, project)
    await lock_people(connection, people)
    allowed = await who_may_have(connection, project, people, now_ms)
    for person in people:
        if person not in allowed:
            raise StoreRefused(
                "without consent to it or an engagement there is no template.",
                place=f"person {person}",
            )


async def check_mode(connection: Connection, project: ProjectId) -> None:
    """Lock the project's mode until the transaction ends."""
    if not await connection.fetchval(KEEPS_TEMPLATES, project):
        raise StoreRefused(
            "the project leaves verification to its terminals, so it keeps no template.",
            place=f"project {project}",
        )
