"""A matcher of time and failure: real comparisons of tiny vectors, by one worker that takes time.

What it says about a picture is what the picture says: its bytes are the vector.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import pack, unpack

from gateway.domain.digests import GalleryDigest
from gateway.domain.matching import (
    Alike,
    Analysis,
    Answer,
    Candidate,
    GalleryMissing,
    GalleryState,
    PictureRefused,
    ProtectedTemplate,
    Question,
    Reference,
    Scope,
    TemplateRefused,
    TooLate,
    Trait,
)
from gateway.domain.quality import Finding, PictureReport
from gateway.domain.templates import ElementType, Eye, FaceTemplate, IrisTemplate
from tests.support.virtual_time import clock

FACES, IRISES = 0x0101, 7
Vector = tuple[float, ...]


def face(*angles: float, algorithm: int = FACES) -> FaceTemplate:
    """A face in three dimensions; cosines of angles are its scores."""
    data = pack(f"<{len(angles)}f", *angles)
    return FaceTemplate(
        algorithm=algorithm,
        dimensions=len(angles),
        elements=ElementType.FLOAT32,
        normalised=True,
        scale=0.0,
        data=data,
    )


def turned(degrees: float) -> FaceTemplate:
    """A face so far from the one at 0."""
    return face(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0.0)


def iris(*elements: float) -> IrisTemplate:
    """An iris, compared by the cosine like a face: the fake is about time."""
    data = pack(f"<{len(elements)}f", *elements)
    return IrisTemplate(eye=Eye.LEFT, algorithm=IRISES, bits=len(data) * 8, code=data)


def picture(template: FaceTemplate, *unmet: str) -> bytes:
    """A picture of that face that does not meet these rules."""
    return b"JPEG" + template.data.hex().encode() + b"|" + ",".join(unmet).encode()


@dataclass
class FakeMatcher:
    """Implements `gateway.domain.matching.Matcher`."""

    work_s: float = 0.0
    """What one comparison takes; there is one worker."""
    liveness: float | None = None
    failing: dict[str, Exception] = field(default_factory=dict)
    """By method: raised instead of doing it."""
    galleries: dict[Scope, dict[Reference, set[ProtectedTemplate]]] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    begun: int = 0
    opened: list[Scope] = field(default_factory=list)
    before_answer: asyncio.Event | None = None
    """Compared, but the answer is held back until this is set."""
    after_read: asyncio.Event | None = None
    """Galleries are built only when this is set."""
    face_algorithm: int = FACES
    _free_at: float = 0.0

    def _may(self, method: str) -> None:
        if method in self.failing:
            raise self.failing[method]

    def wait_ms(self, question: Question) -> float:
        self._may("wait_ms")
        return (max(0.0, self._free_at - clock().mono) + self.work_s) * 1000

    async def analyse(self, picture: bytes) -> Analysis:
        self._may("analyse")
        template, unmet = self._look(picture)
        return Analysis(report=_report(unmet), template=template, liveness=self.liveness)

    async def read_iris(self, picture: bytes) -> tuple[PictureReport, bytes]:
        self._may("read_iris")
        return _report(picture.decode()), picture

    async def match(self, question: Question) -> Answer:
        self.asked.append(question)
        self._may("match")
        begin = max(self._free_at, clock().mono)
        self._free_at = begin + self.work_s
        await asyncio.sleep(begin - clock().mono)
        if clock().mono >= question.deadline:
            raise TooLate
        self.begun += 1
        answer = self._compare(question)
        await asyncio.sleep(self.work_s)
        if self.before_answer is not None:
            await self.before_answer.wait()
        return answer

    async def alike(self, scope: Scope, least: float) -> Sequence[Alike]:
        self._may("alike")
        held = self._gallery(scope).items()
        found = []
        for one, mine in held:
            for other, theirs in held:
                scores = [_cosine(a.data, b.data) for a in mine for b in theirs]
                if one < other and scores and max(scores) >= least:
                    pair = Alike(one=one, other=other, score=max(scores), algorithm=FACES)
                    found.append(pair)
        return found

    async def compare(self, one: FaceTemplate, other: FaceTemplate) -> float:
        return _cosine(one.data, other.data)

    async def open(
        self, scope: Scope, secret: bytes, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        if self.after_read is not None:
            await self.after_read.wait()
        self._may("open")
        self.opened.append(scope)
        self.galleries[scope] = {}
        await self.extend(scope, members)

    async def check(
        self, scope: Scope, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        self._may("check")
        self._gallery(scope)

    async def extend(
        self, scope: Scope, members: Sequence[tuple[Reference, ProtectedTemplate]]
    ) -> None:
        self._may("extend")
        for reference, template in members:
            self._gallery(scope).setdefault(reference, set()).add(template)

    async def replace(
        self, scope: Scope, reference: Reference, templates: Sequence[ProtectedTemplate]
    ) -> None:
        self._may("replace")
        self._gallery(scope)[reference] = set(templates)

    async def remove(self, scope: Scope, reference: Reference) -> None:
        self._may("remove")
        self._gallery(scope).pop(reference, None)

    async def close(self, scope: Scope) -> None:
        self.galleries.pop(scope, None)

    async def protect(
        self, secret: bytes, template: FaceTemplate | IrisTemplate
    ) -> ProtectedTemplate:
        return self.sealed(template)

    def sealed(self, template: FaceTemplate | IrisTemplate) -> ProtectedTemplate:
        if isinstance(template, FaceTemplate):
            return _protected(Trait.FACE, template.algorithm, template.data)
        return _protected(Trait.IRIS, template.algorithm, template.code)

    async def reprotect(
        self, template: ProtectedTemplate, old: bytes, new: bytes
    ) -> ProtectedTemplate:
        return template

    def state(self, scope: Scope) -> GalleryState | None:
        gallery = self.galleries.get(scope)
        if gallery is None:
            return None
        held = [(ref, one) for ref, each in gallery.items() for one in each]
        digest = GalleryDigest()
        for reference, template in held:
            digest.add(reference, template)
        faces = sum(one.trait is Trait.FACE for _, one in held)
        return GalleryState(
            faces=faces, irises=len(held) - faces, index=len(held), digest=digest.value
        )

    def _gallery(self, scope: Scope) -> dict[Reference, set[ProtectedTemplate]]:
        if scope not in self.galleries:
            raise GalleryMissing("gallery.missing", "the gallery is not open.")
        return self.galleries[scope]

    def _look(self, picture: bytes) -> tuple[FaceTemplate, str]:
        written, _, unmet = picture.removeprefix(b"JPEG").partition(b"|")
        vector = bytes.fromhex(written.decode())
        if not vector:
            raise PictureRefused(
                "picture.no_face", "nobody is in this picture.", report=_report("face_count")
            )
        return face(*unpack(f"<{len(vector) // 4}f", vector)), unmet.decode()

    def _compare(self, question: Question) -> Answer:
        report = None
        if question.picture is not None:
            template, unmet = self._look(question.picture)
            probe, report = self.sealed(template), _report(unmet)
        elif question.faces:
            probe = self.sealed(question.faces[0])
        else:
            probe = self.sealed(question.irises[0])
        kind = probe.trait, probe.algorithm
        if len(probe.data) != 12:
            raise TemplateRefused("template.dimensions", "three elements are compared here.")
        gallery = self._gallery(question.scope)
        scores = [
            Candidate(
                reference=reference, score=max(_cosine(probe.data, one.data) for one in fitting)
            )
            for reference, templates in gallery.items()
            if question.among is None or reference in question.among
            if (fitting := [one for one in templates if (one.trait, one.algorithm) == kind])
        ]
        return Answer(
            trait=probe.trait,
            algorithm=probe.algorithm,
            candidates=tuple(sorted(scores, key=lambda one: -one.score)[: question.most]),
            index=len(gallery),
            report=report,
            liveness=self.liveness if question.picture else None,
        )


def _report(unmet: str) -> PictureReport:
    return PictureReport(
        format="jpeg",
        width=480,
        height=640,
        faces=1,
        findings=tuple(
            Finding(rule="R-062", code=code, measured=1.0, limit=">= 2", met=False)
            for code in unmet.split(",")
            if code
        ),
    )


def _protected(trait: Trait, algorithm: int, data: bytes) -> ProtectedTemplate:
    return ProtectedTemplate(trait=trait, algorithm=algorithm, data=data)


def _cosine(one: bytes, other: bytes) -> float:
    a, b = list(unpack("<3f", one)), list(unpack("<3f", other))
    inner = sum(float(x) * float(y) for x, y in zip(a, b, strict=True))
    return inner / math.hypot(*a) / math.hypot(*b)
