"""Keys of people: for their identity, their biometrics, and what the city's gallery has of them.

Each is wrapped by the master key.

Destroying a key erases what it sealed, in every copy of the database made from then on. None is
kept in memory beyond the call that needs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence

import asyncpg
from gateway.storage.crypto import Place, Sealer
from gateway.storage.keyring import Keyring
from gateway.storage.pool import Connection

from gateway.domain.ids import PersonId

IDENTITY = "identity"
BIOMETRIC = "biometric"
CITY = "city"
"""Seals what is in the city-wide gallery."""

FIND = "select id, person, wrapped from person_key where class = $1 and person = any($2::bigint[])"
NUMBERS = "select nextval('person_key_number') as id from generate_series(1, $1)"


async def find_sealers(
    connection: Connection, keyring: Keyring, class_: str, people: Iterable[PersonId]
) -> dict[PersonId, Sealer]:
    """Return the keys of these people that exist."""
    rows = await connection.fetch(FIND, class_, list(people))
    return await asyncio.to_thread(_unwrapped, keyring, class_, rows)  # there may be thousands


async def person_sealers(
    connection: Connection, keyring: Keyring, class_: str, people: Collection[PersonId]
) -> dict[PersonId, Sealer]:
    """Return the keys of these people, made where there is none.

    The caller holds their rows locked (`lock_people`), so that nobody makes the same key.
    """
    found = await find_sealers(connection, keyring, class_, people)
    missing = [person for person in dict.fromkeys(people) if person not in found]
    if missing:
        numbers = [row["id"] for row in await connection.fetch(NUMBERS, len(missing))]
        made = []
        for number, person in zip(numbers, missing, strict=True):
            sealer, wrapped = keyring.draw(number, _place(class_, person, number))
            found[person] = sealer
            made.append((number, person, class_, wrapped))
        await connection.copy_records_to_table(
            "person_key", records=made, columns=("id", "person", "class", "wrapped")
        )
    return found


def _unwrapped(
    keyring: Keyring, class_: str, rows: Sequence[asyncpg.Record]
) -> dict[PersonId, Sealer]:
    return {
        PersonId(row["person"]): unwrapped(
            keyring, class_, row["person"], row["id"], row["wrapped"]
        )
        for row in rows
    }


def unwrapped(keyring: Keyring, class_: str, person: int, number: int, wrapped: bytes) -> Sealer:
    """Open a key as it lies in its row."""
    return keyring.unwrap(number, _place(class_, person, number), wrapped)


async def lock_people(connection: Connection, people: Iterable[PersonId]) -> set[PersonId]:
    """Keep others from changing these people until the transaction ends; return who exists.

    Always in ascending order, so that two callers wait for each other instead of deadlocking.
    """
    rows = await connection.fetch(
        "select id from person where id = any($1::bigint[]) order by id for no key update",
        list(people),
    )
    return {PersonId(row["id"]) for row in rows}


def _place(class_: str, person: int, number: int) -> Place:
    return Place(table="person_key", row=f"{person}/{class_}/{number}", column="wrapped")
