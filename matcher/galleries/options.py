"""The bounds of galleries, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from gateway.matcher.iris.layout import IrisLayout
from gateway.matcher.iris.scores import IrisRules

from gateway.domain.values import value


@value
class GalleryOptions:
    """How galleries are kept and searched; none of it changes who is found."""

    quantise_above: int = 100_000
    """Face templates of one algorithm up to which none is kept as bytes too. Scanning 100,000 x 128
    takes two milliseconds, and bytes are a quarter of memory more."""
    depth: int = 64
    """Rows that are ranked first; more only where they do not suffice to prove the answer."""
    waste: float = 0.125
    """Share of rows struck, or not yet among the bytes, at which a rebuild is due."""
    least_waste: int = 1024
    """Rows below which none is due: scanning them takes 0.1 ms."""
    iris: IrisRules = field(default_factory=IrisRules)
    layouts: Mapping[int, IrisLayout] = field(default_factory=dict)
    """By iris algorithm; others have the default layout."""

    def too_many(self, wasted: int, rows: int) -> bool:
        """Whether so many rows of so many are worth a rebuild."""
        return wasted > max(self.least_waste, self.waste * rows)
