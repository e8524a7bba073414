"""The whole way of one picture: decode, find, align, measure, judge, embed. It blocks."""

from __future__ import annotations

import io

import numpy as np
from gateway.matcher.models.registry import Entry, Registry
from gateway.matcher.models.runtime import Network
from gateway.matcher.pictures import rules as face_rules
from gateway.matcher.pictures.align import TEMPLATE, align
from gateway.matcher.pictures.decode import Bounds, Picture, decode
from gateway.matcher.pictures.detect import Detector
from gateway.matcher.pictures.embed import Embedder
from gateway.matcher.pictures.faces import Face
from gateway.matcher.pictures.liveness import LivenessJudge
from gateway.matcher.pictures.measure import measure
from gateway.matcher.pictures.pose import estimate
from gateway.matcher.pictures.refine import refine
from gateway.matcher.pictures.rules import FaceRules
from PIL import Image

from gateway.domain.matching import Analysis, PictureRefused
from gateway.domain.quality import Finding, PictureReport

LEAST_EYE_DISTANCE = 16
"""Pixels below which nothing is embedded, whatever a policy waives: at 16 an embedder misses 2 % of
the right people, at 8 most, and blurs resemble one another."""


class Pipeline:
    """The networks in use and how they are applied; thread-safe."""

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        *,
        liveness: LivenessJudge | None = None,
        rules: FaceRules | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self.detector = detector
        self._embedder = embedder
        self._liveness = liveness
        self._rules = rules or FaceRules()
        self._bounds = bounds or Bounds()

    @property
    def algorithm(self) -> int:
        """Number of the embedding model in use."""
        return self._embedder.algorithm

    def analyse(self, data: bytes) -> Analysis:
        """Return what a picture gives; raises PictureRefused, with a report once it was decoded."""
        picture = decode(data, self._bounds)
        faces = self.detector.find(picture.image)
        report = self._report(picture, len(faces))
        face = refine(self.detector, picture.image, _only(faces, report))
        aligned = align(picture.image, face.points)
        found = face_rules.of_face(
            picture, face, estimate(face.points), measure(aligned), self._rules
        )
        liveness = self._liveness.judge(picture.image, face) if self._liveness else None
        return Analysis(
            report=self._report(picture, len(faces), found),
            template=self._embedder.embed(picture.image, face, aligned),
            liveness=liveness,
        )

    def warm(self) -> None:
        """Run every part once, so that the first person at a gate waits no longer than others."""
        image = Image.effect_noise((640, 480), 64).convert("RGB")
        out = io.BytesIO()
        image.save(out, "JPEG", quality=90)
        picture = decode(out.getvalue(), self._bounds)
        self.detector.find(picture.image)
        points = TEMPLATE + 100
        left, top, right, bottom = 100.0, 100.0, 212.0, 212.0
        face = Face(left=left, top=top, right=right, bottom=bottom, score=1, points=points)
        aligned = align(picture.image, face.points)
        face_rules.of_face(picture, face, estimate(points), measure(aligned), self._rules)
        if self._liveness:
            self._liveness.judge(picture.image, face)
        self._embedder.embed(picture.image, face, aligned)

    def _report(
        self, picture: Picture, faces: int, more: tuple[Finding, ...] = ()
    ) -> PictureReport:
        return PictureReport(
            format=picture.format,
            width=picture.width,
            height=picture.height,
            faces=faces,
            findings=face_rules.of_picture(picture, faces, self._rules) + more,
        )


def load(registry: Registry, *, rules: FaceRules, bounds: Bounds) -> Pipeline:
    """Verify and load the networks of a registry; raises ModelRefused."""

    def network(entry: Entry) -> Network:
        return Network(entry.model, registry.verified(entry).path)

    judge = None
    if registry.liveness is not None:
        contract = registry.liveness.model.liveness
        assert contract is not None
        judge = LivenessJudge(network(registry.liveness), contract)
    return Pipeline(
        Detector(network(registry.detector)),
        Embedder(network(registry.embedder)),
        liveness=judge,
        rules=rules,
        bounds=bounds,
    )


def _only(faces: list[Face], report: PictureReport) -> Face:
    if not faces:
        raise PictureRefused(
            "picture.no_face",
            "there is no face in the picture.",
            place="picture",
            remedy="Take it again, upright and from the front.",
            report=report,
        )
    if len(faces) > 1:
        raise PictureRefused(
            "picture.several_faces",
            f"there are {len(faces)} faces in the picture.",
            place="picture",
            remedy="Take it again with one person in it.",
            report=report,
        )
    face = faces[0]
    if not face.eye_distance >= LEAST_EYE_DISTANCE or not np.isfinite(face.points).all():
        raise PictureRefused(
            "picture.face_too_small",
            f"the eyes are {face.eye_distance:.0f} pixels apart, {LEAST_EYE_DISTANCE} at least "
            "are needed.",
            place="picture",
            remedy="Take it again from closer by.",
            report=report,
        )
    return face
