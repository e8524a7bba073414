"""Readings of stored passages: the first one, and what corrected codecs read later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.storage.keyring import Keyring
from gateway.storage.pool import SLOW_LIMIT_S, Connection, Database
from gateway.storage.raw import batch_place

Value = int | float | str | bool | None

READ = (
    *("device_ms", "corrected_ms", "claim", "score", "liveness", "temperature_c", "means"),
    *("direction", "decision", "verified_by", "door", "helmet", "clock_synchronised"),
)
"""Columns that a codec reads in a record and may read otherwise after it was mended."""

_NEWEST = ", ".join(
    f"case when v.passage is null then p.{name} else v.{name} end as {name}" for name in READ
)
PAGE = f"""
select p.id, p.series, p.number, coalesce(v.version, 1) as version, {_NEWEST},
    b.id as batch, b.key, p.raw_offset, p.raw_length
from passage p
left join lateral (
    select * from passage_version where passage = p.id order by version desc limit 1
) v on true
left join raw_batch b on b.id = p.raw_batch
where p.id > $1 and p.received_ms >= $2 and split_part(p.adapter, '/', 1) = $3
order by p.id limit $4
"""  # noqa: S608 - made of column names only
INSERT = f"""
insert into passage_version (passage, version, decoded_ms, adapter, {", ".join(READ)})
values ({", ".join(f"${n}" for n in range(1, len(READ) + 5))})
"""  # noqa: S608 - made of column names only


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A passage as it is read now, with its bytes."""

    passage: int
    version: int
    series: int
    number: int
    values: Mapping[str, Value]
    """By the names of `READ`."""
    raw: bytes | None = field(repr=False)
    """None when its bytes were erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A new reading of a passage."""

    passage: int
    version: int
    adapter: str
    decoded_ms: int
    values: Mapping[str, Value]


class Versions:
    """Pages through readings and adds new ones; nothing is ever changed in place."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def page(self, dialect: str, since_ms: int, after: int, count: int) -> list[Reading]:
        """Return up to ``count`` readings of a dialect with numbers above ``after``, in order."""
        async with self._database.use(SLOW_LIMIT_S) as connection:
            rows = await connection.fetch(PAGE, after, since_ms, dialect, count)
            batches = {row["batch"]: row["key"] for row in rows if row["batch"] is not None}
            opened = {one: await self._open(connection, one, key) for one, key in batches.items()}
        return [
            Reading(
                passage=row["id"],
                version=row["version"],
                series=row["series"],
                number=row["number"],
                values={name: row[name] for name in READ},
                raw=_slice(opened.get(row["batch"]), row["raw_offset"], row["raw_length"]),
            )
            for row in rows
        ]

    async def add(self, versions: Sequence[Version]) -> None:
        """Store new readings, all or none; one that exists already fails them all."""
        async with self._database.transaction(SLOW_LIMIT_S) as connection:
            for one in versions:
                values = [one.values[name] for name in READ]
                head = (one.passage, one.version, one.decoded_ms, one.adapter)
                await connection.execute(INSERT, *head, *values)

    async def _open(self, connection: Connection, batch: int, key: int) -> bytes:
        data = await connection.fetchval("select data from raw_batch where id = $1", batch)
        opener = await self._keyring.opener(connection, key)
        return opener.open(batch_place(batch), data)


def _slice(whole: bytes | None, start: int, size: int) -> bytes | None:
    return None if whole is None else whole[start : start + size]
