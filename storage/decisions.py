"""The store of decisions: one row for each verification, written by the batch, never a picture."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.storage.failures import lacks_partition, row_refused
from gateway.storage.partitions import Partitions
from gateway.storage.pool import Database, Turn

from gateway.domain.decisions import DecisionRecord

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
