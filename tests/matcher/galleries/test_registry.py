"""Galleries open, close and are built anew while people come and go."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.registry import Galleries
from gateway.matcher.protection.transform import Protector

from gateway.domain.digests import GalleryDigest
from gateway.domain.errors import GatepostError
from gateway.domain.matching import ProtectedTemplate, Scope, Trait
from gateway.domain.templates import Eye
from tests.matcher import eyes
from tests.matcher.faces import face, references, strangers

OLD, NEW = bytes([1] * 32), bytes([2] * 32)
PROTECTOR = Protector()
SITE, ELSEWHERE = Scope(4), Scope(5)
PEOPLE = strangers(60, 32, np.random.default_rng(1))
REFERENCES = references(60)
UNDER_OLD, UNDER_NEW = (
    [
        (ref, PROTECTOR.protect(secret, face(one)))
        for ref, one in zip(REFERENCES, PEOPLE, strict=True)
    ]
    for secret in (OLD, NEW)
)
OPTIONS = GalleryOptions(quantise_above=20, least_waste=5)


def holding(count: int) -> Galleries:
    galleries = Galleries(OPTIONS)
    galleries.open(SITE, OLD, UNDER_OLD[:count])
    return galleries


def best(galleries: Galleries, at: int) -> int | None:
    found = galleries.faces(SITE, [face(PEOPLE[at])]).candidates
    return int(found[0].reference) if found else None


def knows(galleries: Galleries, at: int) -> bool:
    return best(galleries, at) == REFERENCES[at]


def refused(code: str, work: Callable[[], object]) -> None:
    with pytest.raises(GatepostError) as caught:
        work()
    assert caught.value.code == code


def test_a_gallery_that_is_not_open_is_missing_not_empty() -> None:
    galleries = Galleries()
    for work in (
        lambda: galleries.faces(SITE, [face(PEOPLE[0])]),
        lambda: galleries.irises(SITE, [eyes.iris(eyes.code(np.random.default_rng(1)))]),
        lambda: galleries.extend(SITE, UNDER_OLD[:1]),
    ):
        refused("gallery.missing", work)
    assert galleries.state(SITE) is None
    galleries.remove(SITE, REFERENCES[0])
    galleries.rebuild(SITE)
    galleries.close(SITE)


def test_projects_have_nothing_in_common() -> None:
    galleries = holding(10)
    galleries.open(ELSEWHERE, NEW, UNDER_NEW[10:20])
    assert knows(galleries, 3)
    assert not knows(galleries, 13)
    elsewhere = galleries.faces(ELSEWHERE, [face(PEOPLE[3])]).candidates
    assert REFERENCES[3] not in [one.reference for one in elsewhere]
    galleries.close(SITE)
    refused("gallery.missing", lambda: best(galleries, 3))
    assert galleries.faces(ELSEWHERE, [face(PEOPLE[13])]).candidates[0].reference == REFERENCES[13]


def test_opening_again_replaces_and_counts_on() -> None:
    galleries = holding(10)
    galleries.extend(SITE, UNDER_OLD[10:11])
    before = galleries.state(SITE)
    galleries.open(SITE, OLD, UNDER_OLD[5:8])
    after = galleries.state(SITE)
    assert before is not None
    assert after is not None
    assert after.faces == 3
    assert after.index > before.index
    assert not knows(galleries, 3)


def test_changes_during_a_building_are_part_of_it() -> None:
    galleries = holding(10)
    building = galleries.begin(SITE, OLD)
    building.add(UNDER_OLD[:5])
    galleries.extend(SITE, UNDER_OLD[20:22])
    galleries.remove(SITE, REFERENCES[1])
    building.add(UNDER_OLD[5:10])
    galleries.remove(SITE, REFERENCES[21])
    galleries.remove(SITE, REFERENCES[7])
    galleries.extend(SITE, UNDER_OLD[7:8])
    assert knows(galleries, 20), "already before the swap"
    building.finish()
    left = [at for at in range(10) if at != 1] + [20]
    assert [at for at in range(60) if knows(galleries, at)] == left
    state, store = galleries.state(SITE), GalleryDigest()
    for at in left:
        store.add(*UNDER_OLD[at])
    assert state is not None
    assert (state.faces, state.digest) == (len(left), store.value)


def test_what_the_store_had_already_is_not_taken_twice() -> None:
    galleries = holding(3)
    building = galleries.begin(SITE, OLD)
    galleries.extend(SITE, UNDER_OLD[5:6])
    building.add(UNDER_OLD[:6])
    building.finish()
    state = galleries.state(SITE)
    assert state is not None
    assert state.faces == 6


def test_a_reference_stands_for_exactly_what_replaces_it() -> None:
    galleries = holding(10)
    moved, kept = UNDER_OLD[30][1], UNDER_OLD[31][1]
    galleries.extend(SITE, [(REFERENCES[3], kept)])
    building = galleries.begin(SITE, OLD)
    building.add(UNDER_OLD[:10])
    before = galleries.state(SITE)
    galleries.replace(SITE, REFERENCES[3], [moved, kept])
    for _ in range(2):
        assert not knows(galleries, 3)
        assert {best(galleries, at) for at in (30, 31)} == {REFERENCES[3]}
        state, store = galleries.state(SITE), GalleryDigest()
        for entry in [*UNDER_OLD[:3], *UNDER_OLD[4:10]]:
            store.add(*entry)
        for one in (moved, kept):
            store.add(REFERENCES[3], one)
        assert before is not None
        assert state is not None
        assert (state.faces, state.digest) == (11, store.value)
        assert state.index > before.index
        building.finish()
    index = galleries.state(SITE)
    galleries.replace(SITE, REFERENCES[3], [kept, moved])
    assert galleries.state(SITE) == index, "nothing changed"


def test_a_replacement_that_is_refused_changes_nothing() -> None:
    galleries = holding(10)
    before = galleries.state(SITE)
    bad = ProtectedTemplate(trait=Trait.FACE, algorithm=7, data=b"?")
    new = UNDER_OLD[30][1]
    refused("template.damaged", lambda: galleries.replace(SITE, REFERENCES[3], [new, bad]))
    refused("template.foreign", lambda: galleries.replace(SITE, REFERENCES[3], [UNDER_NEW[30][1]]))
    refused("gallery.missing", lambda: galleries.replace(ELSEWHERE, REFERENCES[3], [new]))
    assert galleries.state(SITE) == before
    assert knows(galleries, 3)


def test_while_a_new_secret_comes_whoever_is_enrolled_anew_stays_known() -> None:
    galleries = holding(10)
    building = galleries.begin(SITE, NEW)
    building.add(UNDER_NEW[:10])
    galleries.replace(SITE, REFERENCES[3], [UNDER_NEW[30][1]])
    assert knows(galleries, 3), "by the older template, until the new gallery is there"
    building.finish()
    assert not knows(galleries, 3)
    assert best(galleries, 30) == REFERENCES[3]


def test_a_first_building_takes_changes_though_nothing_is_open() -> None:
    galleries = Galleries()
    building = galleries.begin(SITE, OLD)
    galleries.extend(SITE, UNDER_OLD[5:6])
    galleries.remove(SITE, REFERENCES[2])
    refused("gallery.missing", lambda: best(galleries, 5))
    building.add(UNDER_OLD[:3])
    building.finish()
    assert [at for at in range(10) if knows(galleries, at)] == [0, 1, 5]


def test_a_new_secret_takes_over_in_one_step() -> None:
    galleries = holding(10)
    building = galleries.begin(SITE, NEW)
    building.add(UNDER_NEW[:10])
    galleries.extend(SITE, UNDER_OLD[20:21])
    galleries.extend(SITE, UNDER_NEW[21:22])
    assert knows(galleries, 20)
    assert not knows(galleries, 21)
    building.finish()
    assert [at for at in range(30) if knows(galleries, at)] == [*range(10), 21]
    refused("template.foreign", lambda: galleries.extend(SITE, UNDER_OLD[22:23]))


def test_a_building_that_fails_leaves_what_was_open() -> None:
    galleries = holding(10)
    refused("template.foreign", lambda: galleries.open(SITE, NEW, UNDER_OLD[:5]))
    assert knows(galleries, 9)
    galleries.extend(SITE, UNDER_OLD[20:21])
    assert knows(galleries, 20)


def test_an_older_building_never_replaces_a_newer_one() -> None:
    galleries = holding(1)
    first, second = galleries.begin(SITE, OLD), galleries.begin(SITE, NEW)
    first.add(UNDER_OLD[:3])
    second.add(UNDER_NEW[:5])
    second.finish()
    first.finish()
    assert knows(galleries, 4)


def test_closing_stops_a_building() -> None:
    galleries = holding(1)
    building = galleries.begin(SITE, OLD)
    building.add(UNDER_OLD[:3])
    galleries.close(SITE)
    building.finish()
    assert galleries.state(SITE) is None


def test_what_is_damaged_is_refused_before_anything_changes() -> None:
    galleries = holding(3)
    state = galleries.state(SITE)
    bad = ProtectedTemplate(trait=Trait.FACE, algorithm=7, data=b"?")
    members = [UNDER_OLD[5], (REFERENCES[6], bad)]
    refused("template.damaged", lambda: galleries.extend(SITE, members))
    assert galleries.state(SITE) == state


def test_galleries_say_when_a_rebuild_is_due() -> None:
    galleries = holding(30)
    assert galleries.due() == ()
    galleries.extend(SITE, UNDER_OLD[30:40])
    assert galleries.due() == (SITE,)
    galleries.rebuild(SITE)
    assert galleries.due() == ()
    assert knows(galleries, 35)


def test_irises_are_searched_by_project() -> None:
    rng = np.random.default_rng(3)
    galleries = Galleries()
    plain = eyes.code(rng)
    sealed = PROTECTOR.protect(OLD, eyes.iris(plain, eye=Eye.RIGHT))
    galleries.open(SITE, OLD, [(REFERENCES[0], sealed)])
    (found,) = galleries.irises(SITE, [eyes.iris(eyes.again(plain, rng), eye=Eye.RIGHT)]).candidates
    assert found.reference == REFERENCES[0]


def test_a_store_that_gives_a_template_twice_has_it_once() -> None:
    galleries = Galleries()
    building = galleries.begin(SITE, OLD)
    building.add([*UNDER_OLD[:3], *UNDER_OLD[1:2]])
    building.add(UNDER_OLD[2:4])
    building.finish()
    state, store = galleries.state(SITE), GalleryDigest()
    for entry in UNDER_OLD[:4]:
        store.add(*entry)
    assert state is not None
    assert (state.faces, state.digest) == (4, store.value)
