"""The matcher of this process: pictures, galleries and protection behind the domain's port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from gateway.matcher.galleries.gallery import Found
from gateway.matcher.galleries.registry import Galleries
from gateway.matcher.iris import formats, rules
from gateway.matcher.pictures.pipeline import Pipeline
from gateway.matcher.pool import Pool, Work
from gateway.matcher.protection.transform import Protector
from gateway.matcher.vectors import cosine

from gateway.domain.matching import (
    Alike,
    Analysis,
    Answer,
    GalleryState,
    ProtectedTemplate,
    Question,
    Reference,
    Scope,
    TemplateRefused,
    TooLate,
    Trait,
)
from gateway.domain.quality import PictureReport
from gateway.domain.templates import FaceTemplate, IrisTemplate

ANALYSE_S = 10.0
"""What an analysis may wait for: the gates go first, but a long morning must not starve it."""
COMPARED = 16
"""References compared with all others in one go, about 50 ms of a hundred thousand."""
BATCH = 2_000
"""Members that are added in one go while a gallery is built; between two, questions have a turn."""


class LocalMatcher:
    """Implements `gateway.domain.matching.Matcher`; the pool belongs to whoever made it.

    Made and used in one event loop. Of a question's picture, faces and irises the first that is
    there is compared.
    """

    def __init__(self, pipeline: Pipeline, galleries: Galleries, pool: Pool) -> None:
        self._pipeline = pipeline
        self._galleries = galleries
        self._pool = pool
        self._protector = Protector()
        self._tidying: dict[Scope, asyncio.Task[None]] = {}

    @property
    def face_algorithm(self) -> int:
        """Number of the embedding model in use."""
        return self._pipeline.algorithm

    async def warm(self) -> None:
        """Run everything once to load what is loaded late, and twice more to learn its pace."""
        await self._pool.keep(self._pipeline.warm)
        for _ in range(2):
            await asyncio.gather(
                *(self._pool.run(Work.PICTURE, self._pipeline.warm) for _ in range(self._pool.size))
            )

    def wait_ms(self, question: Question) -> float:
        """Estimate how long this question would take if asked now, its own work included."""
        return 1_000 * self._pool.wait_s(_kind(question), question.deadline)

    async def analyse(self, picture: bytes) -> Analysis:
        """Find and embed the one face of a picture; raises PictureRefused or TooLate."""
        return await self._pool.run(
            Work.PICTURE, partial(self._pipeline.analyse, picture), self._pool.now() + ANALYSE_S
        )

    async def read_iris(self, picture: bytes) -> tuple[PictureReport, bytes]:
        """Measure a picture of an iris and return it as BMP; raises PictureRefused."""
        return await self._pool.keep(partial(_read_iris, picture))

    async def match(self, question: Question) -> Answer:
        """Compare; raises PictureRefused, TemplateRefused, GalleryMissing or TooLate.

        A cancelled await drops the work, if it has not begun.
        """
        work = partial(self._answer, question)
        return await self._pool.run(_kind(question), work, question.deadline)

    async def alike(self, scope: Scope, least: float) -> Sequence[Alike]:
        """Return every two references whose faces score at least so much; see the port."""
        found: list[Alike] = []
        known = await self._pool.keep(partial(self._galleries.face_references, scope))
        for algorithm, references in known.items():
            for at in range(0, len(references), COMPARED):
                some = references[at : at + COMPARED]
                # As upkeep it stands back behind whoever waits at a gate, at each step anew.
                work = partial(self._galleries.alike, scope, algorithm, some, least)
                pairs = await self._pool.keep(work)
                found += [
                    Alike(one=one, other=other, score=score, algorithm=algorithm)
                    for one, other, score in pairs
                ]
        return found

    async def compare(self, one: FaceTemplate, other: FaceTemplate) -> float:
        """Return the cosine of two templates of one model; raises TemplateRefused."""
        return cosine(one, other)

    async def open(
        self, scope: Scope, secret: bytes, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        """Build a gallery anew and swap it in; raises TemplateRefused, and leaves what was open."""
        building = self._galleries.begin(scope, secret)
        try:
            for at in range(0, len(members), BATCH):
                await self._pool.keep(partial(building.add, members[at : at + BATCH]))
            await self._pool.keep(building.finish)
        finally:
            building.abandon()

    async def check(
        self, scope: Scope, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        """Raise TemplateRefused for what an open gallery cannot take, or GalleryMissing."""
        await self._pool.keep(partial(self._galleries.check, scope, members))

    async def extend(
        self, scope: Scope, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        """Add people to an open gallery, all or none; raises TemplateRefused or GalleryMissing."""
        await self._change(partial(self._galleries.extend, scope, members))

    async def replace(
        self, scope: Scope, reference: Reference, templates: Sequence[ProtectedTemplate]
    ) -> None:
        """Have a reference stand for exactly these templates, in one step for every search."""
        await self._change(partial(self._galleries.replace, scope, reference, templates))

    async def remove(self, scope: Scope, reference: Reference) -> None:
        """Forget a reference and all its templates; no harm where there are none."""
        await self._change(partial(self._galleries.remove, scope, reference))

    async def close(self, scope: Scope) -> None:
        """Drop a gallery from memory."""
        await self._pool.keep(partial(self._galleries.close, scope))

    async def protect(
        self, secret: bytes, template: FaceTemplate | IrisTemplate
    ) -> ProtectedTemplate:
        """Transform a template for a gallery; raises TemplateRefused.

        The first of a secret derives the transform; the loop answers gates meanwhile.
        """
        return await self._pool.keep(partial(self._protector.protect, secret, template))

    async def reprotect(
        self, template: ProtectedTemplate, old: bytes, new: bytes
    ) -> ProtectedTemplate:
        """Carry a protected template from one secret to another, scores unchanged."""
        return await self._pool.keep(partial(self._protector.reprotect, template, old, new))

    def state(self, scope: Scope) -> GalleryState | None:
        """Say what an open gallery holds, None where it is not open."""
        return self._galleries.state(scope)

    async def _change(self, change: Callable[[], None]) -> None:
        await self._pool.keep(change)
        for scope in self._galleries.due():
            if scope not in self._tidying:
                self._tidying[scope] = asyncio.create_task(self._tidy(scope))

    async def _tidy(self, scope: Scope) -> None:
        try:
            with suppress(TooLate):  # the pool is closed, and nothing is searched any more
                await self._pool.keep(partial(self._galleries.rebuild, scope))
        finally:
            del self._tidying[scope]

    def _answer(self, question: Question) -> Answer:
        if question.picture is not None:
            return self._match_picture(question, question.picture)
        if question.faces:
            return self._match_faces(question)
        if question.irises:
            return self._match_irises(question)
        raise TemplateRefused(
            "template.none",
            "There is nothing to compare.",
            place="question",
            remedy="Ask with a picture or with templates.",
        )

    def _match_picture(self, question: Question, picture: bytes) -> Answer:
        began = time.perf_counter()
        seen = self._pipeline.analyse(picture)
        embedded = time.perf_counter()
        probes = (seen.template,)
        found = self._galleries.faces(question.scope, probes, question.among, question.most)
        return Answer(
            trait=Trait.FACE,
            algorithm=seen.template.algorithm,
            candidates=found.candidates,
            index=found.index,
            report=seen.report,
            liveness=seen.liveness,
            pipeline_ms=1_000 * (embedded - began),
            search_ms=1_000 * (time.perf_counter() - embedded),
        )

    def _match_faces(self, question: Question) -> Answer:
        began = time.perf_counter()
        probes = question.faces
        found = self._galleries.faces(question.scope, probes, question.among, question.most)
        return _told(Trait.FACE, question.faces[0].algorithm, found, began)

    def _match_irises(self, question: Question) -> Answer:
        began = time.perf_counter()
        found = self._galleries.irises(question.scope, question.irises, question.among)
        return _told(Trait.IRIS, question.irises[0].algorithm, found, began)


def _read_iris(picture: bytes) -> tuple[PictureReport, bytes]:
    read = formats.read(picture)
    return rules.report(read), formats.write(read.pixels, formats.IrisFormat.BMP)


def _kind(question: Question) -> Work:
    if question.picture is not None:
        return Work.PICTURE
    return Work.FACE_TEMPLATES if question.faces else Work.IRISES


def _told(trait: Trait, algorithm: int, found: Found, began: float) -> Answer:
    return Answer(
        trait=trait,
        algorithm=algorithm,
        candidates=found.candidates,
        index=found.index,
        search_ms=1_000 * (time.perf_counter() - began),
    )
