"""Events and requests as JSON, and back.

Owns the spelling of domain values in transcripts and reports: bytes as hexadecimal, enum members
by name (flags joined with ``|``), sets sorted, dataclasses as objects. Knows no class by name: the
annotations say what a field holds.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum, Flag
from typing import Any

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def plain(value: object) -> Json:
    """Return ``value`` as JSON can hold it; raises TypeError for what no event may contain."""
    if value is None or (isinstance(value, bool | int | float | str) and not _is_enum(value)):
        return value
    if isinstance(value, Flag):
        return "|".join(member.name or "" for member in value) or "NONE"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, frozenset):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no place in an event")


def agrees(actual: Json, named: Json) -> bool:
    """Say whether ``actual`` has everything ``named`` names, at every depth.

    A field that is not named may hold anything; one that is named must match exactly, type
    included: ``0`` is not ``false``.
    """
    if isinstance(actual, dict) and isinstance(named, dict):
        return all(key in actual and agrees(actual[key], value) for key, value in named.items())
    if isinstance(actual, list) and isinstance(named, list):
        return len(actual) == len(named) and all(map(agrees, actual, named))
    if isinstance(actual, bool) or isinstance(named, bool):
        return actual is named
    return actual == named


def build(kind: type[Any], named: Mapping[str, Json]) -> object:
    """Make a dataclass of ``kind`` from what `plain` would write; raises ValueError saying why."""
    hints = typing.get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}
    for name in named:
        if name not in known:
            raise ValueError(f"{kind.__name__} has no field {name!r}, only {sorted(known)}")
    try:
        return kind(**{name: _read(hints[name], value) for name, value in named.items()})
    except TypeError as error:
        raise ValueError(str(error)) from None


def _is_enum(value: object) -> bool:
    return isinstance(value, Enum)


def _read(hint: Any, value: Json) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, typing.NewType):
        return _read(hint.__supertype__, value)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _read(next(a for a in arguments if a is not type(None)), value)
    if origin in (tuple, frozenset) and isinstance(value, list):
        if origin is tuple and arguments[-1] is not Ellipsis:
            return tuple(_read(a, v) for a, v in zip(arguments, value, strict=True))
        return origin(_read(arguments[0], item) for item in value)
    return _read_scalar(hint, value)


def _read_scalar(hint: Any, value: Json) -> object:
    if hint is bytes and isinstance(value, str):
        return bytes.fromhex(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        return build(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum) and isinstance(value, str):
        return _member(hint, value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    raise ValueError(f"{value!r} is no {getattr(hint, '__name__', hint)}")


def _member(kind: type[Enum], text: str) -> object:
    try:
        if issubclass(kind, Flag):
            result = kind(0)
            for name in text.split("|"):
                result |= kind[name] if name != "NONE" else kind(0)
            return result
        return kind[text]
    except KeyError:
        names = [member.name for member in kind]
        raise ValueError(f"{text!r} is none of {names}") from None
