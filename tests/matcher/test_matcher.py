"""The whole matcher: real pictures of known people, enrolled, protected, searched and forgotten."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.registry import Galleries
from gateway.matcher.matcher import LocalMatcher
from gateway.matcher.pictures.pipeline import Pipeline
from gateway.matcher.pool import Pool, Work

from gateway.domain.matching import (
    GalleryMissing,
    Matcher,
    PictureRefused,
    ProtectedTemplate,
    Question,
    Reference,
    Scope,
    TemplateRefused,
    TooLate,
    Trait,
)
from gateway.domain.templates import Eye, IrisTemplate
from tests.support.faces import encoded, on_canvas, orl, portrait

SCOPE, OTHER = Scope(1), Scope(2)
SECRET, ANOTHER = bytes(range(32)), bytes(range(1, 33))
PEOPLE = range(1, 11)

Story = Callable[[LocalMatcher], Awaitable[None]]
Members = list[tuple[Reference, ProtectedTemplate]]


def play(
    pipeline: Pipeline, story: Story, galleries: Galleries | None = None, threads: int = 2
) -> None:
    pool = Pool(threads=threads)

    async def run() -> None:
        matcher = LocalMatcher(pipeline, galleries or Galleries(), pool)
        await story(matcher)

    try:
        asyncio.run(run())
    finally:
        pool.close()


def soon() -> float:
    return time.monotonic() + 60


async def enrolled(matcher: Matcher, secret: bytes = SECRET) -> Members:
    """Reference 100 + n is person n, by the first picture."""
    members = []
    for person in PEOPLE:
        seen = await matcher.analyse(portrait(person, 1))
        protected = await matcher.protect(secret, seen.template)
        members.append((Reference(100 + person), protected))
    return members


def asks(person: int, number: int = 5, scope: Scope = SCOPE) -> Question:
    return Question(scope=scope, deadline=soon(), picture=portrait(person, number))


def test_everybody_enrolled_is_found_by_another_picture(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, await enrolled(matcher))
        answers = await asyncio.gather(*(matcher.match(asks(person)) for person in PEOPLE))
        for person, answer in zip(PEOPLE, answers, strict=True):
            best, second = answer.candidates
            assert best.reference == 100 + person
            assert best.score > 0.45 > second.score
            assert (answer.trait, answer.algorithm) == (Trait.FACE, matcher.face_algorithm)
            assert answer.report is not None
            assert answer.report.faces == 1
            assert answer.pipeline_ms > answer.search_ms > 0

    play(pipeline, story)


def test_a_stranger_is_like_nobody(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, await enrolled(matcher))
        for person in range(21, 27):
            best, _ = (await matcher.match(asks(person))).candidates
            assert best.score < 0.45

    play(pipeline, story)


def test_a_claim_is_compared_with_the_claimed_alone(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, await enrolled(matcher))
        true = replace(asks(3), among=frozenset({Reference(103)}))
        false = replace(asks(3), among=frozenset({Reference(104)}))
        (one,) = (await matcher.match(true)).candidates
        (other,) = (await matcher.match(false)).candidates
        assert (one.reference, other.reference) == (103, 104)
        assert one.score > 0.45 > other.score

    play(pipeline, story)


def test_a_template_finds_whom_the_picture_finds(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, await enrolled(matcher))
        template = (await matcher.analyse(portrait(6, 5))).template
        by_template = await matcher.match(Question(scope=SCOPE, deadline=soon(), faces=(template,)))
        assert by_template.candidates == (await matcher.match(asks(6))).candidates
        assert by_template.report is None
        assert await matcher.compare(template, template) == pytest.approx(1)

    play(pipeline, story)


def test_who_was_removed_is_found_by_no_later_question(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, await enrolled(matcher))
        await matcher.remove(SCOPE, Reference(102))
        answer = await matcher.match(asks(2))
        assert 102 not in {one.reference for one in answer.candidates}
        assert answer.candidates[0].score < 0.45
        state = matcher.state(SCOPE)
        assert state is not None
        assert state.faces == len(PEOPLE) - 1

    play(pipeline, story)


def test_an_enrolment_gets_its_turn_while_gates_ask_without_end(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its own wait is shortened: ten seconds of questions would take ten seconds."""
    monkeypatch.setattr("gateway.matcher.matcher.ANALYSE_S", 61.0)

    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, await enrolled(matcher))
        asked = asks(1)
        gates = [asyncio.create_task(matcher.match(asked)) for _ in range(8)]
        photo = asyncio.create_task(matcher.analyse(portrait(11, 1)))
        for _ in range(300):
            await asyncio.wait([*gates, photo], return_when=asyncio.FIRST_COMPLETED)
            if photo.done():
                break
            question = replace(asked, deadline=soon())
            gates = [
                asyncio.create_task(matcher.match(question)) if one.done() else one for one in gates
            ]
        assert photo.done()
        await asyncio.gather(*gates)

    play(pipeline, story, threads=1)


def test_a_removal_is_done_though_the_queue_is_full(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, await enrolled(matcher))
        flood = [asyncio.create_task(matcher.match(asks(1))) for _ in range(100)]
        await asyncio.sleep(0)
        await matcher.remove(SCOPE, Reference(102))
        answers = await asyncio.gather(*flood, return_exceptions=True)
        assert any(isinstance(one, TooLate) for one in answers)
        assert 102 not in {one.reference for one in (await matcher.match(asks(2))).candidates}

    play(pipeline, story)


