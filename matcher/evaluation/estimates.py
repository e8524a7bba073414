"""A rate that was counted and how sure it is."""

from __future__ import annotations

import math

import numpy as np
from gateway.matcher.evaluation import limits
from gateway.matcher.evaluation.ranking import Floats

from gateway.domain.values import value

Interval = tuple[float, float]
_ROUNDING = 1e-9


@value
class Rate:
    """A rate that was counted, with its limits at 95 % confidence."""

    errors: float
    """Whole, but for galleries of some of the persons: a mean over all such galleries."""
    trials: int
    exact: Interval
    """Clopper-Pearson, two-sided, as if trials were independent."""
    drawn: Interval | None
    """From drawing the persons anew, two-sided; None with too few persons."""
    upper: float
    """One-sided: the larger of the exact limit and that of the drawings. What can be claimed."""

    @property
    def rate(self) -> float:
        """The share of errors."""
        return self.errors / self.trials


def estimate(errors: float, trials: int, drawn: Floats | None) -> Rate:
    """Count with both kinds of limits; errors that are no whole number widen to whole ones."""
    fewest, most = math.floor(errors + _ROUNDING), math.ceil(errors - _ROUNDING)
    upper = limits.upper_limit(most, trials)
    if drawn is not None:
        upper = max(upper, float(np.nanquantile(drawn, limits.CONFIDENCE)))
    return Rate(
        errors=errors,
        trials=trials,
        exact=(limits.interval(fewest, trials)[0], limits.interval(most, trials)[1]),
        drawn=middle(drawn),
        upper=upper,
    )


def middle(drawn: Floats | None) -> Interval | None:
    """Return the interval that holds the middle 95 % of the drawings."""
    if drawn is None:
        return None
    outside = (1 - limits.CONFIDENCE) / 2
    low, high = np.nanquantile(drawn, [outside, 1 - outside])
    return float(low), float(high)
