"""What is held of numbered records, and the block of ids everything stored is numbered from.

A numbered record's identity is its series and number, each four bytes big-endian (YLS/1 10.1), so
one range of the index tells what is held, whatever became of each record.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.storage.pool import Connection

from gateway.domain.ids import DeviceId
from gateway.domain.numbers import HeldNumbers
from gateway.domain.ports import LostRange
from gateway.domain.requests import HeldSeries

CURSOR = "select upto from record_cursor where device = $1 and series = $2"
LOST = """
select first, last from record_lost where device = $1 and series = $2 and last > $3 order by first
"""
# Consecutive numbers share the difference to their rank: each island comes back as one row.
ISLANDS = """
select min(number) as first, max(number) as last
from (
    select number, number - row_number() over (order by number) as island
    from (
        select ('x' || encode(substr(identity, 5), 'hex'))::bit(32)::bigint as number
        from record_identity
        where device = $1 and identity > $2 and identity <= $3 and octet_length(identity) = 8
    ) as numbered
) as ranked
group by island
order by first
"""


def identity_of(series: int, number: int) -> bytes:
    """Return the identity of a numbered record: ``series ‖ number``, both u32 big-endian."""
    return series.to_bytes(4, "big") + number.to_bytes(4, "big")


async def find_held(
    connection: Connection, device: DeviceId, series: int, first: int
) -> HeldSeries:
    """Work out what is held, from the cursor or from ``first`` on, whichever is higher.

    A terminal that was in use before us has numbers we never get, and there the cursor stays for
    ever. Counting from it would take longer with every record, and in the end too long.
    """
    upto = await connection.fetchval(CURSOR, device, series) or 0
    held = HeldNumbers(series, upto)
    known = max(upto, first - 1)
    lost = await connection.fetch(LOST, device, series, known)
    top = identity_of(series, 0xFFFF_FFFF)
    islands = await connection.fetch(ISLANDS, device, identity_of(series, known), top)
    for row in (*lost, *islands):
        held.add(row["first"], row["last"])
    return held.snapshot()


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
