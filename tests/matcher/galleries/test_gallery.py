"""One gallery: changes show at once, wrong templates are refused, rebuilds change no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gateway.matcher.galleries.gallery import Gallery
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.rows import Rows
from gateway.matcher.galleries.shelves import Shelf
from gateway.matcher.protection import derivation
from gateway.matcher.protection.transform import Protector
from gateway.matcher.vectors import Vector

from gateway.domain.digests import GalleryDigest
from gateway.domain.matching import ProtectedTemplate, Reference, TemplateRefused
from gateway.domain.templates import ElementType, FaceTemplate
from tests.matcher.faces import again, face, references, strangers

SECRET, OTHER = bytes([1] * 32), bytes([2] * 32)
PROTECTOR = Protector()
SMALL = GalleryOptions(quantise_above=100, least_waste=10, depth=8)
RNG = np.random.default_rng(1)
PEOPLE = strangers(300, 64, RNG)
REFERENCES = references(300)


def sealed(vector: Vector, secret: bytes = SECRET, algorithm: int = 7) -> ProtectedTemplate:
    return PROTECTOR.protect(secret, face(vector, algorithm))


ALL = [(ref, sealed(one)) for ref, one in zip(REFERENCES, PEOPLE, strict=True)]


def gallery(count: int, options: GalleryOptions = SMALL) -> Gallery:
    made = Gallery(SECRET, options)
    made.extend(ALL[:count])
    return made


def found(one: Gallery, probe: Vector, **how: Any) -> list[int]:
    return [int(c.reference) for c in one.faces([face(probe)], **how).candidates]


def refused(code: str, work: Callable[[], object]) -> None:
    with pytest.raises(TemplateRefused) as caught:
        work()
    assert caught.value.code == code


def test_everybody_is_found_by_another_picture() -> None:
    one = gallery(50)
    for at in range(50):
        assert found(one, again(PEOPLE[at], RNG))[0] == REFERENCES[at]


def test_the_score_is_the_cosine_of_the_unprotected_templates() -> None:
    probe = again(PEOPLE[3], RNG, 0.8)
    best, second = gallery(50).faces([face(probe)]).candidates
    scores = np.sort(PEOPLE[:50].astype(np.float64) @ probe)
    assert best.score == pytest.approx(0.8, abs=1e-5)
    assert second.score == pytest.approx(scores[-2], abs=1e-5)


def test_a_change_is_visible_to_the_next_question() -> None:
    one = gallery(10)
    before = one.faces([face(PEOPLE[20])])
    assert REFERENCES[20] not in [c.reference for c in before.candidates]
    one.extend([ALL[20]])
    after = one.faces([face(PEOPLE[20])])
    assert after.candidates[0].reference == REFERENCES[20]
    assert after.index == before.index + 1
    one.remove(REFERENCES[20])
    gone = one.faces([face(PEOPLE[20])])
    assert REFERENCES[20] not in [c.reference for c in gone.candidates]
    assert gone.index == before.index + 2


def test_templates_of_one_person_are_alternatives_and_go_together() -> None:
    one = gallery(10)
    one.extend([(REFERENCES[0], sealed(PEOPLE[50])), (REFERENCES[0], sealed(PEOPLE[51]))])
    for at in (0, 50, 51):
        best, second = one.faces([face(PEOPLE[at])]).candidates
        assert best.reference == REFERENCES[0]
        assert best.score == pytest.approx(1, abs=1e-6)
        assert second.reference != REFERENCES[0]
    one.remove(REFERENCES[0])
    for at in (0, 50, 51):
        assert found(one, PEOPLE[at])[0] != REFERENCES[0]


def test_the_same_template_twice_is_there_once() -> None:
    one = gallery(10)
    state = one.state()
    one.extend([ALL[3], ALL[3]])
    assert one.state() == state
    one.extend([(REFERENCES[4], ALL[3][1])])
    assert one.state().faces == 11


def test_several_pictures_of_a_probe_count_by_the_best() -> None:
    one = gallery(50)
    blurred, sharp = again(PEOPLE[7], RNG, 0.3), again(PEOPLE[7], RNG, 0.9)
    best = one.faces([face(blurred), face(sharp)]).candidates[0]
    assert best.reference == REFERENCES[7]
    assert best.score == pytest.approx(0.9, abs=1e-5)


def test_a_claim_is_compared_with_nobody_else() -> None:
    one = gallery(50)
    probe = again(PEOPLE[7], RNG)
    assert found(one, probe, among=frozenset({REFERENCES[8]})) == [REFERENCES[8]]
    wrong = one.faces([face(probe)], among=frozenset({REFERENCES[8]})).candidates[0]
    assert wrong.score == pytest.approx(float(PEOPLE[8] @ probe), abs=1e-5)
    assert found(one, probe, among=frozenset({REFERENCES[99]})) == []
    one.remove(REFERENCES[7])
    assert found(one, probe, among=frozenset({REFERENCES[7]})) == []


def test_models_are_never_mixed() -> None:
    one = gallery(10)
    foreign = face(PEOPLE[0], algorithm=8)
    refused("template.foreign", lambda: one.faces([foreign]))
    one.extend([(REFERENCES[0], sealed(PEOPLE[200], algorithm=8))])
    assert [c.reference for c in one.faces([foreign]).candidates] == [REFERENCES[0]]
    assert len(one.faces([face(PEOPLE[0])]).candidates) == 2
    refused("template.mixed", lambda: one.faces([foreign, face(PEOPLE[0])]))
    refused("template.mixed", lambda: one.faces([]))


def test_an_empty_gallery_knows_nobody() -> None:
    one = gallery(0)
    assert one.faces([face(PEOPLE[0])]).candidates == ()
    one.extend(ALL[:1])
    one.remove(REFERENCES[0])
    assert one.faces([face(PEOPLE[0], algorithm=8)]).candidates == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_a_probe_that_is_no_vector_is_refused(bad: float) -> None:
    broken = face(np.full(64, bad, dtype=np.float32))
    code = "template.not_finite" if bad else "template.zero"
    refused(code, lambda: gallery(10).faces([broken]))


def test_another_size_is_refused_and_changes_nothing() -> None:
    one = gallery(10)
    state = one.state()
    short = strangers(1, 32, RNG)[0]
    refused("template.dimension", lambda: one.faces([face(short)]))
    refused("template.dimension", lambda: one.extend([ALL[20], (Reference(5), sealed(short))]))
    assert one.state() == state
    assert found(one, PEOPLE[20])[0] != REFERENCES[20]


def test_a_check_refuses_what_would_be_refused_and_changes_nothing() -> None:
    one = gallery(5)
    before = one.state()
    one.check([(Reference(1), sealed(PEOPLE[7]))])
    new = sealed(strangers(1, 48, RNG)[0], algorithm=8)
    one.check([(Reference(1), new)])
    short = sealed(strangers(1, 48, RNG)[0])
    refused("template.dimension", lambda: one.check([(Reference(1), short)]))
    both = [(Reference(1), new), (Reference(1), sealed(PEOPLE[7], algorithm=8))]
    refused("template.dimension", lambda: one.check(both))
    assert one.state() == before
    one.extend([(Reference(1), sealed(PEOPLE[7], algorithm=8))])


def test_a_template_of_another_gallery_is_refused_and_changes_nothing() -> None:
    one = gallery(10)
    state = one.state()
    stranger = (Reference(5), sealed(PEOPLE[20], OTHER))
    refused("template.foreign", lambda: one.extend([ALL[21], stranger]))
    assert one.state() == state


def test_the_digest_is_that_of_the_store_in_any_order() -> None:
    one = gallery(0)
    for at in RNG.permutation(40):
        one.extend([ALL[at]])
    for at in (3, 5, 8):
        one.remove(REFERENCES[at])
    store = GalleryDigest()
    kept = [entry for at, entry in enumerate(ALL[:40]) if at not in (3, 5, 8)]
    for entry in reversed(kept):
        store.add(*entry)
    assert one.state().digest == store.value
    assert one.state().faces == 37
    assert one.state().index == 43
    one.remove(Reference(12345))
    assert one.state().index == 43


def test_a_large_gallery_is_due_and_rebuilding_changes_no_answer() -> None:
    one = gallery(150)
    assert one.due()
    probes = [again(person, RNG) for person in PEOPLE[:150]]
    before = [one.faces([face(probe)]).candidates for probe in probes]
    state = one.state()
    one.rebuild()
    assert not one.due()
    assert shelf(one).quantised is not None
    assert one.state() == state
    assert [one.faces([face(probe)]).candidates for probe in probes] == before


def test_what_comes_after_a_rebuild_is_found_beside_it() -> None:
    one = gallery(150)
    one.rebuild()
    one.extend(ALL[150:155])
    assert not one.due()
    for at in (3, 149, 150, 154):
        assert found(one, again(PEOPLE[at], RNG))[0] == REFERENCES[at]
    one.extend(ALL[155:200])
    assert one.due()


def test_removed_people_are_gone_after_a_rebuild_and_the_rows_with_them() -> None:
    one = gallery(200)
    one.rebuild()
    for at in range(60):
        one.remove(REFERENCES[at])
    assert one.due()
    one.rebuild()
    assert len(shelf(one).rows) == 140
    for at in range(200):
        assert (found(one, PEOPLE[at])[0] == REFERENCES[at]) == (at >= 60)
    for at in range(60, 150):
        one.remove(REFERENCES[at])
    one.rebuild()
    assert shelf(one).quantised is None
    assert found(one, PEOPLE[199])[0] == REFERENCES[199]


def shelf(one: Gallery) -> Shelf:
    (only,) = one._shelves()
    return only


def test_removed_people_are_overwritten_at_once() -> None:
    one = gallery(150)
    one.rebuild()
    one.remove(REFERENCES[5])
    assert not shelf(one).rows.view().data[5].any()
    quantised = shelf(one).quantised
    assert quantised is not None
    probe = PEOPLE[5]
    ranking = quantised.best(one.transform.face(7, probe), 150)
    assert ranking.scores[ranking.rows == 5] == 0


def test_while_a_search_runs_nothing_is_overwritten() -> None:
    one = gallery(10)
    with one._reading(shelf(one).rows.view) as (_, view):
        one.remove(REFERENCES[5])
        assert view.data[5].any()
        assert found(one, PEOPLE[5])[0] != REFERENCES[5]
        assert view.data[5].any()
    assert not view.data[5].any()


def test_what_changes_during_a_rebuild_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = gallery(200)
    one.rebuild()
    for at in range(40):
        one.remove(REFERENCES[at])
    prepare = Shelf.prepare

    def meanwhile(self: Shelf, *args: Any) -> Any:
        prepared = prepare(self, *args)
        one.extend(ALL[200:203])
        one.remove(REFERENCES[100])
        one.remove(REFERENCES[201])
        return prepared

    monkeypatch.setattr(Shelf, "prepare", meanwhile)
    one.rebuild()
    left = [at for at in range(40, 203) if at not in (100, 201)]
    assert one.state().faces == len(left)
    digest = GalleryDigest()
    for at in left:
        digest.add(*ALL[at])
        assert found(one, PEOPLE[at])[0] == REFERENCES[at]
    assert one.state().digest == digest.value
    for at in (100, 201):
        assert found(one, PEOPLE[at])[0] != REFERENCES[at]


def test_a_first_rebuild_with_a_removal_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was struck, so the rows stay where they are: the other way through `adopt`."""
    one = gallery(150)
    prepare = Shelf.prepare

    def meanwhile(self: Shelf, *args: Any) -> Any:
        prepared = prepare(self, *args)
        one.remove(REFERENCES[7])
        one.extend(ALL[150:250])
        return prepared

    monkeypatch.setattr(Shelf, "prepare", meanwhile)
    one.rebuild()
    assert found(one, PEOPLE[7])[0] != REFERENCES[7]
    assert found(one, PEOPLE[249])[0] == REFERENCES[249]
    assert one.state().faces == 249
    assert not shelf(one).rows.view().data[7].any()


