"""Pictures: sealed one by one, stored once per device and digest, beside their records or later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.storage.columns import Row
from gateway.storage.crypto import Place, Sealer
from gateway.storage.keyring import Keyring
from gateway.storage.pool import Connection, Database

from gateway.domain.ids import DeviceId
from gateway.domain.passages import Passage
from gateway.domain.ports import Picture

STORE = """
with fresh as (
    insert into picture_identity (device, digest, picture, received_ms)
    select device, digest, id, received_ms
    from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bytea[])
        as t (id, received_ms, device, digest)
    order by device, digest
    on conflict do nothing
    returning picture
)
insert into picture (id, received_ms, device, series, number, damaged, key, data)
select t.id, t.received_ms, t.device, t.series, t.number, t.damaged, $5, t.data
from unnest($1::bigint[], $2::bigint[], $3::integer[], $6::bigint[], $7::bigint[], $8::boolean[],
    $9::bytea[]) as t (id, received_ms, device, series, number, damaged, data)
join fresh on fresh.picture = t.id
"""


@dataclass(frozen=True, slots=True)
class NumberedPicture:
    """A picture and the id it will be stored under."""

    id: int
    picture: Picture = field(repr=False)


def inline_pictures(rows: Sequence[Row]) -> list[NumberedPicture]:
    """Collect the pictures that came inside their records; each takes its record's id."""
    found = []
    for row in rows:
        record = row.record
        if isinstance(record, Passage):
            reference = record.report.picture
            if reference is not None and reference.data is not None:
                picture = Picture(
                    device=record.place.device,
                    digest=reference.digest,
                    data=reference.data,
                    received_ms=record.received_ms,
                    series=record.report.series,
                    number=record.report.number,
                    damaged=reference.damage is not None,
                )
                found.append(NumberedPicture(record.id, picture))
    return found


async def write_pictures(
    connection: Connection, sealer: Sealer, pictures: Sequence[NumberedPicture]
) -> None:
    """Store those of ``pictures`` that are not held yet; none at all is the everyday case."""
    if not pictures:
        return
    columns = [
        (
            entry.id, picture.received_ms, picture.device, picture.digest, picture.series,
            picture.number, picture.damaged, sealer.seal(picture_place(entry.id), picture.data),
        )
        for entry in pictures
        for picture in (entry.picture,)
    ]  # fmt: skip
    ids, received, devices, digests, series, numbers, damaged, data = map(
        list, zip(*columns, strict=True)
    )
    await connection.execute(
        STORE, ids, received, devices, digests, sealer.name, series, numbers, damaged, data
    )


class PictureReader:
    """Reads pictures back; every caller is to be audited."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def picture(self, device: DeviceId, digest: bytes) -> bytes | None:
        """Return the picture's bytes as the terminal sent them, None when it is not held."""
        async with self._database.use() as connection:
            row = await connection.fetchrow(
                "select p.id, p.key, p.data from picture_identity i"
                " join picture p on p.id = i.picture and p.received_ms = i.received_ms"
                " where i.device = $1 and i.digest = $2",
                device,
                digest,
            )
            if row is None:
                return None
            opener = await self._keyring.opener(connection, row["key"])
            return opener.open(picture_place(row["id"]), row["data"])


def picture_place(picture: int) -> Place:
    """Where a picture lies."""
    return Place(table="picture", row=picture, column="data")
