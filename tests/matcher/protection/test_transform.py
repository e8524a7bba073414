"""Protection changes no score within a project, and leaves nothing in common between two."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.protection.layout import SealedFace, SealedIris, read
from gateway.matcher.protection.transform import Protector, Transform
from gateway.matcher.vectors import Vector

from gateway.domain.matching import ProtectedTemplate, TemplateRefused
from gateway.domain.templates import Eye, IrisTemplate
from tests.matcher import eyes
from tests.matcher.faces import ALGORITHM, again, face, int8_face, strangers

ONE, TWO, THREE = (bytes([n] * 32) for n in (1, 2, 3))
PROTECTOR = Protector()


def vector(template: ProtectedTemplate) -> Vector:
    sealed = read(template)
    assert isinstance(sealed, SealedFace)
    return sealed.vector


def iris_of(template: ProtectedTemplate) -> IrisTemplate:
    """Pretend that a protected code is a plain one, to compare it bit by bit."""
    sealed = read(template)
    assert isinstance(sealed, SealedIris)
    return IrisTemplate(
        eye=sealed.eye,
        algorithm=1,
        bits=sealed.bits,
        code=sealed.code.tobytes(),
        mask=sealed.mask.tobytes(),
    )


def protected(secret: bytes, people: Vector) -> Vector:
    return np.array([vector(PROTECTOR.protect(secret, face(one))) for one in people])


@pytest.mark.parametrize("dimensions", [128, 512])
def test_face_scores_stay(dimensions: int) -> None:
    people = strangers(100, dimensions, np.random.default_rng(1))
    before = people.astype(np.float64) @ people.T
    mine = protected(ONE, people)
    after = mine.astype(np.float64) @ mine.T
    assert np.abs(before - after).max() < 1e-5
    assert np.abs(mine - people).max() > 0.1


def test_faces_of_one_person_on_two_projects_look_like_strangers() -> None:
    """500 people, two pictures each; nothing tells the same person from another one."""
    rng = np.random.default_rng(2)
    people = strangers(500, 128, rng)
    seen = np.array([again(one, rng, 0.8) for one in people])
    here, there = protected(ONE, people), protected(TWO, seen)
    scores = here.astype(np.float64) @ there.T
    same = np.diag(scores)
    others = scores[~np.eye(len(people), dtype=bool)]
    # Standard error of a mean of 500 is 0.045 deviations; four of them would be one in 16,000.
    assert abs(same.mean() - others.mean()) < 0.18 * others.std()
    assert same.std() == pytest.approx(others.std(), rel=0.15)
    # As an attacker would: how often does a same pair beat a different one? Half of the time.
    beats = (same[:, None] > rng.choice(others, 2000)[None]).mean()
    assert 0.44 < beats < 0.56
    # The same test tells them apart at once where the secret is the same one.
    linked = np.einsum("ij,ij->i", here, protected(ONE, seen))
    assert linked.min() > others.mean() + 5 * others.std()


def test_renewing_keeps_scores_and_breaks_with_the_past() -> None:
    rng = np.random.default_rng(3)
    people = strangers(20, 128, rng)
    old = [PROTECTOR.protect(ONE, face(one)) for one in people]
    new = [PROTECTOR.reprotect(one, ONE, TWO) for one in old]
    fresh = [PROTECTOR.protect(TWO, face(one)) for one in people]
    for renewed, made in zip(new, fresh, strict=True):
        assert np.abs(vector(renewed) - vector(made)).max() < 1e-5
    crossed = np.array([vector(a) @ vector(b) for a, b in zip(old, new, strict=True)])
    assert np.abs(crossed).max() < 0.5


def test_a_hundred_renewals_do_not_wear_a_template_out() -> None:
    start = PROTECTOR.protect(ONE, face(strangers(1, 64, np.random.default_rng(4))[0]))
    now, secret = start, ONE
    for turn in range(100):
        new = bytes([turn + 10] * 32)
        now, secret = PROTECTOR.reprotect(now, secret, new), new
    back = PROTECTOR.reprotect(now, secret, ONE)
    assert float(vector(back) @ vector(start)) == pytest.approx(1, abs=1e-6)


def test_int8_templates_are_protected_like_any_other() -> None:
    person = strangers(1, 128, np.random.default_rng(5))[0]
    one, other = PROTECTOR.protect(ONE, face(person)), PROTECTOR.protect(ONE, int8_face(person))
    assert float(vector(one) @ vector(other)) > 0.999


def test_a_template_of_another_secret_is_refused() -> None:
    template = PROTECTOR.protect(ONE, face(strangers(1, 64, np.random.default_rng(6))[0]))
    with pytest.raises(TemplateRefused) as caught:
        Transform(TWO).open(template)
    assert caught.value.code == "template.foreign"
    with pytest.raises(TemplateRefused):
        PROTECTOR.reprotect(template, TWO, THREE)


def test_iris_distances_stay_exactly_at_every_turn() -> None:
    rng = np.random.default_rng(7)
    transform = Transform(ONE)
    for columns in (0, 3, -8):
        plain = eyes.code(rng)
        one = eyes.iris(plain, eyes.mask(rng))
        other = eyes.iris(eyes.again(plain, rng, columns=columns), eyes.mask(rng))
        enrolled = eyes.bits_of(iris_of(transform.protect(one)))
        bits, usable = eyes.bits_of(other)
        for step in range(-8, 9):
            turned, mask = np.roll(bits, 16 * step), np.roll(usable, 16 * step)
            asked = transform.iris(eyes.ALGORITHM, turned, mask)
            both = enrolled[1] & asked[1]
            plainly = eyes.bits_of(one)[1] & mask
            assert both.sum() == plainly.sum()
            mine = ((enrolled[0] ^ asked[0]) & both).sum()
            assert mine == ((plain ^ turned) & plainly).sum()


def test_irises_of_one_eye_on_two_projects_look_like_strangers() -> None:
    rng = np.random.default_rng(8)
    same, others = [], []
    for _ in range(200):
        # Uneven on purpose: an order alone would keep how many ones there are.
        plain, stranger = ((rng.random(2048) < 0.35).astype(np.uint8) for _ in range(2))
        here = iris_of(PROTECTOR.protect(ONE, eyes.iris(plain, eyes.mask(rng))))
        there = PROTECTOR.protect(TWO, eyes.iris(eyes.again(plain, rng), eyes.mask(rng)))
        other = PROTECTOR.protect(TWO, eyes.iris(stranger, eyes.mask(rng)))
        same.append(eyes.distance(here, iris_of(there), 0))
        others.append(eyes.distance(here, iris_of(other), 0))
    assert np.mean(same) == pytest.approx(0.5, abs=0.005)
    assert np.mean(same) == pytest.approx(float(np.mean(others)), abs=0.005)
    assert np.std(same) == pytest.approx(float(np.std(others)), rel=0.25)


def test_an_iris_code_does_not_tell_how_many_ones_it_had() -> None:
    ones = eyes.iris(np.ones(2048, np.uint8))
    found, _ = eyes.bits_of(iris_of(PROTECTOR.protect(ONE, ones)))
    assert 0.4 < found.mean() < 0.6


def test_renewing_an_iris_is_exact() -> None:
    rng = np.random.default_rng(9)
    template = eyes.iris(eyes.code(rng), eyes.mask(rng), Eye.RIGHT)
    old = PROTECTOR.protect(ONE, template)
    assert PROTECTOR.reprotect(old, ONE, TWO) == PROTECTOR.protect(TWO, template)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("template.dimension", {"bits": 2040}),
        ("template.dimension", {"code": bytes(255)}),
        ("template.dimension", {"mask": bytes(255)}),
        ("template.dimension", {"bits": 0, "code": b"", "mask": None}),
        ("template.dimension", {"bits": 2044}),
        ("template.too_masked", {"mask": bytes(256)}),
    ],
)
def test_an_iris_code_that_cannot_be_is_refused(code: str, changes: dict[str, object]) -> None:
    rng = np.random.default_rng(10)
    good = eyes.iris(eyes.code(rng), eyes.mask(rng))
    fields = {name: getattr(good, name) for name in ("eye", "algorithm", "bits", "code", "mask")}
    with pytest.raises(TemplateRefused) as caught:
        PROTECTOR.protect(ONE, IrisTemplate(**{**fields, **changes}))
    assert caught.value.code == code


def test_the_same_secret_gives_the_same_template_anywhere() -> None:
    person = face(strangers(1, 128, np.random.default_rng(11))[0])
    assert Protector().protect(ONE, person) == PROTECTOR.protect(ONE, person)
    assert Transform(ONE).protect(person).algorithm == ALGORITHM
