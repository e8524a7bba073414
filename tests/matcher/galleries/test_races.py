"""Searches in threads while people come, go, and galleries are rebuilt and opened anew.

Every thread checks what it may rely on: what it enrolled itself is found by its next question,
what it removed is not, who was there all along is always found, and every score of every
candidate is that of this person's template, to the last digits. `GATEPOST_RACE_SEED` names seeds
to run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import numpy as np
import pytest
from gateway.matcher.galleries.gallery import Member
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.registry import Galleries
from gateway.matcher.protection.transform import Protector

from gateway.domain.digests import GalleryDigest
from gateway.domain.matching import Candidate, Scope
from tests.matcher import eyes
from tests.matcher.faces import again, face, references, strangers

SECRET = bytes([1] * 32)
SITE = Scope(1)
STAYING, COMING, DIMENSIONS = 60, 40, 32
SEEDS = [int(one) for one in os.environ.get("GATEPOST_RACE_SEED", "0 1 2 3 4 5").split()]
CHANGES = 100


@pytest.fixture(autouse=True)
def _eager_switches() -> Iterator[None]:
    """Let threads change places in the middle of everything."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class Race:
    """Sixty people stay; two threads enrol and remove twenty others each, over and over."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        protector = Protector()
        count = STAYING + COMING
        self.people = strangers(count, DIMENSIONS, rng)
        self.probes = np.array([again(one, rng, 0.9) for one in self.people])
        self.irises = [eyes.iris(eyes.code(rng, 1024)) for _ in range(count)]
        self.references = references(count)
        self.members = [
            [(ref, protector.protect(SECRET, face(one))), (ref, protector.protect(SECRET, iris))]
            for ref, one, iris in zip(self.references, self.people, self.irises, strict=True)
        ]
        self.number = {ref: at for at, ref in enumerate(self.references)}
        # Tiny bounds: a rebuild is due every few changes, and bytes are used throughout.
        options = GalleryOptions(quantise_above=20, least_waste=4, waste=0.05, depth=4)
        self.galleries = Galleries(options)
        self.stored = set(range(STAYING))
        self.lock = Lock()
        self.galleries.open(SITE, SECRET, self.store())
        self.done = Event()

    def store(self) -> list[Member]:
        """Everything that is stored, as of one moment."""
        with self.lock:
            return [one for at in self.stored for one in self.members[at]]

    def enrol(self, at: int) -> None:
        """First in the store, then in memory, as the gateway does."""
        with self.lock:
            self.stored.add(at)
        self.galleries.extend(SITE, self.members[at])

    def dismiss(self, at: int) -> None:
        with self.lock:
            self.stored.remove(at)
        self.galleries.remove(SITE, self.references[at])

    def searched(self, at: int) -> tuple[Candidate, ...]:
        """Search for somebody, and check that every candidate is who it says."""
        found = self.galleries.faces(SITE, [face(self.probes[at])]).candidates
        assert len({one.reference for one in found}) == len(found) == 2
        for one in found:
            person = self.people[self.number[one.reference]].astype(np.float64)
            assert one.score == pytest.approx(float(person @ self.probes[at]), abs=2e-6)
        assert found[0].score >= found[1].score
        return found

    def finds(self, at: int) -> bool:
        by_face = self.searched(at)[0].reference == self.references[at]
        best = self.galleries.irises(SITE, [self.irises[at]]).candidates[0]
        by_iris = best.reference == self.references[at]
        assert best.score == 1 if by_iris else best.score < 0.7
        assert by_face == by_iris
        return by_face

    def come_and_go(self, who: range, seed: int) -> None:
        rng = np.random.default_rng(seed)
        there: set[int] = set()
        for _ in range(CHANGES):
            at = int(rng.choice(who))
            if at in there:
                self.dismiss(at)
                there.discard(at)
            else:
                self.enrol(at)
                there.add(at)
            asked = int(rng.choice(who))
            assert self.finds(at) == (at in there)
            assert self.finds(asked) == (asked in there)
        for at in there:
            self.dismiss(at)

    def look(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        while not self.done.is_set():
            assert self.finds(int(rng.integers(STAYING)))
            self.searched(STAYING + int(rng.integers(COMING)))

    def tidy(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        while not self.done.is_set():
            for scope in self.galleries.due():
                self.galleries.rebuild(scope)
            if rng.random() < 0.05:
                building = self.galleries.begin(SITE, SECRET)
                building.add(self.store())
                building.finish()


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_enrolled_anew_is_known_at_every_moment(seed: int) -> None:
    """Two photos of each take turns; whichever is there, nobody else is nearer to the probe."""
    race = Race(seed)
    rng = np.random.default_rng(seed + 1000)
    protector, again_and_again = Protector(), range(STAYING // 2)
    photos = [[again(race.people[at], rng, 0.95) for _ in range(2)] for at in again_and_again]
    sealed = [[protector.protect(SECRET, face(one)) for one in pair] for pair in photos]
    irises = [race.members[at][1][1] for at in again_and_again]

    def enrol_anew() -> None:
        for turn in range(20):
            for at in again_and_again:
                now = [sealed[at][turn % 2], irises[at]]
                race.galleries.replace(SITE, race.references[at], now)

    def look(seed: int) -> int:
        rng, count = np.random.default_rng(seed), 0
        while not race.done.is_set():
            at = int(rng.choice(again_and_again))
            probe = race.people[at]
            found = race.galleries.faces(SITE, [face(probe)]).candidates
            assert found[0].reference == race.references[at]
            possible = [probe, *photos[at]]
            assert any(found[0].score == pytest.approx(float(probe @ one)) for one in possible)
            claimed = race.galleries.faces(
                SITE, [face(probe)], frozenset([race.references[at]])
            ).candidates
            assert [one.reference for one in claimed] == [race.references[at]]
            eye = race.galleries.irises(SITE, [race.irises[at]]).candidates[0]
            assert (eye.reference, eye.score) == (race.references[at], 1)
            count += 1
        return count

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look, seed), pool.submit(look, seed + 1)]
        try:
            pool.submit(enrol_anew).result()
        finally:
            race.done.set()
        assert sum(one.result() for one in looking) > 5
    state = race.galleries.state(SITE)
    assert state is not None
    assert (state.faces, state.irises) == (STAYING, STAYING)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_mistaken_lost_or_kept(seed: int) -> None:
    race = Race(seed)
    first, second = range(STAYING, STAYING + 20), range(STAYING + 20, STAYING + COMING)
    with ThreadPoolExecutor(5) as pool:
        watching = [pool.submit(race.look, seed), pool.submit(race.look, seed + 1)]
        watching.append(pool.submit(race.tidy, seed))
        changing = [
            pool.submit(race.come_and_go, first, 1),
            pool.submit(race.come_and_go, second, 2),
        ]
        try:
            for one in changing:
                one.result()
        finally:
            race.done.set()
        for one in watching:
            one.result()
    store = GalleryDigest()
    for reference, template in race.store():
        store.add(reference, template)
    state = race.galleries.state(SITE)
    assert state is not None
    assert (state.faces, state.irises, state.digest) == (STAYING, STAYING, store.value)
