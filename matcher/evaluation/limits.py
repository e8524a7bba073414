"""Exact confidence limits of a rate that was counted (Clopper and Pearson, 1934).

They hold for independent trials. Comparisons share persons and are not independent, so what is
shown here is the least uncertainty, never the whole (see `gateway.matcher.evaluation.resampling`).
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95
"""What requirements R-083 and R-084 ask for."""
_TINY = 1e-300
_STEPS = 100_000
"""Of the continued fraction; about the square root of the trials is needed."""


def upper_limit(errors: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the largest rate that goes with at most ``errors`` seen (one-sided).

    For no error it is 1 − (1 − confidence)^(1/trials): nearly 3/trials, the rule of three.
    """
    if errors >= trials:
        return 1.0
    if errors == 0:
        return -math.expm1(math.log1p(-confidence) / trials)
    return _quantile(confidence, errors + 1, trials - errors)


def lower_limit(errors: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return the smallest rate that goes with at least ``errors`` seen (one-sided)."""
    if errors == 0:
        return 0.0
    return _quantile(1 - confidence, errors, trials - errors + 1)


def interval(errors: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the two-sided interval, each side with half of the remaining probability."""
    each = (1 + confidence) / 2
    return lower_limit(errors, trials, each), upper_limit(errors, trials, each)


def needed(rate: float, confidence: float = CONFIDENCE) -> int:
    """Return how many comparisons without one error show that a rate is less than ``rate``.

    29,956 for 1e-4 and 2,995,731 for 1e-6, as requirements R-083 and R-084 have it.
    """
    return math.ceil(math.log1p(-confidence) / math.log1p(-rate))


def _quantile(probability: float, a: float, b: float) -> float:
    """Return where the beta distribution of ``a`` and ``b`` reaches a probability."""
    if b <= 0:
        return 1.0
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if _incomplete_beta(middle, a, b) < probability:
            low = middle
        else:
            high = middle


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, 0 < x < 1."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    log_front += a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction by Lentz' method."""
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away(1 + term * d)
            c = _away(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            return value
    raise ArithmeticError(f"the incomplete beta function of {a}, {b} at {x} does not settle")


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
