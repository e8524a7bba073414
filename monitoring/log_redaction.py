"""Keeps people and secrets out of the log: fields by their name, texts by what they look like."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from gateway.domain.redaction import redact

SECRET_KEYS = frozenset({"secret", "password", "token", "dsn", "private_key", "proof"})
"""Fields whose value is never written, whatever it is."""


def redact_value(value: object) -> object:
    """Return what may be written of a value: numbers and texts redacted, bytes as their length."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)  # JSON has no word for the others
    if isinstance(value, int):
        text = str(value)
        clean = redact(text)
        return value if clean == text else clean
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping):
        return redact_fields(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(item) for item in value]
    return redact(str(value))


def redact_fields(fields: Mapping[Any, object]) -> dict[str, object]:
    """Return the fields of a line, redacted by name and by value."""
    return {
        redact(str(name)): "[secret]" if name in SECRET_KEYS else redact_value(value)
        for name, value in fields.items()
    }
