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
from benchmarks.crowds import enrol_crowd
from benchmarks.goals import Check, Goal, Result
from benchmarks.load.client import BenchmarkError
from benchmarks.stats import middle
from gateway.domain.ids import ProjectId
from gateway.domain.matching import ProtectedTemplate, Trait

TEMPLATE_BYTES = 512
"""128 dimensions of float32."""
AREA = "insert into area (code, name) values ('990000', 'Bench') on conflict do nothing"
SITE = """insert into project (id, code, name, area, verification_mode)
values ($1, 'GALLERY', 'Gallery', '990000', 'central_gallery')"""
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
    await connection.execute(AREA)
    await connection.execute(SITE, PROJECT)
    await enrol_crowd(storage, connection, PROJECT, range(1, size + 1), _template)


def _template(number: int) -> ProtectedTemplate:
    del number
    return ProtectedTemplate(trait=Trait.FACE, algorithm=1, data=os.urandom(TEMPLATE_BYTES))


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
