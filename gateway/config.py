"""Loads the settings: a TOML file, overlaid by ``GATEPOST_SECTION__KEY`` from the environment.

All mistakes are found in one go, and each names its place, its cause and what to do. What the
settings are is the business of `gateway.settings`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.config_names import nearest, unknown_key
from gateway.domain.errors import GatepostError
from gateway.serial_settings import line_contradictions
from gateway.settings import Settings, repeated_tables, sections
from gateway.text_file import Unreadable, parse_toml, read_text
from gateway.verification_settings import threshold_contradictions

PREFIX = "GATEPOST_"
SEPARATOR = "__"
SHOWN_CHARACTERS = 60
"""So much of a wrong value is quoted; enough to recognise it, not enough to flood a terminal."""

Tables = dict[str, Any]
Places = dict[tuple[str, ...], str]
"""Where a value came from, for values that do not come from the file."""


class ConfigurationRefused(GatepostError):
    """One or more mistakes in the configuration; ``errors`` holds each of them."""

    def __init__(self, errors: tuple[GatepostError, ...]) -> None:
        count = "one mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
        super().__init__("config.refused", f"the configuration has {count}")
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings; raises `ConfigurationRefused` with every mistake found.

    Without a path only the environment is read. A value of the environment wins over the file's.
    """
    tables: Tables = {} if path is None else _read(path)
    places: Places = {}
    errors = list(_overlay(tables, places, environ))
    gateway = tables.get("gateway")
    demo = isinstance(gateway, dict) and gateway.get("mode") == "demo"
    try:
        settings = Settings.model_validate(
            tables, context={"mode": "demo" if demo else "production"}
        )
    except ValidationError as found:
        errors += [_explain(detail, path, places) for detail in found.errors()]
    else:
        errors += _contradictions(settings, path)
        if not errors:
            return settings
    raise ConfigurationRefused(tuple(errors))


def _read(path: Path) -> Tables:
    try:
        return parse_toml(read_text(path))
    except OSError as error:
        code, cause = "config.unreadable", f"{error.strerror or 'cannot be read'}."
        remedy = "Name another file, or write one with `gatepost init`."
    except Unreadable as error:
        code, cause, remedy = "config.syntax", error.cause, error.remedy
    raise ConfigurationRefused((GatepostError(code, cause, place=str(path), remedy=remedy),))


def _overlay(tables: Tables, places: Places, environ: Mapping[str, str]) -> Iterator[GatepostError]:
    """Put the environment's values into ``tables``, noting their places; yield the mistakes."""
    known = sections()
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        section, separator, key = name.removeprefix(PREFIX).lower().partition(SEPARATOR)
        if not separator:
            yield from _one_underscore(name)
            continue
        place = f"environment variable {name}"
        if section in repeated_tables():
            yield GatepostError(
                "config.unknown_key",
                f"[[{section}]] may be there several times, so the environment cannot set it.",
                place=place,
                remedy="Write it into the configuration file.",
            )
        elif section not in known:
            yield nearest("config.unknown_section", section, known, place=place)
        elif key not in known[section].model_fields:
            yield unknown_key(section, key, place=place)
        else:
            table = tables.setdefault(section, {})
            if isinstance(table, dict):  # otherwise the file is at fault and is told so
                table[key] = _value(environ[name], known[section].model_fields[key])
                places[section, key] = place


def _one_underscore(name: str) -> Iterator[GatepostError]:
    """Recognise GATEPOST_LOG_LEVEL, which would otherwise silently change nothing."""
    rest = name.removeprefix(PREFIX).lower()
    for section, model in sections().items():
        key = rest.removeprefix(f"{section}_")
        if key != rest and key in model.model_fields:
            meant = f"{PREFIX}{section}{SEPARATOR}{key}".upper()
            yield GatepostError(
                "config.unknown_key",
                "section and key are separated by two underscores.",
                place=f"environment variable {name}",
                remedy=f"Did you mean {meant}?",
            )


def _value(text: str, field: FieldInfo) -> object:
    """Read a number as TOML does and a list by its commas; anything else stays the text it is."""
    if get_origin(field.annotation) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if field.annotation not in (int, float):
        return text
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if len(read) == 1 else text


def _explain(detail: ErrorDetails, path: Path | None, places: Places) -> GatepostError:
    location = tuple(str(part) for part in detail["loc"])
    place = places.get(location[:2]) or f"{path}: {'.'.join(location)}"
    name, *rest = location
    repeated = name in repeated_tables()
    if repeated and rest:
        rest = rest[1:]  # the number of the table
    known = sections() | repeated_tables()
    if detail["type"] == "extra_forbidden":
        if not rest:
            return nearest("config.unknown_section", name, known, place=place)
        return unknown_key(name, rest[0], place=place)
    if not rest:
        wanted = f"tables, [[{name}]]" if repeated else f"a table, [{name}]"
        cause = f"{_shown(detail['input'])}: expected {wanted}."
        return GatepostError("config.bad_value", cause, place=place)
    return _bad_value(detail, known[name].model_fields[rest[0]], place)


def _bad_value(detail: ErrorDetails, field: FieldInfo, place: str) -> GatepostError:
    if detail["type"] == "missing":
        return GatepostError(
            "config.missing", "this key is needed.", place=place, remedy=str(field.description)
        )
    value = _shown(detail["input"]) if field.repr else "(the value is kept secret)"
    cause = detail["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    if detail["type"] == "production":
        code, remedy = "config.not_in_production", 'Or set gateway.mode = "demo" for a trial.'
    else:
        default = "" if field.is_required() else f" Default: {_shown(field.default)}."
        code, remedy = "config.bad_value", f"{field.description}{default}"
    return GatepostError(code, f"{value}: {cause}.", place=place, remedy=remedy)


def _contradictions(settings: Settings, path: Path | None) -> Iterator[GatepostError]:
    listen = settings.listen
    if listen.tls is not None:
        for key in ("tls_certificate", "tls_key"):
            if getattr(listen, key) is None:
                yield GatepostError(
                    "config.contradiction",
                    "listen.tls is set, but this file is not named.",
                    place=f"{path or 'environment'}: listen.{key}",
                    remedy='Name the PEM file, or switch TLS off with tls = "".',
                )
    of_tables = chain(
        line_contradictions(settings.serial, settings.serial_server),
        threshold_contradictions(settings.threshold),
    )
    for what, place, remedy in of_tables:
        yield GatepostError("config.contradiction", what, place=f"{path}: {place}", remedy=remedy)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int | float):
        text = str(value)
    elif isinstance(value, dict | list):
        text = "a table" if isinstance(value, dict) else "a list"
    else:
        text = f'"{"" if value is None else value}"'
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
