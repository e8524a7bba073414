"""Which networks a gateway uses: one detector, one embedder, and perhaps one for liveness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gateway.matcher.models import prepared
from gateway.matcher.models.contract import Model, Origin
from gateway.matcher.models.prepared import Prepared
from gateway.matcher.models.shipped import ORIGINS, SFACE, YUNET

from gateway.domain.values import value


@value
class Entry:
    """A network and where its published file is from."""

    model: Model
    origin: Origin


@value
class Registry:
    """The networks in use and the folder of their converted files."""

    folder: Path
    files: Path | None = None
    """Holds the published files where the packages are not installed."""
    detector: Entry = Entry(model=YUNET, origin=ORIGINS[YUNET.title])
    embedder: Entry = Entry(model=SFACE, origin=ORIGINS[SFACE.title])
    liveness: Entry | None = None

    def __iter__(self) -> Iterator[Entry]:
        """Yield those in use."""
        yield self.detector
        yield self.embedder
        if self.liveness is not None:
            yield self.liveness

    def prepare(self) -> Iterator[Prepared]:
        """Convert what is not there yet, one after another; raises ModelRefused."""
        for entry in self:
            yield prepared.prepare(entry.model, entry.origin, files=self.files, folder=self.folder)

    def verified(self, entry: Entry) -> Prepared:
        """Return a converted model that is what it should be; raises ModelRefused."""
        return prepared.verify(entry.model, self.folder)
