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

# One question for many series; ``turn`` is the place of a series among those asked about.
# Each costs a range of an index and no more: the sub-selects are made series by series.
# Consecutive numbers share the difference to their rank, so each island comes back as one row.
HELD = """
with asked as (
    select turn, device, series, coalesce(upto, 0) as upto, greatest(upto, first - 1) as known
    from unnest($1::integer[], $2::bigint[], $3::bigint[]) with ordinality
        as t (device, series, first, turn)
    left join record_cursor using (device, series)
)
select turn, 1 as first, upto as last from asked where upto > 0
union all
select turn, lost.first, lost.last
from asked, lateral (
    select first, last from record_lost as l
    where l.device = asked.device and l.series = asked.series and l.last > asked.known
    offset 0
) as lost
union all
select turn, island.first, island.last
from asked, lateral (
    select min(number) as first, max(number) as last
    from (
        select number, number - row_number() over (order by number) as rank
        from (
            select ('x' || encode(substr(identity, 5), 'hex'))::bit(32)::bigint as number
            from record_identity as i
            where i.device = asked.device
                and i.identity > substr(int8send(series), 5) || substr(int8send(known), 5)
                and i.identity <= substr(int8send(series), 5) || '\\xffffffff'::bytea
                and octet_length(i.identity) = 8
        ) as numbered
    ) as ranked
    group by rank
) as island
order by turn, first
"""


def identity_of(series: int, number: int) -> bytes:
    """Return the identity of a numbered record: ``series ‖ number``, both u32 big-endian."""
    return series.to_bytes(4, "big") + number.to_bytes(4, "big")


async def find_held(connection: Connection, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
    """Work out what is held, each from its cursor or from ``first`` on, whichever is higher.

    A terminal that was in use before us has numbers we never get, and there the cursor stays for
    ever. Counting from it would take longer with every record, and in the end too long.
    """
    rows = await connection.fetch(
        HELD,
        [one.device for one in wanted],
        [one.series for one in wanted],
        [one.first for one in wanted],
    )
    held = [HeldNumbers(one.series) for one in wanted]
    for row in rows:
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
