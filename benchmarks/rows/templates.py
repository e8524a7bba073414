"""V5: how fast the sealed templates of a gallery are read back at a start."""

from __future__ import annotations

import asyncio
import os
import time

import asyncpg
from gateway.storage.galleries import PostgresGalleryStore
from gateway.storage.opening import Storage, open_storage
from gateway.storage.templates import MEMBERS

from benchmarks.bench import Bench, Measurement
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import BenchmarkError
from benchmarks.stats import middle
from gateway.domain.enrolments import Enrolled
from gateway.domain.ids import PersonId, ProjectId
from gateway.domain.matching import ProtectedTemplate, Reference, Trait

TEMPLATE_BYTES = 512
"""128 dimensions of float32."""
CHUNK = 1_000
# Everybody has a key of their own, as in life; nobody's identity is read here.
CROWD = (
    "insert into area (code, name) values ('990000', 'Bench') on conflict do nothing",
    """insert into project (id, code, name, area, verification_mode)
    values ({project}, 'GALLERY', 'Gallery', '990000', 'central_gallery')""",
    """insert into person (id, lookup, id_type, id_number, name, registered_ms)
    select n, sha256(n::text::bytea), '01', '', '', 0 from generate_series(1, {size}) n""",
    """insert into consent (person, subject, given_ms, text_version, text_digest, how, taken_by)
    select n, 'bio_network', 0, '', sha256(''), '', '' from generate_series(1, {size}) n""",
    """insert into engagement (person, project, from_ms)
    select n, {project}, 0 from generate_series(1, {size}) n""",
    """insert into gallery_reference (reference, project, person)
    select n, {project}, n from generate_series(1, {size}) n""",
)
PROJECT = ProjectId(1_000_000)


def measure(bench: Bench) -> list[Result]:
    """Open all templates of a gallery, each under its person's own key, and select them bare."""
    size = bench.size(100_000, 10_000)
    ours: list[float] = []
    bare: list[float] = []
    asyncio.run(_measure(bench, size, ours, bare))
    shares = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    return [
        Result(
            row="V5",
            what=f"templates rebuilt per second at start, {size:,} of 128 dimensions, opened / "
            "bare SELECT of the same rows",
            ours=f"{middle(ours):,.0f} templates/s",
            limit=f"{middle(bare):,.0f} rows/s",
            checks=[
                Check(
                    goal=Goal(name="of a bare SELECT", better="more", must=0.10, stretch=0.25),
                    rounds=shares,
                )
            ],
            bound="Two AES-GCM openings a template, its person's key and itself, and the objects "
            "around them, in Python under one lock.",
            notes=["reading from the store alone; building the index is the matcher's row"],
        )
    ]


async def _measure(bench: Bench, size: int, ours: list[float], bare: list[float]) -> None:
    site = bench.site
    storage = await open_storage(site.dsn, site.layout.master_key)
    connection = await asyncpg.connect(site.dsn)
    try:
        await _fill(storage, connection, size)
        for _ in range(bench.rounds):
            ours.append(await _open_all(storage.galleries, size))
            bare.append(await _select_all(connection, size))
    finally:
        await connection.close()
        await storage.close()


async def _fill(storage: Storage, connection: asyncpg.Connection, size: int) -> None:
    for statement in CROWD:
        await connection.execute(statement.format(project=PROJECT, size=size))
    await connection.execute("analyze")
    for start in range(1, size + 1, CHUNK):
        numbers = range(start, min(start + CHUNK, size + 1))
        await storage.galleries.enrol(PROJECT, [_template(number) for number in numbers])
    await connection.execute("vacuum analyze")


def _template(number: int) -> Enrolled:
    protected = ProtectedTemplate(trait=Trait.FACE, algorithm=1, data=os.urandom(TEMPLATE_BYTES))
    return Enrolled(
        person=PersonId(number), reference=Reference(number), template=protected, source="photo"
    )


async def _open_all(store: PostgresGalleryStore, size: int) -> float:
    began = time.perf_counter()
    found = 0
    async for batch in store.members(PROJECT):
        found += len(batch)
    return _rate(found, size, began)


async def _select_all(connection: asyncpg.Connection, size: int) -> float:
    began = time.perf_counter()
    return _rate(len(await connection.fetch(MEMBERS, PROJECT)), size, began)


def _rate(found: int, size: int, began: float) -> float:
    if found != size:
        raise BenchmarkError(f"{found} of {size} templates came back")
    return size / (time.perf_counter() - began)


MEASUREMENTS = (Measurement(rows=("V5",), work=measure),)
