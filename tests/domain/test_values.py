"""Values: compared and hashed by content, named, and frozen for the type checker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.values import value


@value
class Point:
    x: int
    y: int = 0


def test_equal_content_is_the_same_value() -> None:
    assert Point(x=1) == Point(x=1, y=0)
    assert len({Point(x=1), Point(x=1), Point(x=2)}) == 2
    assert replace(Point(x=1), y=5) == Point(x=1, y=5)


def test_fields_are_given_by_name_and_no_others_exist() -> None:
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        Point(x=1).z = 1  # type: ignore[attr-defined]


def test_the_type_checker_refuses_a_change() -> None:
    point = Point(x=1)
    # mypy runs over the tests and reports an ignore that ignores nothing.
    point.x = 2  # type: ignore[misc]
