"""The record store: one transaction per batch, one outcome per record, no acknowledgement before.

Owns the order of things inside that transaction and what happens when it fails; what a row looks
like, how an identity is claimed and how bytes are sealed is known next door.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gateway.storage.columns import FAULT_COLUMNS, PASSAGE_COLUMNS, Kind, Row, Values, row_of
from gateway.storage.crypto import Sealer
from gateway.storage.failures import repeats_identity, row_refused
from gateway.storage.halving import halving
from gateway.storage.identities import Claims, claim_boldly, claim_carefully
from gateway.storage.keyring import PICTURE, RAW, Keyring
from gateway.storage.late_pictures import LatePictures
from gateway.storage.months import wall_ms
from gateway.storage.numbering import draw_ids, find_held, write_cursors, write_lost
from gateway.storage.partitions import Partitions
from gateway.storage.pictures import inline_pictures, write_pictures
from gateway.storage.pool import Connection, Database, Turn
from gateway.storage.raw import write_raw
from gateway.storage.set_aside import quarantine, reject

from gateway.domain.errors import StoreRefused
from gateway.domain.ids import DeviceId
from gateway.domain.passages import Record
from gateway.domain.ports import (
    LostRange,
    Outcome,
    Picture,
    PictureWanted,
    SeriesWanted,
    no_probe,
)
from gateway.domain.requests import HeldSeries

Claim = Callable[[Connection, Sequence[Row]], Awaitable[Claims]]

HELD_LIMITS = 4
"""Time limits of one call that a question about many series may take: a terminal without a cursor
may have a hundred thousand numbers to be looked through, and several may come back together."""
CAREFUL_BATCHES = 20
"""Resends come in bursts: after one, so many batches are checked before they are written."""


class PostgresRecordStore:
    """`gateway.domain.ports.RecordStore` on PostgreSQL."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        partitions_ahead: int = 2,
        wall: Callable[[], int] = wall_ms,
        probe: Callable[[str], None] = no_probe,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._partitions = Partitions(database, ahead=partitions_ahead)
        self._wall = wall
        self._probe = probe
        self._careful = 0
        """Batches that still go the careful way."""
        self._late = LatePictures(database, keyring, self._partitions, self.reserve_ids, probe)

    @property
    def available(self) -> bool:
        """Whether the database answered when it was last asked."""
        return self._database.available

    async def prepare(self) -> None:
        """Make the partitions ahead; call it at the start and at least once a day."""
        await self._partitions.make_ahead(self._wall())

    async def save(self, batch: Sequence[Record]) -> list[Outcome]:
        """Store a batch; see the port. Raises StoreUnavailable, and then nothing is acknowledged.

        After StoreUnavailable the batch may be stored all the same, when the commit went through
        and only its confirmation was lost; sent again it is a duplicate.
        """
        if not batch:
            return []
        rows = [row_of(record) for record in batch]
        return await self._partitions.placed(
            [record.received_ms for record in batch],
            lambda: halving(rows, self._commit, self._reject),
        )

    async def save_lost(self, lost: LostRange) -> None:
        """Store a tombstone for a range; storing it twice is harmless.

        Raises StoreUnavailable, or StoreRefused for a range that is none.
        """
        with row_refused():
            async with self._database.use() as connection:
                await write_lost(connection, lost)

    async def save_pictures(self, batch: Sequence[Picture]) -> list[StoreRefused | None]:
        """See `LatePictures.save`."""
        return await self._late.save(batch)

    async def has_pictures(self, wanted: Sequence[PictureWanted]) -> list[bool]:
        """See `LatePictures.held`."""
        return await self._late.held(wanted)

    async def held(self, wanted: Sequence[SeriesWanted]) -> list[HeldSeries]:
        """Compute which numbers are held, tombstones and quarantined ones included, in order.

        What lies below a ``first`` is gone from the terminal and is not looked for. What is held
        above the terminal's last is told as well: it shows that its counter went back.
        """
        limit_s = self._database.limit_s * min(len(wanted), HELD_LIMITS)
        async with self._database.use(limit_s) as connection:
            return await find_held(connection, wanted)

    async def keep_cursors(self, cursors: Sequence[tuple[DeviceId, HeldSeries]]) -> None:
        """Persist prefixes lazily; a stale cursor is safe, it only makes the next login slower."""
        async with self._database.use() as connection:
            await write_cursors(connection, cursors)

    async def keep_contacts(self, contacts: Sequence[tuple[DeviceId, int]]) -> None:
        """Persist when devices were last heard (milliseconds since 1970 UTC), only forward.

        What lies ahead of us was written while our clock was wrong, and gives way.
        """
        latest = dict(sorted(contacts, key=lambda contact: contact[1]))
        async with self._database.use() as connection:
            await connection.execute(
                "insert into device_seen (device, seen_ms)"
                " select * from unnest($1::integer[], $2::bigint[]) as t (device, seen_ms)"
                " order by device on conflict (device) do update set seen_ms = excluded.seen_ms"
                " where device_seen.seen_ms < excluded.seen_ms or device_seen.seen_ms > $3",
                list(latest),
                list(latest.values()),
                self._wall(),
            )

    async def contacts(self) -> dict[DeviceId, int]:
        """Return when each device was last heard, in milliseconds since 1970 UTC."""
        async with self._database.use() as connection:
            rows = await connection.fetch("select device, seen_ms from device_seen")
        return {DeviceId(row["device"]): row["seen_ms"] for row in rows}

    async def reserve_ids(self, count: int) -> range:
        """Draw ``count`` fresh passage ids."""
        async with self._database.use(turn=Turn.RECORDS) as connection:
            return await draw_ids(connection, count)

    async def _commit(self, rows: Sequence[Row]) -> list[Outcome]:
        try:
            if self._careful == 0:
                return await self._write(rows, claim_boldly)
        except Exception as error:
            if not repeats_identity(error):
                raise
            self._careful = CAREFUL_BATCHES
        self._careful -= 1
        return await self._write(rows, claim_carefully)

    async def _write(self, rows: Sequence[Row], claim: Claim) -> list[Outcome]:
        received_ms = rows[0].record.received_ms
        sealer = await self._keyring.sealer(RAW, received_ms)
        picture_sealer = await self._keyring.sealer(PICTURE, received_ms)
        async with self._database.transaction(turn=Turn.RECORDS) as connection:
            claims = await claim(connection, rows)
            if claims.fresh:
                await self._store(connection, sealer, claims.fresh)
            await write_pictures(connection, picture_sealer, inline_pictures(rows))
            await quarantine(connection, self._keyring, sealer, claims.disputed)
            self._probe("store.before_commit")
        self._probe("store.after_commit")
        if len(claims.fresh) == len(rows):
            return [Outcome.STORED] * len(rows)
        outcomes = dict.fromkeys((row.record.id for row in claims.fresh), Outcome.STORED)
        outcomes.update((row.record.id, Outcome.CONFLICT) for row, _ in claims.disputed)
        return [outcomes.get(row.record.id, Outcome.DUPLICATE) for row in rows]

    async def _store(self, connection: Connection, sealer: Sealer, rows: list[Row]) -> None:
        slices = await write_raw(connection, sealer, rows)
        committed_ms = self._wall()
        passages: list[Values] = []
        faults: list[Values] = []
        passage = Kind.PASSAGE
        for row, slice_ in zip(rows, slices, strict=True):
            (passages if row.kind is passage else faults).append(
                (*row.values, committed_ms, *slice_)
            )
        if passages:
            await connection.copy_records_to_table(
                "passage", records=passages, columns=PASSAGE_COLUMNS
            )
            await connection.copy_records_to_table(
                "outbox", records=[values[:1] for values in passages], columns=("record",)
            )
        if faults:
            await connection.copy_records_to_table(
                "fault_report", records=faults, columns=FAULT_COLUMNS
            )

    async def _reject(self, row: Row, error: Exception) -> Outcome:
        received_ms = row.record.received_ms
        sealer = await self._keyring.sealer(RAW, received_ms)
        picture_sealer = await self._keyring.sealer(PICTURE, received_ms)
        async with self._database.transaction(turn=Turn.RECORDS) as connection:
            await reject(connection, sealer, row, error)
            await write_pictures(connection, picture_sealer, inline_pictures([row]))
            self._probe("store.before_commit")
        self._probe("store.after_commit")
        return Outcome.REJECTED
