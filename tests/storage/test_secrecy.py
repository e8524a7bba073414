"""A stolen dump shows no picture, no raw record and no device secret."""

from __future__ import annotations

import hashlib
from typing import Any

from gateway.storage.document import (
    DeviceEntry,
    DirectoryDocument,
    ModelEntry,
    SupplierEntry,
)
from gateway.storage.opening import Storage
from gateway.storage.supervisor import EmbeddedServer

from gateway.domain.directory import Area
from gateway.domain.events import PictureRef
from gateway.domain.ids import DeviceId
from gateway.domain.ports import Outcome, Picture
from tests.support.reports import NOW, fault, passage
from tests.support.stored import stored_fault, stored_passage

FACE = b"\xff\xd8FACE-OF-SOMEBODY" * 3000
LATE = b"\xff\xd8LATE-FACE-OF-SOMEBODY" * 3000
SECRET = b"DEVICE-SECRET-DEVICE-SECRET-1234"
RAW = b"RAW-RECORD-AS-IT-CAME"
OTHER = b"RAW-RECORD-OF-A-CLONE"
POISON = b"RAW-RECORD-NOBODY-TAKES"
CLAIM = "claim-nobody-may-log"
IDENTITY_NUMBER = "990000199001010017"


async def dump(storage: Storage) -> str:
    """Every row of every table as text; bytes appear in hexadecimal."""
    async with storage.database.use() as connection:
        tables = await connection.fetch(
            "select quote_ident(relname) as name from pg_class"
            " where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        texts = []
        for table in tables:
            rows = await connection.fetch(f"select t::text as row from {table['name']} t")
            texts += [f"{table['name']} {row['row']}" for row in rows]
    return "\n".join(texts)


async def put_everything(storage: Storage) -> None:
    digest = hashlib.sha256(FACE).digest()
    first = (await storage.records.reserve_ids(4)).start
    picture = PictureRef(digest=digest, size=len(FACE), data=FACE)
    assert await storage.records.save(
        [
            stored_passage(first, passage(1, raw=RAW, picture=picture)),
            stored_passage(first + 1, passage(1, raw=OTHER, digest=b"o" * 32)),
            stored_passage(first + 2, passage(3, raw=POISON, claim=CLAIM + "\0")),
            stored_fault(first + 3, fault(4, text=f"cannot read card {IDENTITY_NUMBER}")),
        ]
    ) == [Outcome.STORED, Outcome.CONFLICT, Outcome.REJECTED, Outcome.STORED]
    late = Picture(
        device=DeviceId(1),
        digest=hashlib.sha256(LATE).digest(),
        data=LATE,
        received_ms=NOW.wall,
    )
    assert await storage.records.save_pictures([late]) == [None]
    await storage.directory.import_directory(
        DirectoryDocument(
            areas=(Area(code="990000", name="Sample"),),
            suppliers=(SupplierEntry(code="S01", name="Sample maker"),),
            models=(ModelEntry(supplier="S01", name="M"),),
            devices=(
                DeviceEntry(
                    serial="YLS-00000001", supplier="S01", model="M", dialect="yls", secret=SECRET
                ),
            ),
        )
    )


def test_a_dump_of_all_tables_shows_nothing_sealed(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await put_everything(storage)
        text = await dump(storage)
        for table in ("picture_2", "raw_batch_2", "quarantined_record", "rejected_record"):
            assert f"\n{table}" in text
        assert hashlib.sha256(FACE).hexdigest() in text  # the dump does show bytes
        for plain in (FACE[:16], LATE[:16], SECRET, RAW, OTHER, POISON):
            assert plain.hex() not in text
            assert plain.decode("latin1") not in text
        assert CLAIM not in text
        assert "cannot read card [identity number]" in text
        assert IDENTITY_NUMBER not in text

    run(main())


def test_the_server_logs_no_value_of_a_refused_record(
    embedded: EmbeddedServer, storage: Storage, run: Any
) -> None:
    run(put_everything(storage))
    log = embedded.layout.log.read_text()
    assert "invalid byte sequence" in log or "starting PostgreSQL" in log
    assert CLAIM not in log
    assert "DETAIL" not in log
