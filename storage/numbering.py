"""What is held of numbered records, and the block of ids everything stored is numbered from.

A numbered record's identity is its series and number, each four bytes big-endian (YLS/1 10.1), so
one range of the index tells what is held, whatever became of each record.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.storage.pool import Connection

from gateway.domain.ids import DeviceId
from gateway.domain.numbers import HeldNumbers
from gateway.domain.ports import LostRange, SeriesWanted
from gateway.domain.requests import HeldSeries

# Each asks about many series at once; ``turn`` is the place of a series among those asked about.
CURSORS = """
select turn, upto
from unnest($1::integer[], $2::bigint[]) with ordinality as t (device, series, turn)
join record_cursor using (device, series)
"""
# Looked through series by series, so that each costs a range of an index and no more.
LOST = """
select turn, found.first, found.last
from unnest($1::integer[], $2::bigint[], $3::bigint[]) with ordinality
    as t (device, series, known, turn),
lateral (
    select first, last from record_lost as l
    where l.device = t.device and l.series = t.series and l.last > t.known
    order by first
) as found
"""
# Consecutive numbers share the difference to their rank: each island comes back as one row.
ISLANDS = """
select turn, found.first, found.last
from unnest($1::integer[], $2::bytea[], $3::bytea[]) with ordinality
    as t (device, known, top, turn),
lateral (
    select min(number) as first, max(number) as last
    from (
        select number, number - row_number() over (order by number) as island
        from (
            select ('x' || encode(substr(identity, 5), 'hex'))::bit(32)::bigint as number
            from record_identity as i
            where i.device = t.device and i.identity > t.known and i.identity <= t.top
                and octet_length(i.identity) = 8
        ) as numbered
    ) as ranked
    group by island
    order by first
) as found
"""


def identity_of(series: int, number: int) -> bytes:
    """Return the identity of a numbered record: ``series ‖ number``, both u32 big-endian."""
    return series.to_bytes(4, "big") + number.to_bytes(4, "big")


async def find_held(connection: Connection, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
    """Work out what is held, each from its cursor or from ``first`` on, whichever is higher.

    A terminal that was in use before us has numbers we never get, and there the cursor stays for
    ever. Counting from it would take longer with every record, and in the end too long.
    """
    devices = [one.device for one in wanted]
    series = [one.series for one in wanted]
    cursors = {row["turn"]: row["upto"] for row in await connection.fetch(CURSORS, devices, series)}
    held = [HeldNumbers(one.series, cursors.get(at, 0)) for at, one in enumerate(wanted, 1)]
    known = [max(numbers.upto, one.first - 1) for numbers, one in zip(held, wanted, strict=True)]
    lost = await connection.fetch(LOST, devices, series, known)
    above = [identity_of(*one) for one in zip(series, known, strict=True)]
    tops = [identity_of(one, 0xFFFF_FFFF) for one in series]
    islands = await connection.fetch(ISLANDS, devices, above, tops)
    for row in (*lost, *islands):
        held[row["turn"] - 1].add(row["first"], row["last"])
    return [numbers.snapshot() for numbers in held]


async def write_lost(connection: Connection, lost: LostRange) -> None:
    """Store a tombstone; the same one twice is stored once."""
    await connection.execute(
        "insert into record_lost (device, series, first, last, reason, received_ms)"
        " values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        lost.device,
        lost.series,
        lost.first,
        lost.last,
        lost.reason,
        lost.received_ms,
    )


async def write_cursors(
    connection: Connection, cursors: Sequence[tuple[DeviceId, HeldSeries]]
) -> None:
    """Move cursors forward, never back; the last one given for a series counts."""
    latest = {(device, held.series): held.upto for device, held in cursors}
    await connection.execute(
        "insert into record_cursor (device, series, upto)"
        " select * from unnest($1::integer[], $2::bigint[], $3::bigint[])"
        " as t (device, series, upto) order by device, series"
        " on conflict (device, series) do update set upto = excluded.upto"
        " where record_cursor.upto < excluded.upto",
        [device for device, _ in latest],
        [series for _, series in latest],
        list(latest.values()),
    )


async def draw_ids(connection: Connection, count: int) -> range:
    """Draw ``count`` consecutive ids; what a crash leaves unused is never used."""
    end: int = await connection.fetchval(
        "update id_block set next = next + $1 returning next", count
    )
    return range(end - count, end)
