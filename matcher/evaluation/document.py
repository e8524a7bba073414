"""A report as plain data for JSON: a key for each field, rates with their share beside counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from gateway.matcher.evaluation.estimates import Rate
from gateway.matcher.evaluation.evaluation import Evaluation
from gateway.matcher.evaluation.ranking import EqualError

FORMAT = 1
"""Counts up when a key changes its meaning or goes; new keys may come without."""


def document(evaluation: Evaluation) -> dict[str, Any]:
    """Return the whole report."""
    return {"format": FORMAT, **_plain(evaluation)}


def _plain(given: Any) -> Any:
    if is_dataclass(given) and not isinstance(given, type):
        plain = {field.name: _plain(getattr(given, field.name)) for field in fields(given)}
        return {"rate": given.rate, **plain} if isinstance(given, Rate | EqualError) else plain
    if isinstance(given, Mapping):
        return {str(key): _plain(each) for key, each in given.items()}
    if isinstance(given, tuple):
        return [_plain(each) for each in given]
    return given
