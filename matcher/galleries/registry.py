"""All galleries in memory, and how one is built anew while it is in use.

Whoever builds says so first (`begin`): from then on every change goes into a journal as well,
which is replayed before the new gallery is swapped in. Searches take no lock here; changes take
one, for as long as a few rows need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock

import numpy as np
from gateway.matcher.galleries.gallery import Found, Gallery, Member
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.protection.layout import read
from gateway.matcher.protection.transform import foreign_secret
from numpy.typing import NDArray

from gateway.domain.matching import (
    GalleryMissing,
    GalleryState,
    ProtectedTemplate,
    Reference,
    Scope,
)
from gateway.domain.templates import FaceTemplate, IrisTemplate

Change = Callable[[Gallery], None]
DEFAULT_OPTIONS = GalleryOptions()


class Building:
    """A gallery that is being built; add its members in batches, then finish or abandon it."""

    def __init__(self, owner: Galleries, scope: Scope, gallery: Gallery) -> None:
        self._owner = owner
        self._scope = scope
        self.gallery = gallery
        self.journal: list[Change] = []
        self._seen: set[int] = set()

    def add(self, members: Sequence[Member]) -> None:
        """Add members; raises TemplateRefused."""
        new: list[Member] = []
        perhaps_old: list[Member] = []
        for member in members:
            mark = hash(member)
            (perhaps_old if mark in self._seen else new).append(member)
            self._seen.add(mark)
        self.gallery.load(new)
        self.gallery.extend(perhaps_old)

    def finish(self) -> None:
        """Swap the gallery in, with all changes since it was begun."""
        self.gallery.rebuild()
        self._owner.swap(self._scope, self)

    def abandon(self) -> None:
        """Give up; what was open stays."""
        self._owner.forget(self._scope, self)


class Galleries:
    """The galleries of all projects; every method may be called from any thread."""

    def __init__(self, options: GalleryOptions = DEFAULT_OPTIONS) -> None:
        self._options = options
        self._lock = Lock()
        self._open: dict[Scope, Gallery] = {}
        self._buildings: dict[Scope, list[Building]] = {}

    def begin(self, scope: Scope, secret: bytes) -> Building:
        """Begin to build a gallery anew; changes from now on will be part of it."""
        building = Building(self, scope, Gallery(secret, self._options))
        with self._lock:
            self._buildings.setdefault(scope, []).append(building)
        return building

    def open(self, scope: Scope, secret: bytes, members: Sequence[Member]) -> None:
        """Build a gallery anew and swap it in; raises TemplateRefused, and leaves what was open."""
        building = self.begin(scope, secret)
        try:
            building.add(members)
            building.finish()
        finally:
            building.abandon()

    def check(self, scope: Scope, members: Sequence[Member]) -> None:
        """Raise what `extend` would of an open gallery, TemplateRefused or GalleryMissing."""
        self._gallery(scope).check(members)

    def extend(self, scope: Scope, members: Sequence[Member]) -> None:
        """Add templates to a gallery, all or none; raises TemplateRefused or GalleryMissing."""
        tags = [read(template).tag for _, template in members]
        with self._lock:
            gallery, buildings = self._targets(scope, tags)
            if gallery is not None:
                gallery.extend(_fitting(gallery, members, tags))
            for one in buildings:
                fitting = _fitting(one.gallery, members, tags)
                one.journal.append(partial(Gallery.extend, members=fitting))

    def replace(
        self, scope: Scope, reference: Reference, templates: Sequence[ProtectedTemplate]
    ) -> None:
        """Have a reference stand for exactly these templates, in one step for every search.

        Raises TemplateRefused or GalleryMissing, and has changed nothing then. A gallery whose
        secret none of them went through keeps what it has until the one of the new secret is there.
        """
        members = [(reference, one) for one in templates]
        tags = [read(one).tag for one in templates]
        with self._lock:
            gallery, buildings = self._targets(scope, tags)
            if gallery is not None and (fitting := _fitting(gallery, members, tags)):
                gallery.replace(reference, _templates(fitting))
            for one in buildings:
                if fitting := _fitting(one.gallery, members, tags):
                    templates = _templates(fitting)
                    change = partial(Gallery.replace, reference=reference, templates=templates)
                    one.journal.append(change)

    def remove(self, scope: Scope, reference: Reference) -> None:
        """Take a reference out, wherever it is or is about to be."""
        with self._lock:
            for building in self._buildings.get(scope, []):
                building.journal.append(partial(Gallery.remove, reference=reference))
            gallery = self._open.get(scope)
            if gallery is not None:
                gallery.remove(reference)

    def close(self, scope: Scope) -> None:
        """Drop a gallery, and any that is being built for its place."""
        with self._lock:
            self._open.pop(scope, None)
            self._buildings.pop(scope, None)

    def faces(
        self,
        scope: Scope,
        probes: Sequence[FaceTemplate],
        among: frozenset[Reference] | None = None,
        most: int = 2,
    ) -> Found:
        """Search for one person by face; raises GalleryMissing or TemplateRefused."""
        return self._gallery(scope).faces(probes, among, most)

    def face_references(self, scope: Scope) -> dict[int, NDArray[np.int64]]:
        """Return who has faces, by algorithm; raises GalleryMissing."""
        return self._gallery(scope).face_references()

    def alike(
        self, scope: Scope, algorithm: int, some: NDArray[np.int64], least: float
    ) -> list[tuple[Reference, Reference, float]]:
        """Return who is like one of ``some``, see `Gallery.alike`; raises GalleryMissing."""
        return self._gallery(scope).alike(algorithm, some, least)

    def irises(
        self,
        scope: Scope,
        probes: Sequence[IrisTemplate],
        among: frozenset[Reference] | None = None,
    ) -> Found:
        """Search for one person by iris; raises GalleryMissing or TemplateRefused."""
        return self._gallery(scope).irises(probes, among)

    def state(self, scope: Scope) -> GalleryState | None:
        """Say what an open gallery holds."""
        gallery = self._open.get(scope)
        return gallery.state() if gallery else None

    def due(self) -> tuple[Scope, ...]:
        """Return the galleries for which `rebuild` is worth its time; ask after changes."""
        with self._lock:
            galleries = list(self._open.items())
        return tuple(scope for scope, gallery in galleries if gallery.due())

    def rebuild(self, scope: Scope) -> None:
        """Tidy a gallery up beside its searches and changes; no harm where there is none."""
        gallery = self._open.get(scope)
        if gallery is not None:
            gallery.rebuild()

    def swap(self, scope: Scope, building: Building) -> None:
        """Put a finished gallery in its place, unless it was closed or a newer one came first."""
        with self._lock:
            buildings = self._buildings.get(scope, [])
            if building not in buildings:
                return
            for change in building.journal:
                change(building.gallery)
            old = self._open.get(scope)
            if old is not None:
                building.gallery.count_from(old.state().index)
            self._open[scope] = building.gallery
            # Those begun earlier would bring back an older state, perhaps under an older secret.
            del buildings[: buildings.index(building) + 1]

    def forget(self, scope: Scope, building: Building) -> None:
        """Stop telling a building of changes."""
        with self._lock:
            buildings = self._buildings.get(scope, [])
            if building in buildings:
                buildings.remove(building)

    def _targets(
        self, scope: Scope, tags: Sequence[bytes]
    ) -> tuple[Gallery | None, Sequence[Building]]:
        """Return what a change is for, once each of its templates is of one of them."""
        gallery, buildings = self._open.get(scope), self._buildings.get(scope, [])
        if gallery is None and not buildings:
            raise _missing(scope)
        targets = [one.gallery for one in buildings] + ([gallery] if gallery else [])
        if not set(tags) <= {one.transform.tag for one in targets}:
            raise foreign_secret()
        return gallery, buildings

    def _gallery(self, scope: Scope) -> Gallery:
        gallery = self._open.get(scope)
        if gallery is None:
            raise _missing(scope)
        return gallery


def _fitting(
    gallery: Gallery, members: Sequence[Member], tags: Sequence[bytes]
) -> tuple[Member, ...]:
    """While a gallery gets a new secret, templates of the old and of the new one may come."""
    own = gallery.transform.tag
    return tuple(one for one, tag in zip(members, tags, strict=True) if tag == own)


def _templates(members: Sequence[Member]) -> tuple[ProtectedTemplate, ...]:
    return tuple(template for _, template in members)


def _missing(scope: Scope) -> GalleryMissing:
    return GalleryMissing(
        "gallery.missing",
        "The gallery is not in memory.",
        place=f"project {scope}",
        remedy="It is being loaded, or the project keeps no gallery.",
    )