def test_probes_of_any_element_type_may_be_asked() -> None:
    probe = again(PEOPLE[3], RNG).astype("<f2")
    asked = face(PEOPLE[3])
    half = FaceTemplate(
        algorithm=asked.algorithm,
        dimensions=64,
        elements=ElementType.FLOAT16,
        normalised=True,
        scale=1.0,
        data=probe.tobytes(),
    )
    assert gallery(10).faces([half]).candidates[0].reference == REFERENCES[3]


def test_rows_in_use_change_under_the_lock_only(monkeypatch: pytest.MonkeyPatch) -> None:
    one = gallery(150)
    held: list[bool] = []

    def watched(work: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: Any, *args: Any) -> Any:
            if self is shelf(one).rows or isinstance(self, Shelf):
                held.append(one._lock.locked())
            return work(self, *args)

        return run

    for name in ("append", "strike", "wipe"):
        monkeypatch.setattr(Rows, name, watched(getattr(Rows, name)))
    monkeypatch.setattr(Shelf, "adopt", watched(Shelf.adopt))
    one.extend(ALL[150:152])
    one.load(ALL[152:154])
    one.remove(REFERENCES[3])
    one.rebuild()
    assert len(held) >= 6
    assert all(held)


def test_what_a_probe_needs_is_derived_before_the_first_one_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = gallery(1)
    monkeypatch.setattr(derivation, "rotation", None)
    assert found(one, PEOPLE[0]) == [REFERENCES[0]]
