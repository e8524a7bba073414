"""Values that are frozen where it is cheap: in the type checker.

A frozen dataclass sets each field through ``object.__setattr__``. For a record of 25 fields that
costs more than parsing and authenticating its frame, thousands of times a second. These classes
have slots, compare and hash by value, take keywords only, and mypy refuses to change them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make a class of named fields whose instances are never changed once made."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
