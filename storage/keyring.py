"""Data keys: one per class and month, kept wrapped in the database and open in memory.

Keys of people lie elsewhere (`gateway.storage.person_keys`) and are never kept in memory, so that
a destroyed one is gone; they are only wrapped and unwrapped here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.storage.crypto import (
    KEY_BYTES,
    Hasher,
    MasterKey,
    Place,
    Sealer,
    make_master_key,
    read_master_key,
)
from gateway.storage.months import month_of
from gateway.storage.pool import Connection, Database, Turn

from gateway.domain.errors import GatepostError

PICTURE = "picture"
RAW = "raw"
DEVICE = "device"
CAPTURE = "capture"
GALLERY = "gallery"
LOOKUP = "lookup"
ONCE = 0
"""Stands for the month of a key that is made once and for all time."""


class Keyring:
    """Hands out the key to seal with now, and any key to open with."""

    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self._master = master
        self._current: dict[tuple[str, int], Sealer] = {}
        self._by_id: dict[int, Sealer] = {}
        self._hasher: Hasher | None = None

    async def sealer(self, class_: str, at_ms: int) -> Sealer:
        """Return the key of ``class_`` for the month of ``at_ms``, made when it is the first.

        Takes a connection of its own the first time: call it outside any transaction.
        """
        month = month_of(at_ms)
        found = self._current.get((class_, month))
        if found is None:
            async with self._database.use(turn=Turn.RECORDS) as connection:
                found = Sealer(*await self._make_or_load(connection, class_, month))
            self._by_id[int(found.name)] = found
            self._current[class_, month] = found
        return found

    async def opener(self, connection: Connection, key: int) -> Sealer:
        """Return the key with id ``key``; raises GatepostError ``key.destroyed`` without it."""
        if key not in self._by_id:
            row = await connection.fetchrow(
                "select class, month, wrapped from data_key where id = $1", key
            )
            if row is None:
                raise GatepostError(
                    "key.destroyed",
                    "the data key no longer exists: what it sealed was erased on purpose.",
                    place=f"data_key {key}",
                )
            place = _place(row["class"], row["month"])
            self._by_id[key] = self.unwrap(key, place, row["wrapped"])
        return self._by_id[key]

    async def hasher(self) -> Hasher:
        """Return the key by which identity numbers are looked up.

        Takes a connection of its own the first time: call it outside any transaction.
        """
        if self._hasher is None:
            async with self._database.use() as connection:
                _, plain = await self._make_or_load(connection, LOOKUP, ONCE)
            self._hasher = Hasher(plain)
        return self._hasher

    def draw(self, name: int, place: Place) -> tuple[Sealer, bytes]:
        """Make a key that lies at ``place``; return it and its wrapped form."""
        plain = secrets.token_bytes(KEY_BYTES)
        return Sealer(name, plain), self._master.wrap(place, plain)

    def unwrap(self, name: int, place: Place, wrapped: bytes) -> Sealer:
        """Return a key that was drawn; raises GatepostError ``key.mismatch``."""
        return Sealer(name, self._master.unwrap(place, wrapped))

    async def _make_or_load(
        self, connection: Connection, class_: str, month: int
    ) -> tuple[int, bytes]:
        wrapped = self._master.wrap(_place(class_, month), secrets.token_bytes(KEY_BYTES))
        await connection.execute(
            "insert into data_key (class, month, wrapped) values ($1, $2, $3)"
            " on conflict do nothing",
            class_,
            month,
            wrapped,
        )
        row = await connection.fetchrow(
            "select id, wrapped from data_key where class = $1 and month = $2", class_, month
        )
        assert row is not None
        return row["id"], self._master.unwrap(_place(class_, month), row["wrapped"])


async def open_keyring(database: Database, path: Path) -> Keyring:
    """Read the master key, or make it for a database that has sealed nothing yet.

    Raises GatepostError ``key.missing`` when sealed data exist but no key file, ``key.mismatch``
    when it is another database's, ``key.unreadable``, and what `read_master_key` raises.
    """
    with _told_by_place(path):
        master = read_master_key(path)
    async with database.use() as connection:
        known = await connection.fetchval("select id from data_key order by id desc limit 1")
    if master is None and known is not None:
        raise GatepostError(
            "key.missing",
            "the database holds sealed data, but the master key is gone.",
            place=str(path),
            remedy="Restore the file from its backup; without it nothing sealed can be read.",
        )
    with _told_by_place(path):
        keyring = Keyring(database, master or make_master_key(path))
    if known is not None:
        async with database.use() as connection:
            await keyring.opener(connection, known)
    return keyring


@contextmanager
def _told_by_place(path: Path) -> Iterator[None]:
    """Name the file: inside a database call its trouble would pass for the database's."""
    try:
        yield
    except OSError as error:
        raise GatepostError(
            "key.unreadable",
            f"the master key cannot be read or made: {error.strerror}.",
            place=str(path),
            remedy="It must be an ordinary file, no link, that the gateway's user owns.",
        ) from error


def _place(class_: str, month: int) -> Place:
    return Place(table="data_key", row=f"{class_}/{month}", column="wrapped")
