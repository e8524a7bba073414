"""The store of people: who they are (sealed), where they work, what they agreed to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import asyncpg
from gateway.storage.audit import append
from gateway.storage.city_templates import erase_city_lapsed
from gateway.storage.consents import FORGET_CAPTURED, in_force, write_consent, write_withdrawal
from gateway.storage.crypto import Place, Sealer
from gateway.storage.failures import row_refused
from gateway.storage.keyring import Keyring
from gateway.storage.months import wall_ms
from gateway.storage.person_keys import IDENTITY, find_sealers, lock_people, person_sealers
from gateway.storage.pool import Connection, Database

from gateway.domain.audit import AuditEntry
from gateway.domain.enrolments import GATEWAY, NewPerson
from gateway.domain.errors import StoreRefused
from gateway.domain.id_cards import CardDetails
from gateway.domain.identity_numbers import lookup_text, normalised
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.workers import Consent, Engagement, Person, Subject

FIND = "select id from person where lookup = $1"
# The sealed columns are empty until the key exists, inside the same transaction.
INSERT = """
insert into person (id, lookup, id_type, id_number, name, registered_ms)
values (nextval('person_number'), $1, $2, '', '', $3)
on conflict (lookup) do nothing returning id
"""
SEAL = "update person set id_number = $2, name = $3, card = $4 where id = $1"
ENGAGE = "insert into engagement (person, project, from_ms, to_ms) values ($1, $2, $3, $4)"
# One that would end as it begins never was.
VOID = "delete from engagement where person = $1 and project = $2 and from_ms = $3"
END = """
update engagement set to_ms = $3
where person = $1 and project = $2 and from_ms < $3 and (to_ms is null or to_ms > $3)
"""
ENGAGED = """
select person, project, from_ms, to_ms from engagement
where project = $1 and (to_ms is null or to_ms > $2) order by person, from_ms
"""


class PostgresWorkerStore:
    """`gateway.domain.enrolments.WorkerStore` on PostgreSQL.

    Every change leaves a line in the audit trail, in its own transaction; ``by`` says whose it is.
    """

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

    async def register(self, person: NewPerson, *, by: str = GATEWAY) -> PersonId:
        """Store a person, or find who has that identity number and bring name and card up to date.

        The number is not judged here, see `gateway.domain.identity_numbers.checked`.
        """
        lookup = await self._lookup(person.id_type, person.id_number)
        with row_refused():
            async with self._database.transaction() as connection:
                id_, fresh = await self._number(connection, lookup, person.id_type)
                done = await self._seal(connection, id_, person, fresh=fresh)
                if done:
                    await self._audit(connection, by, done, id_)
        return id_

    async def find(self, id_type: str, id_number: str) -> PersonId | None:
        """Look somebody up by identity number, through its keyed hash."""
        lookup = await self._lookup(id_type, id_number)
        async with self._database.use() as connection:
            id_ = await connection.fetchval(FIND, lookup)
        return None if id_ is None else PersonId(id_)

    async def engage(self, engagement: Engagement, *, by: str = GATEWAY) -> None:
        """Put a person on a project; raises StoreRefused when it overlaps another interval."""
        with row_refused():
            async with self._database.transaction() as connection:
                await connection.execute(
                    ENGAGE,
                    engagement.person,
                    engagement.project,
                    engagement.from_ms,
                    engagement.to_ms,
                )
                detail = f"project {engagement.project}"
                await self._audit(connection, by, "ENGAGE", engagement.person, detail)

    async def dismiss(
        self, person: PersonId, project: ProjectId, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        """End the engagement that covers ``at_ms``, and destroy the templates of that project; with
        the last engagement, those of the city-wide gallery.
        """
        async with self._database.transaction() as connection:
            await lock_people(connection, [person])
            await connection.execute(VOID, person, project, at_ms)
            await connection.execute(END, person, project, at_ms)
            gone = await connection.execute(
                "delete from template where person = $1 and project = $2", person, project
            )
            await connection.execute(
                f"{FORGET_CAPTURED} person = $1 and project = $2", person, project
            )
            left = await erase_city_lapsed(connection, at_ms, person)
            detail = f"project {project}, {gone.split()[-1]} templates destroyed"
            if left:
                detail += f", and {len(left)} of the city, where nothing else keeps them"
            await self._audit(connection, by, "DISMISS", person, detail)

    async def consent(self, consent: Consent, *, by: str = GATEWAY) -> None:
        """Write a consent into the ledger; the same one twice is one."""
        with row_refused():
            async with self._database.transaction() as connection:
                if await write_consent(connection, consent):
                    detail = consent.subject.value
                    await self._audit(connection, by, "CONSENT", consent.person, detail)

    async def withdraw(
        self, person: PersonId, subject: Subject, at_ms: int, *, by: str = GATEWAY
    ) -> None:
        """Withdraw a consent; of BIO_NETWORK, destroy every template and photo of the person."""
        async with self._database.transaction() as connection:
            await lock_people(connection, [person])
            destroyed = await write_withdrawal(connection, person, subject, at_ms)
            await self._audit(connection, by, "WITHDRAW", person, f"{subject.value}{destroyed}")

    async def people(self, project: ProjectId) -> tuple[Sequence[Person], Sequence[Engagement]]:
        """Return everybody engaged on a project now or later, with consents in force."""
        now_ms = self._wall()
        async with self._database.transaction() as connection:
            await connection.execute("set transaction isolation level repeatable read read only")
            engagements = [
                engagement_of(row) for row in await connection.fetch(ENGAGED, project, now_ms)
            ]
            engaged = dict.fromkeys(one.person for one in engagements)
            agreed = await in_force(connection, engaged, now_ms)
        return [Person(id=one, agreed=agreed[one]) for one in engaged], engagements

    async def _number(
        self, connection: Connection, lookup: bytes, id_type: str
    ) -> tuple[PersonId, bool]:
        """Return whose hash this is, and whether that was nobody's until now.

        Looked for first: an insert that meets a conflict would use up a number each time.
        """
        id_ = await connection.fetchval(FIND, lookup)
        if id_ is not None:
            return PersonId(id_), False
        id_ = await connection.fetchval(INSERT, lookup, id_type, self._wall())
        if id_ is not None:
            return PersonId(id_), True
        return PersonId(await connection.fetchval(FIND, lookup)), False  # another one was faster

    async def _lookup(self, id_type: str, id_number: str) -> bytes:
        hasher = await self._keyring.hasher()
        return hasher.digest(lookup_text(id_type, id_number))

    async def _seal(
        self, connection: Connection, id_: PersonId, person: NewPerson, *, fresh: bool
    ) -> str:
        """Seal who a new person is, or one whose name or card is another now.

        Returns what the audit trail calls that, empty where nothing was new.
        """
        await lock_people(connection, [id_])
        card, done = person.card, "PERSON_ADD"
        if fresh:
            sealer = (await person_sealers(connection, self._keyring, IDENTITY, [id_]))[id_]
        else:
            found = await find_sealers(connection, self._keyring, IDENTITY, [id_])
            if id_ not in found:
                raise StoreRefused("this identity was erased on purpose.", place=f"person {id_}")
            sealer = found[id_]
            old = await connection.fetchrow("select name, card from person where id = $1", id_)
            assert old is not None
            before = opened_card(id_, old["card"], sealer)
            card = before if card is None else card.over(before)
            renamed = sealer.open(name_place(id_), old["name"]).decode() != person.name
            if not renamed and card == before:
                return ""
            done = "PERSON_RENAME" if renamed else "PERSON_CARD"
        number = normalised(person.id_number).encode()
        await connection.execute(
            SEAL,
            id_,
            sealer.seal(number_place(id_), number),
            sealer.seal(name_place(id_), person.name.encode()),
            sealed_card(id_, card, sealer),
        )
        return done

    async def _audit(
        self, connection: Connection, by: str, action: str, person: PersonId, detail: str = ""
    ) -> None:
        subject = f"person {person}"
        await append(
            connection,
            AuditEntry(at_ms=self._wall(), actor=by, action=action, subject=subject, detail=detail),
        )


def number_place(person: int) -> Place:
    """Where an identity number lies."""
    return Place(table="person", row=person, column="id_number")


def name_place(person: int) -> Place:
    """Where a name lies."""
    return Place(table="person", row=person, column="name")


def card_place(person: int) -> Place:
    """Where lies what else a card says."""
    return Place(table="person", row=person, column="card")


def sealed_card(person: int, card: CardDetails | None, sealer: Sealer) -> bytes | None:
    """Seal what else a card says."""
    if card is None:
        return None
    return sealer.seal(card_place(person), json.dumps(card.words()).encode())


def opened_card(person: int, sealed: bytes | None, sealer: Sealer) -> CardDetails | None:
    """Open what else a card says; None where nobody said anything."""
    if sealed is None:
        return None
    return CardDetails(**json.loads(sealer.open(card_place(person), sealed)))


def opened_identity(row: asyncpg.Record, sealer: Sealer) -> tuple[str, str]:
    """Open number and name of a row of ``person``."""
    number = sealer.open(number_place(row["id"]), row["id_number"])
    return number.decode(), sealer.open(name_place(row["id"]), row["name"]).decode()


def engagement_of(row: asyncpg.Record) -> Engagement:
    """Read a row of ``engagement``."""
    return Engagement(
        person=PersonId(row["person"]),
        project=ProjectId(row["project"]),
        from_ms=row["from_ms"],
        to_ms=row["to_ms"],
    )
