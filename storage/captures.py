"""Captures at rest: each sealed under its own number, erased with its key when its time is up."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

import asyncpg
from gateway.storage.crypto import Place
from gateway.storage.failures import row_refused
from gateway.storage.keyring import CAPTURE, Keyring
from gateway.storage.months import month_of
from gateway.storage.pool import Database

from gateway.domain.captures import Capture, CaptureCounts, CaptureSummary, Piece, Redaction
from gateway.domain.ids import Serial

_PIECE = Struct(">BqI")
"""Before the bytes of each piece: 1 from the terminal, milliseconds since 1970 UTC, length."""

INSERT = """
insert into capture (id, kept_ms, serial, peer, dialect, firmware, code, whole, redaction, first_ms,
    last_ms, size, key, sealed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
LIST = """
select id, kept_ms, serial, peer, dialect, firmware, code, whole, redaction, first_ms, last_ms, size
from capture where $1::text is null or serial = $1 order by id
"""


class PostgresCaptureStore:
    """Implements `gateway.domain.captures.CaptureStore`, and reads for operators."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def keep(self, capture: Capture, now_ms: int) -> int:
        """Store one sealed; return its number. Raises StoreRefused for one no table takes."""
        sealer = await self._keyring.sealer(CAPTURE, now_ms)
        with row_refused():
            async with self._database.use() as connection:
                number = await connection.fetchval("select nextval('capture_id_seq')")
                await connection.execute(
                    INSERT, number, now_ms, capture.serial, capture.peer, capture.dialect,
                    capture.firmware, capture.code, capture.whole, capture.redaction.value,
                    capture.pieces[0].at_ms, capture.pieces[-1].at_ms, capture.size,
                    sealer.name, sealer.seal(_place(number), pack(capture.pieces)),
                )  # fmt: skip
        return int(number)

    async def counts(self) -> CaptureCounts:
        """Count what is stored."""
        async with self._database.use() as connection:
            row = await connection.fetchrow(
                "select count(serial) as devices, count(*) - count(serial) as strangers"
                " from capture"
            )
        assert row is not None
        return CaptureCounts(devices=row["devices"], strangers=row["strangers"])

    async def list(self, serial: str | None = None) -> list[CaptureSummary]:
        """Return everything stored, or what is stored of one terminal, oldest first."""
        async with self._database.use() as connection:
            rows = await connection.fetch(LIST, serial)
        return [_summary(row) for row in rows]

    async def read(self, number: int) -> tuple[CaptureSummary, Capture] | None:
        """Open one; None when there is none of this number.

        Raises GatepostError ``key.mismatch`` when its bytes were changed.
        """
        async with self._database.use() as connection:
            row = await connection.fetchrow("select * from capture where id = $1", number)
            if row is None:
                return None
            opener = await self._keyring.opener(connection, row["key"])
        summary = _summary(row)
        capture = Capture(
            serial=summary.serial,
            peer=summary.peer,
            dialect=summary.dialect,
            firmware=summary.firmware,
            code=summary.code,
            whole=summary.whole,
            redaction=summary.redaction,
            pieces=unpack(opener.open(_place(number), row["sealed"])),
        )
        return summary, capture

    async def erase(self, numbers: Sequence[int]) -> int:
        """Erase these; return how many there were."""
        async with self._database.use() as connection:
            done = await connection.execute(
                "delete from capture where id = any($1::bigint[])", list(numbers)
            )
        return int(done.split()[-1])

    async def erase_before(self, kept_ms: int) -> int:
        """Erase what was kept before this instant; return how many that were.

        The keys of past months go with the last capture they sealed, so that no copy of the
        database can be read any more either.
        """
        async with self._database.transaction() as connection:
            done = await connection.execute("delete from capture where kept_ms < $1", kept_ms)
            await connection.execute(
                "delete from data_key k where class = $1 and month < $2"
                " and not exists (select from capture where key = k.id)",
                CAPTURE,
                month_of(kept_ms),
            )
        return int(done.split()[-1])


def pack(pieces: Sequence[Piece]) -> bytes:
    """Write pieces one behind the other."""
    return b"".join(
        _PIECE.pack(piece.inward, piece.at_ms, len(piece.data)) + piece.data for piece in pieces
    )


def unpack(packed: bytes) -> tuple[Piece, ...]:
    """Undo `pack`."""
    pieces = []
    at = 0
    while at < len(packed):
        inward, at_ms, size = _PIECE.unpack_from(packed, at)
        at += _PIECE.size
        pieces.append(Piece(bool(inward), at_ms, packed[at : at + size]))
        at += size
    return tuple(pieces)


def _place(number: int) -> Place:
    return Place(table="capture", row=number, column="sealed")


def _summary(row: asyncpg.Record) -> CaptureSummary:
    return CaptureSummary(
        id=row["id"],
        kept_ms=row["kept_ms"],
        serial=None if row["serial"] is None else Serial(row["serial"]),
        peer=row["peer"],
        dialect=row["dialect"],
        firmware=row["firmware"],
        code=row["code"],
        whole=row["whole"],
        redaction=Redaction(row["redaction"]),
        first_ms=row["first_ms"],
        last_ms=row["last_ms"],
        size=row["size"],
    )
