"""The store of decisions: one row for each verification, written by the batch, never a picture."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from gateway.storage.failures import lacks_partition, row_refused
from gateway.storage.partitions import Partitions
from gateway.storage.pool import Database, Turn

from gateway.domain.decisions import Because, DecisionRecord, Verdict
from gateway.domain.ids import DeviceId
from gateway.domain.vocabulary import Direction, Means

COLUMNS = (
    *("at_ms", "device", "project", "verdict", "because", "detail", "means", "direction"),
    *("claim", "person", "score", "runner_up", "threshold", "margin", "algorithm"),
    *("gallery_index", "liveness", "waived", "latency_ms", "budget_ms"),
)


class PostgresDecisionStore:
    """`gateway.domain.enrolments.DecisionStore` on PostgreSQL."""

    def __init__(self, database: Database, *, partitions_ahead: int = 2) -> None:
        self._database = database
        self._partitions = Partitions(database, ahead=partitions_ahead)

    async def save_decisions(self, batch: Sequence[DecisionRecord]) -> None:
        """Store a batch, all or none; raises StoreRefused for values no table takes."""
        if not batch:
            return
        with row_refused():
            try:
                await self._write(batch)
            except Exception as error:
                if not lacks_partition(error):
                    raise
                self._partitions.forget()  # somebody detached one behind our back
                await self._write(batch)

    async def latest(self, count: int, device: DeviceId | None = None) -> list[DecisionRecord]:
        """Return the newest decisions, of one device if given, newest first."""
        async with self._database.use() as connection:
            if device is None:  # each order is that of an index
                rows = await connection.fetch(
                    "select * from decision order by id desc limit $1", count
                )
            else:
                rows = await connection.fetch(
                    "select * from decision where device = $1 order by at_ms desc limit $2",
                    device,
                    count,
                )
        return [_record(row) for row in rows]

    async def _write(self, batch: Sequence[DecisionRecord]) -> None:
        await self._partitions.ensure((one.at_ms for one in batch), turn=Turn.CALLS)
        async with self._database.use() as connection:
            await connection.copy_records_to_table(
                "decision", records=[_row(one) for one in batch], columns=COLUMNS
            )


def _row(one: DecisionRecord) -> tuple[object, ...]:
    return (
        one.at_ms, one.device, one.project, one.verdict.value, one.because.value, one.detail,
        int(one.means), int(one.direction), one.claim, one.person, one.score, one.runner_up,
        one.threshold, one.margin, one.algorithm, one.index, one.liveness, list(one.waived),
        one.latency_ms, one.budget_ms,
    )  # fmt: skip


def _record(row: asyncpg.Record) -> DecisionRecord:
    given = {**row, "index": row["gallery_index"], "waived": tuple(row["waived"])}
    given |= {"verdict": Verdict(row["verdict"]), "because": Because(row["because"])}
    given |= {"means": Means(row["means"]), "direction": Direction(row["direction"])}
    return DecisionRecord(**{key: given[key] for key in DecisionRecord.__dataclass_fields__})
