"""Pictures on the pool's threads: the answers are those of the pipeline, many at once."""

from __future__ import annotations

import asyncio

import pytest
from gateway.matcher.analyser import Analyser
from gateway.matcher.pictures.pipeline import Pipeline
from gateway.matcher.pool import Pool, Work

from gateway.domain.matching import PictureRefused, TooLate
from tests.support.faces import portrait


def test_many_at_once_are_analysed_as_each_alone(pipeline: Pipeline) -> None:
    pool = Pool(threads=4)
    analyser = Analyser(pipeline, pool)

    async def story() -> None:
        pictures = [portrait(person, 1) for person in range(1, 7)] * 3
        found = await asyncio.gather(*(analyser.analyse(one) for one in pictures))
        assert list(found) == [pipeline.analyse(one) for one in pictures]
        with pytest.raises(PictureRefused):
            await analyser.analyse(b"no picture")
        with pytest.raises(TooLate):
            await analyser.analyse(pictures[0], deadline=-1.0)

    try:
        asyncio.run(story())
    finally:
        pool.close()


def test_warming_learns_the_pace_of_this_machine(pipeline: Pipeline) -> None:
    pool = Pool(threads=2)
    guess = pool.wait_s(Work.PICTURE)
    try:
        asyncio.run(Analyser(pipeline, pool).warm())
        assert 0 < pool.wait_s(Work.PICTURE) != guess
    finally:
        pool.close()
