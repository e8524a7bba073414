"""One gallery in memory: changed under a lock, searched without it.

A search notes what there is (`_reading`), works on it without the lock, and says that it is done.
Rows of removed people are overwritten as soon as no search runs; until then they are struck, and
found by nobody who begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from gateway.matcher.galleries.alike import pairs
from gateway.matcher.galleries.irises import prepared, search
from gateway.matcher.galleries.nearest import Segment, merged, nearest
from gateway.matcher.galleries.nearest import among as nearest_among
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.rows import View
from gateway.matcher.galleries.shelves import FaceShelf, IrisShelf, Shelf, Struck
from gateway.matcher.iris.layout import fitting
from gateway.matcher.protection.layout import SealedFace, SealedIris
from gateway.matcher.protection.transform import Transform
from gateway.matcher.vectors import decode
from numpy.typing import NDArray

from gateway.domain.digests import GalleryDigest
from gateway.domain.matching import (
    Candidate,
    GalleryState,
    ProtectedTemplate,
    Reference,
    TemplateRefused,
)
from gateway.domain.templates import Eye, FaceTemplate, IrisTemplate
from gateway.domain.values import value

Member = tuple[Reference, ProtectedTemplate]
T = TypeVar("T")


@value
class Found:
    """What a search gave."""

    candidates: tuple[Candidate, ...]
    """The best of different references, best first; fewer where there are fewer."""
    index: int
    """Version of the gallery that was searched."""


class Gallery:
    """The templates of one project."""

    def __init__(self, secret: bytes, options: GalleryOptions) -> None:
        self.transform = Transform(secret)
        self._options = options
        self._lock = Lock()
        self._faces: dict[int, FaceShelf] = {}
        self._irises: dict[tuple[int, Eye], IrisShelf] = {}
        self._digest = GalleryDigest()
        self._index = 0
        self._readers = 0
        self._struck: list[Struck] = []
        self._rebuilding = Lock()

    def check(self, members: Sequence[Member]) -> None:
        """Raise TemplateRefused where `extend` would; changes nothing."""
        opened = self._opened(members)
        with self._lock:
            self._with_shelves(opened)

    def extend(self, members: Sequence[Member]) -> None:
        """Add templates, all or none; raises TemplateRefused."""
        opened = self._opened(members)
        with self._lock:
            self._make_shelves(opened)
            self._index += self._add(members, opened)

    def load(self, members: Sequence[Member]) -> None:
        """Add templates none of which is there yet, all or none; raises TemplateRefused.

        Does not look for each of them among all others, so that a million take a minute.
        """
        opened = self._opened(members)
        with self._lock:
            self._make_shelves(opened)
            rows: dict[Shelf, list[tuple[Reference, NDArray[Any]]]] = {}
            for (reference, _), sealed in zip(members, opened, strict=True):
                shelf, row = self._placed(sealed)
                rows.setdefault(shelf, []).append((reference, row))
            for shelf, pairs in rows.items():
                references = np.array([ref for ref, _ in pairs], dtype=np.int64)
                shelf.rows.append(references, np.stack([row for _, row in pairs]))
            for member in members:
                self._digest.add(*member)
            self._index += bool(members)

    def remove(self, reference: Reference) -> None:
        """Take a reference and all its templates out."""
        with self._lock:
            self._index += self._strike(reference, {})
            self._wipe()

    def replace(self, reference: Reference, templates: Sequence[ProtectedTemplate]) -> None:
        """Have a reference stand for exactly these templates, or change nothing.

        One step: each search sees what was there before or what is there now. Raises
        TemplateRefused.
        """
        members = [(reference, one) for one in templates]
        opened = self._opened(members)
        with self._lock:
            self._make_shelves(opened)
            kept: dict[Shelf, list[NDArray[Any]]] = {}
            for one in opened:
                shelf, row = self._placed(one)
                kept.setdefault(shelf, []).append(row)
            struck = self._strike(reference, kept)
            self._index += self._add(members, opened) or struck
            self._wipe()

    def faces(
        self,
        probes: Sequence[FaceTemplate],
        among: frozenset[Reference] | None = None,
        most: int = 2,
    ) -> Found:
        """Search for one person, seen in one face or several; raises TemplateRefused."""
        algorithm = _the_algorithm(probes)
        vectors = [self.transform.face(algorithm, decode(probe)) for probe in probes]
        with self._reading(lambda: self._faces_now(algorithm)) as (index, now):
            if now is None:
                return Found(candidates=(), index=index)
            shelf, view, segments = now
            if {len(vector) for vector in vectors} != {shelf.dimensions}:
                raise _other_size(f"{shelf.dimensions} elements")
            if among is not None:
                found = [nearest_among(view, among, vector, most) for vector in vectors]
            else:
                depth = self._options.depth
                found = [nearest(view, segments, vector, depth, most) for vector in vectors]
            return Found(candidates=merged(found, most), index=index)

    def face_references(self) -> dict[int, NDArray[np.int64]]:
        """Return who has faces now, ascending, by algorithm."""
        with self._lock:
            views = {algorithm: shelf.rows.view() for algorithm, shelf in self._faces.items()}
        return {number: np.unique(view.references[~view.struck]) for number, view in views.items()}

    def alike(
        self, algorithm: int, some: NDArray[np.int64], least: float
    ) -> list[tuple[Reference, Reference, float]]:
        """Return who scores at least so much with one of ``some`` and has a larger reference."""
        with self._reading(lambda: self._faces.get(algorithm)) as (_, shelf):
            return [] if shelf is None else pairs(shelf.rows.view(), some, least)

    def irises(
        self, probes: Sequence[IrisTemplate], among: frozenset[Reference] | None = None
    ) -> Found:
        """Search for one person by one eye or both; raises TemplateRefused."""
        algorithm = _the_algorithm(probes)
        if len({probe.eye for probe in probes}) < len(probes):
            raise TemplateRefused("template.twice", "The same eye is there twice.")
        asked = [prepared(probe, self.transform, self._options) for probe in probes]
        eyes = [one.eye for one in asked]
        with self._reading(lambda: self._irises_now(algorithm, eyes)) as (index, views):
            return Found(candidates=search(asked, views, among, self._options), index=index)

    def state(self) -> GalleryState:
        """Say what is there."""
        with self._lock:
            return GalleryState(
                faces=sum(shelf.rows.alive for shelf in self._faces.values()),
                irises=sum(shelf.rows.alive for shelf in self._irises.values()),
                index=self._index,
                digest=self._digest.value,
            )

    def count_from(self, index: int) -> None:
        """Go on counting changes where another gallery stopped."""
        with self._lock:
            self._index += index

    def due(self) -> bool:
        """Whether a rebuild is worth its time."""
        with self._lock:
            return any(shelf.due for shelf in self._shelves())

    def rebuild(self) -> None:
        """Build anew what is due, beside the searches; what changes meanwhile is part of it.

        Needs as much memory again as the part that is rebuilt. A second call at the same time
        waits.
        """
        with self._rebuilding:
            with self._lock:
                due = [shelf for shelf in self._shelves() if shelf.due]
            for shelf in due:
                with self._reading(shelf.rows.view) as (_, view):
                    prepared = shelf.prepare(view)
                    with self._lock:
                        self._struck.append(shelf.adopt(prepared))

    def _add(self, members: Sequence[Member], opened: Sequence[SealedFace | SealedIris]) -> bool:
        changed = False
        for (reference, template), sealed in zip(members, opened, strict=True):
            shelf, row = self._placed(sealed)
            if shelf.add(reference, row):
                self._digest.add(reference, template)
                changed = True
        return changed

    def _strike(self, reference: Reference, kept: Mapping[Shelf, Sequence[NDArray[Any]]]) -> bool:
        changed = False
        for shelf in self._shelves():
            gone, struck = shelf.strike(reference, kept.get(shelf, ()))
            for template in gone:
                self._digest.remove(reference, template)
            if gone:
                self._struck.append(struck)
                changed = True
        return changed

    @contextmanager
    def _reading(self, snapshot: Callable[[], T]) -> Iterator[tuple[int, T]]:
        with self._lock:
            taken = self._index, snapshot()
            self._readers += 1
        try:
            yield taken
        finally:
            with self._lock:
                self._readers -= 1
                self._wipe()

    def _wipe(self) -> None:
        if not self._readers:
            for struck in self._struck:
                struck.wipe()
            self._struck.clear()

    def _opened(self, members: Sequence[Member]) -> list[SealedFace | SealedIris]:
        opened = [self.transform.open(template) for _, template in members]
        for one in opened:
            self.transform.ready(one)
        return opened

    def _shelves(self) -> list[Shelf]:
        return [*self._faces.values(), *self._irises.values()]

    def _make_shelves(self, members: Sequence[SealedFace | SealedIris]) -> None:
        """Make the shelves that are missing; where one is refused, none is made."""
        self._faces, self._irises = self._with_shelves(members)

    def _with_shelves(
        self, members: Sequence[SealedFace | SealedIris]
    ) -> tuple[dict[int, FaceShelf], dict[tuple[int, Eye], IrisShelf]]:
        """Return all shelves with those that these need; raises TemplateRefused."""
        faces, irises = dict(self._faces), dict(self._irises)
        for one in members:
            if isinstance(one, SealedFace):
                size = len(one.vector)
                face = faces.get(one.algorithm)
                if face is None:
                    face = FaceShelf(one.algorithm, size, self.transform.tag, self._options)
                    faces[one.algorithm] = face
                if face.dimensions != size:
                    raise _other_size(f"{face.dimensions} elements")
            else:
                key = (one.algorithm, one.eye)
                layout = self._options.layouts.get(one.algorithm)
                fitting(layout, one.bits, self._options.iris.rotations)
                if key not in irises:
                    tag = self.transform.tag
                    irises[key] = IrisShelf(*key, one.bits, tag, self._options)
                if irises[key].bits != one.bits:
                    raise _other_size(f"{irises[key].bits} bits")
        return faces, irises

    def _placed(self, one: SealedFace | SealedIris) -> tuple[Shelf, NDArray[Any]]:
        if isinstance(one, SealedFace):
            return self._faces[one.algorithm], one.vector
        shelf = self._irises[one.algorithm, one.eye]
        return shelf, shelf.row(one)

    def _faces_now(self, algorithm: int) -> tuple[FaceShelf, View, list[Segment]] | None:
        shelf = self._faces.get(algorithm)
        if shelf is None or not shelf.rows.alive:
            _refuse_foreign(algorithm, self._faces.values())
            return None
        view = shelf.rows.view()
        return shelf, view, shelf.segments(view)

    def _irises_now(self, algorithm: int, eyes: Sequence[Eye]) -> dict[Eye, tuple[int, View]]:
        own = {eye: one for (number, eye), one in self._irises.items() if number == algorithm}
        if not any(shelf.rows.alive for shelf in own.values()):
            _refuse_foreign(algorithm, self._irises.values())
        return {eye: (own[eye].bits, own[eye].rows.view()) for eye in eyes if eye in own}


def _the_algorithm(probes: Sequence[FaceTemplate] | Sequence[IrisTemplate]) -> int:
    numbers = {probe.algorithm for probe in probes}
    if len(numbers) != 1:
        raise TemplateRefused(
            "template.mixed", f"Templates of {len(numbers)} algorithms cannot be one question."
        )
    return numbers.pop()


def _other_size(expected: str) -> TemplateRefused:
    return TemplateRefused(
        "template.dimension", f"Templates of this algorithm have {expected} in this gallery."
    )


def _refuse_foreign(algorithm: int, shelves: Iterable[Shelf]) -> None:
    """An empty gallery knows nobody; one of other algorithms cannot say."""
    if any(shelf.rows.alive for shelf in shelves):
        raise TemplateRefused(
            "template.foreign",
            f"Nobody in this gallery is enrolled with algorithm {algorithm}.",
            remedy="Enrol people with the algorithm this terminal uses.",
        )
