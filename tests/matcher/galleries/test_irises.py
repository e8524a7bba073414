"""Irises in a gallery: exact distances, tilted heads, and never a left eye for a right one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from gateway.matcher.galleries.gallery import Gallery
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.iris.layout import IrisLayout
from gateway.matcher.iris.scores import IrisRules
from gateway.matcher.protection.transform import Protector

from gateway.domain.digests import GalleryDigest
from gateway.domain.matching import Reference, TemplateRefused
from gateway.domain.templates import Eye, IrisTemplate
from tests.matcher import eyes
from tests.matcher.faces import face, references, strangers

SECRET = bytes([1] * 32)
PROTECTOR = Protector()
PLAIN = GalleryOptions(iris=IrisRules(usual_common=1.0, strangers=0.5))
REFERENCES = references(40)


class Site:
    """Forty people with both eyes, of whom some are enrolled."""

    def __init__(self, options: GalleryOptions | None = None) -> None:
        self.rng = np.random.default_rng(1)
        self.codes = {
            (at, eye): eyes.code(self.rng) for at in range(len(REFERENCES)) for eye in Eye
        }
        self.gallery = Gallery(SECRET, options or GalleryOptions())

    def template(self, at: int, eye: Eye, noise: float = 0.1, columns: int = 0) -> IrisTemplate:
        seen = eyes.again(self.codes[at, eye], self.rng, noise, columns)
        return eyes.iris(seen, eyes.mask(self.rng, 0.87), eye)

    def enrol(self, at: int, *which: Eye) -> list[IrisTemplate]:
        templates = [self.template(at, eye) for eye in which]
        sealed = [(REFERENCES[at], PROTECTOR.protect(SECRET, one)) for one in templates]
        self.gallery.extend(sealed)
        return templates

    def scores(self, *probes: IrisTemplate) -> dict[Reference, float]:
        found = self.gallery.irises(probes)
        return {one.reference: one.score for one in found.candidates}


def refused(code: str, work: Callable[[], object]) -> None:
    with pytest.raises(TemplateRefused) as caught:
        work()
    assert caught.value.code == code


@pytest.mark.parametrize("columns", [-8, -3, 0, 8])
def test_a_person_is_found_with_a_tilted_head(columns: int) -> None:
    site = Site()
    for at in range(40):
        site.enrol(at, Eye.LEFT, Eye.RIGHT)
    for at in range(0, 40, 5):
        found = site.scores(site.template(at, Eye.RIGHT, columns=columns))
        assert next(iter(found)) == REFERENCES[at]
        best, second = found.values()
        assert best > 0.75
        assert second < 0.6


def test_the_score_is_the_corrected_distance_of_the_unprotected_codes() -> None:
    site = Site(PLAIN)
    (enrolled,) = site.enrol(0, Eye.LEFT)
    probe = site.template(0, Eye.LEFT, columns=5)
    raw = eyes.distance(enrolled, probe)
    usable = [
        int((eyes.bits_of(enrolled)[1] & np.roll(eyes.bits_of(probe)[1], 16 * step)).sum())
        for step in range(-8, 9)
    ]
    (score,) = site.scores(probe).values()
    at_best = [1 - (0.5 - (0.5 - raw) * np.sqrt(count / 2048)) for count in usable]
    assert min(abs(score - one) for one in at_best) < 1e-12


def test_both_enrolled_one_presented() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT, Eye.RIGHT)
    for eye in Eye:
        assert site.scores(site.template(0, eye))[REFERENCES[0]] > 0.75


def test_left_enrolled_right_presented_is_no_match() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT)
    assert site.scores(site.template(0, Eye.RIGHT)) == {}
    # Not even with the very same code.
    stolen = site.template(0, Eye.LEFT, noise=0)
    assert site.scores(eyes.iris(*eyes.bits_of(stolen), eye=Eye.RIGHT)) == {}


def test_left_enrolled_both_presented_passes_on_the_left() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT)
    site.enrol(1, Eye.LEFT, Eye.RIGHT)
    found = site.scores(site.template(0, Eye.LEFT), site.template(0, Eye.RIGHT))
    assert next(iter(found)) == REFERENCES[0]
    assert found[REFERENCES[0]] > 0.75


def test_two_noisy_eyes_are_better_than_one() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT, Eye.RIGHT)
    left, right = (site.template(0, eye, noise=0.28) for eye in Eye)
    both = site.scores(left, right)[REFERENCES[0]]
    assert both > max(site.scores(left)[REFERENCES[0]], site.scores(right)[REFERENCES[0]])


def test_a_claim_is_compared_with_nobody_else() -> None:
    site = Site()
    for at in range(3):
        site.enrol(at, Eye.LEFT)
    probe = site.template(0, Eye.LEFT)
    found = site.gallery.irises([probe], among=frozenset({REFERENCES[1]}))
    assert [one.reference for one in found.candidates] == [REFERENCES[1]]
    assert found.candidates[0].score < 0.6
    nobody = site.gallery.irises([probe], among=frozenset({REFERENCES[30]}))
    assert nobody.candidates == ()


def test_removed_people_are_not_found_and_not_kept() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT, Eye.RIGHT)
    site.enrol(1, Eye.LEFT, Eye.RIGHT)
    site.gallery.remove(REFERENCES[0])
    assert list(site.scores(site.template(0, Eye.LEFT))) == [REFERENCES[1]]
    assert site.gallery.state().irises == 2
    for shelf in site.gallery._shelves():
        assert not shelf.rows.view().data[0].any()
    site.gallery.remove(REFERENCES[1])
    assert site.scores(site.template(0, Eye.LEFT)) == {}


def test_the_digest_is_that_of_the_store() -> None:
    site = Site()
    store = GalleryDigest()
    for at in range(5):
        for template in site.enrol(at, Eye.LEFT, Eye.RIGHT):
            store.add(REFERENCES[at], PROTECTOR.protect(SECRET, template))
    assert site.gallery.state().digest == store.value


def test_a_probe_of_too_few_usable_bits_is_refused() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT)
    usable = np.zeros(2048, np.uint8)
    usable[:400] = 1
    probe = eyes.iris(site.codes[0, Eye.LEFT], usable)
    refused("template.too_masked", lambda: site.gallery.irises([probe]))


def test_codes_with_too_little_in_common_say_nothing() -> None:
    site = Site()
    left, right = np.zeros(2048, np.uint8), np.zeros(2048, np.uint8)
    left[:1000], right[1000:] = 1, 1
    code = site.codes[0, Eye.LEFT]
    enrolled = PROTECTOR.protect(SECRET, eyes.iris(code, left))
    site.gallery.extend([(REFERENCES[0], enrolled)])
    probe = eyes.iris(code, right)
    refused("template.too_masked", lambda: site.gallery.irises([probe]))
    site.enrol(1, Eye.LEFT)
    assert list(site.scores(probe)) == [REFERENCES[1]]


def test_what_does_not_belong_together_is_refused() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT)
    probe = site.template(0, Eye.LEFT)
    refused("template.twice", lambda: site.gallery.irises([probe, probe]))
    plain = site.codes[0, Eye.LEFT]
    foreign = eyes.iris(plain, algorithm=9)
    refused("template.foreign", lambda: site.gallery.irises([foreign]))
    refused("template.mixed", lambda: site.gallery.irises([probe, foreign]))
    short = eyes.iris(plain[:1024])
    refused("template.dimension", lambda: site.gallery.irises([short]))
    sealed = PROTECTOR.protect(SECRET, short)
    refused("template.dimension", lambda: site.gallery.extend([(REFERENCES[1], sealed)]))
    odd = PROTECTOR.protect(SECRET, eyes.iris(plain[:8], algorithm=9))
    refused("template.layout", lambda: site.gallery.extend([(REFERENCES[1], odd)]))


def test_an_algorithm_with_a_layout_of_its_own() -> None:
    layout = IrisLayout(columns=256, rows=16, bits=4, by_column=False)
    gallery = Gallery(SECRET, GalleryOptions(layouts={9: layout}))
    rng = np.random.default_rng(2)
    plain = eyes.code(rng, layout.size)
    enrolled = PROTECTOR.protect(SECRET, eyes.iris(plain, algorithm=9))
    gallery.extend([(REFERENCES[0], enrolled)])
    tilted = np.roll(plain.reshape(16, 256, 4), 6, axis=1).reshape(-1)
    (best,) = gallery.irises([eyes.iris(tilted, algorithm=9)]).candidates
    assert best.score == 1
    wrong = np.roll(plain, 6 * 64)
    (worst,) = gallery.irises([eyes.iris(wrong, algorithm=9)]).candidates
    assert worst.score < 0.6


def test_faces_and_irises_live_side_by_side() -> None:
    site = Site()
    site.enrol(0, Eye.LEFT)
    person = strangers(1, 64, site.rng)[0]
    site.gallery.extend([(REFERENCES[0], PROTECTOR.protect(SECRET, face(person)))])
    state = site.gallery.state()
    assert (state.faces, state.irises) == (1, 1)
    site.gallery.remove(REFERENCES[0])
    state = site.gallery.state()
    assert (state.faces, state.irises, state.digest) == (0, 0, bytes(32))
