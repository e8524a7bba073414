"""History read again: a dry run, then new versions, and the passage itself untouched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from gateway.codecs.api import Dialect
from gateway.storage.opening import Storage

from gateway.domain.errors import GatepostError
from gateway.domain.events import PassageReported
from gateway.domain.vocabulary import Direction, Means
from gateway.redecoding import Outcome, Redecoding
from tests.support.lines import line_dialect
from tests.support.reports import NOW, passage
from tests.support.stored import stored_passage

RAWS = {f"record {number}".encode(): passage(number) for number in (1, 2, 3, 4)}


def mended(raw: bytes) -> PassageReported | None:
    """Read the third record otherwise, the fourth as something else."""
    report = RAWS[raw]
    if report.number == 3:
        return replace(
            report, means=Means.IRIS, device_ms=report.device_ms + 60_000, score=0.1, claim=None
        )
    if report.number == 2:
        return replace(report, direction=Direction.UNKNOWN)
    return replace(report, number=99) if report.number == 4 else report


async def stored(storage: Storage) -> None:
    first = (await storage.records.reserve_ids(len(RAWS))).start
    rows = [
        replace(stored_passage(first + at, replace(report, raw=raw)), adapter=f"lines/{at}")
        for at, (raw, report) in enumerate(RAWS.items())
    ]
    await storage.records.save(rows)


async def again(storage: Storage, dialect: Dialect, since: int = 0, apply: bool = False) -> Outcome:
    return await Redecoding(storage.versions, dialect, lambda: NOW.wall).run(since, apply=apply)


async def dump(storage: Storage, table: str) -> list[str]:
    async with storage.database.use() as connection:
        rows = await connection.fetch(f"select t::text as row from {table} t order by 1")
    return [row["row"] for row in rows]


def test_a_dry_run_shows_and_applying_adds_versions_once(own_storage: Storage, run: Any) -> None:
    dialect = replace(line_dialect(), reread=mended)

    async def main() -> None:
        await stored(own_storage)
        before = await dump(own_storage, "passage")
        dry = await again(own_storage, dialect)
        assert (dry.read, dry.changed, dry.unreadable, dry.erased) == (4, 1, 1, 0)
        assert set(dry.fields) == {"means", "device_ms", "corrected_ms", "score", "claim"}
        assert dry.examples[0]["changes"]["claim"] == ["10086", None]
        assert await dump(own_storage, "passage_version") == []
        assert (await again(own_storage, dialect, apply=True)).changed == 1
        assert (await again(own_storage, dialect, apply=True)).changed == 0
        assert len(await dump(own_storage, "passage_version")) == 1
        assert await dump(own_storage, "passage") == before

    run(main())


def test_a_later_correction_is_a_third_version(own_storage: Storage, run: Any) -> None:
    async def main() -> None:
        await stored(own_storage)
        await again(own_storage, replace(line_dialect(), reread=mended), apply=True)
        back = replace(line_dialect(), reread=RAWS.__getitem__)
        assert (await again(own_storage, back, apply=True)).changed == 1
        async with own_storage.database.use() as connection:
            rows = await connection.fetch(
                "select version, corrected_ms, claim from passage_version order by version"
            )
        assert [(row["version"], row["claim"]) for row in rows] == [(2, None), (3, "10086")]
        assert rows[0]["corrected_ms"] - rows[1]["corrected_ms"] == 60_000

    run(main())


def test_other_dialects_earlier_records_and_erased_bytes_are_left(
    own_storage: Storage, run: Any
) -> None:
    dialect = replace(line_dialect(), reread=mended)

    async def main() -> None:
        await stored(own_storage)
        assert (await again(own_storage, replace(dialect, name="line"))).read == 0
        assert (await again(own_storage, dialect, since=NOW.wall + 10**9)).read == 0
        async with own_storage.database.use() as connection:
            await connection.execute("delete from raw_batch")
        assert (await again(own_storage, dialect)).erased == 4

    run(main())


def test_a_dialect_that_cannot_read_bare_records_says_so(own_storage: Storage) -> None:
    with pytest.raises(GatepostError, match="no way to read a stored record by itself"):
        Redecoding(own_storage.versions, line_dialect(), lambda: 0)
