"""The audit trail at rest: appended inside the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
from gateway.storage.pool import Connection, Database, Turn

from gateway.domain.audit import BEGINNING, AuditEntry, AuditLine, chained

LOCK = 0x67705F6175646974
"""Advisory lock under which lines are added: each must see the one before it."""
PAGE = 1_000


async def append(connection: Connection, entry: AuditEntry) -> None:
    """Add a line; call it in a transaction, as its last statement: others wait until it commits."""
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    last = await connection.fetchrow("select seq, hash from audit order by seq desc limit 1")
    seq, before = (0, BEGINNING) if last is None else (last["seq"], last["hash"])
    await connection.execute(
        "insert into audit (seq, at_ms, actor, action, subject, detail, hash)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        seq + 1, entry.at_ms, entry.actor, entry.action, entry.subject, entry.detail,
        chained(before, seq + 1, entry),
    )  # fmt: skip


class AuditReader:
    """Reads the trail for operators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lines(self) -> AsyncIterator[list[AuditLine]]:
        """Read every line, oldest first, a page at a time."""
        after = 0
        while True:
            async with self._database.use(turn=Turn.SLOW) as connection:
                rows = await connection.fetch(
                    "select * from audit where seq > $1 order by seq limit $2", after, PAGE
                )
            if not rows:
                return
            yield [_line(row) for row in rows]
            after = rows[-1]["seq"]

    async def latest(self, count: int) -> list[AuditLine]:
        """Return the newest lines, newest first."""
        async with self._database.use() as connection:
            rows = await connection.fetch("select * from audit order by seq desc limit $1", count)
        return [_line(row) for row in rows]


def _line(row: asyncpg.Record) -> AuditLine:
    entry = AuditEntry(
        at_ms=row["at_ms"],
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        detail=row["detail"],
    )
    return AuditLine(seq=row["seq"], entry=entry, hash=row["hash"])
