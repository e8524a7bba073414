"""Every two people with one face are found, whoever else is alike, and nobody twice."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from gateway.matcher.galleries.alike import DEPTH, pairs
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.registry import Galleries
from gateway.matcher.galleries.rows import View
from gateway.matcher.matcher import COMPARED, LocalMatcher
from gateway.matcher.pictures.pipeline import Pipeline
from gateway.matcher.pool import Pool
from gateway.matcher.protection.transform import Protector

from gateway.domain.errors import GatepostError
from gateway.domain.matching import Scope
from tests.matcher.faces import again, face, references, strangers

SECRET = bytes([1] * 32)
SITE = Scope(0)


def test_many_of_one_face_are_all_found() -> None:
    """More of them than are ranked first."""
    rng = np.random.default_rng(1)
    one = strangers(1, 32, rng)[0]
    count = 2 * DEPTH
    twins = np.array([again(one, np.random.default_rng(at + 2), 0.99) for at in range(count)])
    data = np.concatenate([twins, strangers(50, 32, rng)])
    who = np.arange(len(data), dtype=np.int64) // 2
    struck = np.zeros(len(data), dtype=np.bool_)
    struck[0:2] = True
    seen = View(data, who, struck)
    found = pairs(seen, np.unique(who), 0.9)
    wanted = {(a, b) for a in range(1, DEPTH) for b in range(a + 1, DEPTH)}
    assert {(int(a), int(b)) for a, b, _ in found} == wanted
    assert len(found) == len(wanted), "nobody twice, and nobody with themselves"
    assert all(0.9 <= score <= 1 for _, _, score in found)
    assert pairs(seen, np.array([0], dtype=np.int64), 0.9) == []


def test_a_whole_gallery_is_compared_in_steps(pipeline: Pipeline) -> None:
    rng = np.random.default_rng(3)
    count = 3 * COMPARED + 1
    people = strangers(count, 128, rng)
    people[-1] = again(people[0], rng, 0.9)
    people[20] = again(people[19], rng, 0.95)
    who = references(count)
    protector = Protector()
    members = [
        (reference, protector.protect(SECRET, face(one)))
        for reference, one in zip(who, people, strict=True)
    ]
    truth = people.astype(np.float64) @ people.T
    wanted = {
        (who[a], who[b]): truth[a, b]
        for a in range(count)
        for b in range(a + 1, count)
        if truth[a, b] >= 0.8
    }

    async def story() -> None:
        pool = Pool(threads=2)
        matcher = LocalMatcher(pipeline, Galleries(GalleryOptions(quantise_above=10)), pool)
        try:
            with pytest.raises(GatepostError, match=r"gallery\.missing"):
                await matcher.alike(SITE, 0.8)
            await matcher.open(SITE, SECRET, members)
            found = await matcher.alike(SITE, 0.8)
        finally:
            pool.close()
        assert {(one.one, one.other) for one in found} == set(wanted)
        assert {one.algorithm for one in found} == {7}
        for one in found:
            assert one.score == pytest.approx(wanted[one.one, one.other], abs=1e-5)

    assert {(who[0], who[-1]), (who[19], who[20])} <= set(wanted)
    asyncio.run(story())