def test_the_loop_goes_on_while_the_transform_of_a_secret_is_derived(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        seen = await matcher.analyse(portrait(1, 1))
        making = asyncio.ensure_future(matcher.protect(ANOTHER, seen.template))
        turns = 0
        while not making.done():
            await asyncio.sleep(0)
            turns += 1
        assert turns > 1, "made in the loop it is there after one turn"

    play(pipeline, story)


def test_galleries_share_nothing_and_a_new_secret_keeps_the_scores(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        members = await enrolled(matcher)
        await matcher.open(SCOPE, SECRET, members)
        with pytest.raises(TemplateRefused):
            await matcher.open(OTHER, ANOTHER, members)
        with pytest.raises(GalleryMissing):
            await matcher.match(asks(1, scope=OTHER))
        carried = [(who, await matcher.reprotect(one, SECRET, ANOTHER)) for who, one in members]
        await matcher.open(OTHER, ANOTHER, carried)
        here, there = [
            (await matcher.match(asks(4, scope=scope))).candidates for scope in (SCOPE, OTHER)
        ]
        assert here[0].reference == there[0].reference == 104
        assert here[0].score == pytest.approx(there[0].score, abs=1e-5)
        await matcher.close(OTHER)
        assert matcher.state(OTHER) is None

    play(pipeline, story)


def test_irises_are_compared_too(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        irises = [
            IrisTemplate(eye=Eye.LEFT, algorithm=0x201, bits=2_048, code=secrets.token_bytes(256))
            for _ in range(5)
        ]
        members = [
            (Reference(number), await matcher.protect(SECRET, iris))
            for number, iris in enumerate(irises)
        ]
        await matcher.open(SCOPE, SECRET, members[:3])
        await matcher.extend(SCOPE, members[3:])
        question = Question(scope=SCOPE, deadline=soon(), irises=(irises[4],))
        answer = await matcher.match(question)
        assert (answer.trait, answer.algorithm) == (Trait.IRIS, 0x201)
        assert answer.candidates[0].reference == 4
        assert answer.candidates[0].score > 0.9 > answer.candidates[1].score

    play(pipeline, story)


def test_what_cannot_be_compared_is_refused(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        await matcher.open(SCOPE, SECRET, [])
        with pytest.raises(TemplateRefused) as empty:
            await matcher.match(Question(scope=SCOPE, deadline=soon()))
        assert empty.value.code == "template.none"
        with pytest.raises(PictureRefused) as caught:
            await matcher.match(replace(asks(1), picture=b"no picture"))
        assert caught.value.code == "picture.not_an_image"
        two = encoded(on_canvas(orl(1, 1), orl(2, 1)))
        with pytest.raises(PictureRefused) as several:
            await matcher.match(replace(asks(1), picture=two))
        assert several.value.code == "picture.several_faces"
        with pytest.raises(TooLate):
            await matcher.match(replace(asks(1), deadline=time.monotonic() - 1))
        assert (await matcher.match(asks(1))).candidates == ()

    play(pipeline, story)


def test_pictures_at_once_are_analysed_as_each_alone(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        pictures = [portrait(person, 1) for person in range(1, 7)] * 3
        found = await asyncio.gather(*(matcher.analyse(one) for one in pictures))
        assert list(found) == [pipeline.analyse(one) for one in pictures]

    play(pipeline, story, threads=4)


def test_warming_learns_the_pace_of_this_machine(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        guess = matcher.wait_ms(asks(1))
        assert guess == pytest.approx(2_000 * Work.PICTURE.value)
        await matcher.warm()
        assert 0 < matcher.wait_ms(asks(1)) != guess

    play(pipeline, story)


def test_a_template_is_known_to_take_less_than_a_picture(pipeline: Pipeline) -> None:
    async def story(matcher: LocalMatcher) -> None:
        template = (await matcher.analyse(portrait(1, 1))).template
        by_template = Question(scope=SCOPE, deadline=soon(), faces=(template,))
        assert matcher.wait_ms(by_template) < matcher.wait_ms(asks(1)) / 5

    play(pipeline, story)


def test_a_gallery_is_tidied_up_beside_its_questions(pipeline: Pipeline) -> None:
    galleries = Galleries(GalleryOptions(least_waste=1, waste=0.01))

    async def story(matcher: LocalMatcher) -> None:
        members = await enrolled(matcher)
        await matcher.open(SCOPE, SECRET, members)
        for reference, _ in members[:6]:
            await matcher.remove(SCOPE, reference)
        async with asyncio.timeout(60):
            while galleries.due():
                assert (await matcher.match(asks(9))).candidates[0].reference == 109
        state = matcher.state(SCOPE)
        assert state is not None
        assert state.faces == 4

    play(pipeline, story, galleries)


def test_it_is_the_port(pipeline: Pipeline) -> None:
    pool = Pool(threads=1)
    try:
        port: Matcher = LocalMatcher(pipeline, Galleries(), pool)
        assert port.face_algorithm == 0x0101
    finally:
        pool.close()
