"""Pictures are analysed here: the pipeline on the pool's threads."""

from __future__ import annotations

import asyncio

from gateway.matcher.pictures.pipeline import Pipeline
from gateway.matcher.pool import NEVER, Pool, Work

from gateway.domain.matching import Analysis


class Analyser:
    """Awaitable analysis; the pool belongs to whoever made it."""

    def __init__(self, pipeline: Pipeline, pool: Pool) -> None:
        self._pipeline = pipeline
        self._pool = pool

    @property
    def algorithm(self) -> int:
        """Number of the embedding model in use."""
        return self._pipeline.algorithm

    async def warm(self) -> None:
        """Run everything once to load what is loaded late, and twice more to learn its pace.

        Afterwards `Pool.wait_s` knows how long a picture takes on this machine.
        """
        await self._pool.keep(self._pipeline.warm)
        for _ in range(2):
            await asyncio.gather(
                *(self._pool.run(Work.PICTURE, self._pipeline.warm) for _ in range(self._pool.size))
            )

    async def analyse(self, picture: bytes, deadline: float = NEVER) -> Analysis:
        """Find, measure and embed the one face of a picture; raises PictureRefused or TooLate."""
        return await self._pool.run(Work.PICTURE, lambda: self._pipeline.analyse(picture), deadline)
