"""Proves that a gallery in memory holds what the store holds, by count and by digest."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.domain.digests import GalleryDigest
from gateway.domain.errors import GatepostError
from gateway.domain.matching import Matcher, ProtectedTemplate, Reference, Scope, Trait

Member = tuple[Reference, ProtectedTemplate]


class Expected:
    """What was read from the store, counted batch by batch so that nothing else waits for it."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._distinct: set[Member] = set()
        self._digest = GalleryDigest()
        self._counts = dict.fromkeys(Trait, 0)

    def add(self, members: Iterable[Member]) -> None:
        """Count a batch in; the same template of one person twice is in a gallery once."""
        for member in members:
            self.members.append(member)
            if member not in self._distinct:
                self._distinct.add(member)
                self._digest.add(*member)
                self._counts[member[1].trait] += 1

    def prove(self, matcher: Matcher, scope: Scope) -> None:
        """Compare with a gallery that was opened with these members; raises ``gallery.differs``."""
        state = matcher.state(scope)
        found = None if state is None else (state.faces, state.irises, state.digest)
        expected = self._counts[Trait.FACE], self._counts[Trait.IRIS], self._digest.value
        if found != expected:
            raise GatepostError(
                "gallery.differs",
                "a gallery in memory is not what the store holds.",
                place=f"project {scope}",
                remedy="It is not used; report it.",
            )
