"""Takes a table of a manifest apart, key by key, and refuses what is missing, wrong or unknown."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from gateway.matcher.models.contract import ModelRefused

E = TypeVar("E", bound=Enum)

WORD = re.compile(r"[a-z0-9][a-z0-9._]{0,39}")
DIGEST = re.compile(r"[0-9a-f]{64}")


class Table:
    """One table; every read notes its key, so that `finish` knows what nobody asked for."""

    def __init__(
        self, values: Mapping[str, Any], place: str, *, code: str, prefix: str = ""
    ) -> None:
        self._values = values
        self._place = place
        self._code = code
        self._prefix = prefix
        self._read: set[str] = set()

    def refused(self, key: str, what: str) -> ModelRefused:
        """Return the error for a key; ``what`` continues a sentence that begins with its name."""
        return ModelRefused(
            self._code,
            f'"{self._prefix}{key}" {what}.',
            place=self._place,
            remedy="See docs/operators/matcher.md for the keys of a manifest.",
        )

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refused(key, "must be a text")
        return value

    def word(self, key: str) -> str:
        """Return a text that can be part of a file's name."""
        value = self.text(key)
        if not WORD.fullmatch(value):
            raise self.refused(key, "may hold a-z, 0-9, dots and underscores, 40 at most")
        return value

    def digest(self, key: str) -> str:
        """Return a SHA-256 in hexadecimal."""
        value = self.text(key).lower()
        if not DIGEST.fullmatch(value):
            raise self.refused(key, "must be a SHA-256, 64 hexadecimal digits")
        return value

    def whole(self, key: str, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.refused(key, f"must be a whole number from {least} to {most}")
        return value

    def number(self, key: str, least: float, most: float) -> float:
        """Return a number within bounds."""
        value = self._get(key)
        if not _is_number(value) or not least <= value <= most:
            raise self.refused(key, f"must be a number from {least:g} to {most:g}")
        return float(value)

    def truth(self, key: str) -> bool:
        """Return true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self.refused(key, "must be true or false")
        return value

    def choice(self, key: str, of: type[E]) -> E:
        """Return one of the values of an enumeration."""
        value = self._get(key)
        for one in of:
            if one.value == value:
                return one
        raise self.refused(key, f"must be one of {', '.join(str(one.value) for one in of)}")

    def three(self, key: str) -> tuple[float, float, float]:
        """Return three numbers, one for each channel; a single one stands for all of them."""
        value = self._get(key)
        numbers = value if isinstance(value, list) else [value] * 3
        if len(numbers) != 3 or not all(_is_number(one) for one in numbers):
            raise self.refused(key, "must be a number, or a list of three")
        first, second, third = (float(one) for one in numbers)
        return first, second, third

    def table(self, key: str) -> Table:
        """Return a table inside this one."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self.refused(key, "must be a table")
        return Table(value, self._place, code=self._code, prefix=f"{self._prefix}{key}.")

    def finish(self) -> None:
        """Raise for the first key that nobody asked for."""
        for key in self._values:
            if key not in self._read:
                raise self.refused(key, "is no key of a manifest")

    def _get(self, key: str) -> Any:
        self._read.add(key)
        if key not in self._values:
            raise self.refused(key, "is missing")
        return self._values[key]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
