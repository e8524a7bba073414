"""Writes the settings down: the commented sample file and the reference for operators.

Both are made from the declarations in `gateway.settings`, so neither can disagree with them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import get_args, get_origin

from pydantic.fields import FieldInfo

from gateway.setting_kinds import Address, InProduction
from gateway.settings import repeated_tables, sections

WIDTH = 96
"""Columns of the sample's comments."""

SAMPLE_HEAD = """\
# Configuration of Gatepost. Every line may be left out; what stands here are the defaults.
# An environment variable GATEPOST_SECTION__KEY wins over this file.
"""

REFERENCE_HEAD = """\
# Settings

<!-- Written by `python -m tools.reference` from gateway/settings.py; do not edit. -->

Gatepost reads one TOML file (`gatepost init` writes one with every default) and then the
environment: `GATEPOST_SECTION__KEY`, such as `GATEPOST_SESSIONS__HEARTBEAT_SECONDS=20`, wins over
the file. Tables in double brackets may be there any number of times, and in the file only. Numbers
are written as in TOML, texts without quotes, lists with commas. An unknown key or a value out of
bounds stops the start; all mistakes are listed at once, each with its place.

A bound marked *production* holds unless `gateway.mode = "demo"`.

Plain TCP (`listen.tcp`) belongs on a private network: a login proves both sides and reveals no
secret, but records travel readable. Across the internet use `listen.tls`.
"""


def sample() -> str:
    """Return a configuration file that says what the defaults say, with every setting explained."""
    parts = [SAMPLE_HEAD]
    for name, model in sections().items():
        parts.append(f"\n[{name}]\n# {model.__doc__}\n")
        parts += [_sample_entry(key, field) for key, field in model.model_fields.items()]
    for name, model in repeated_tables().items():
        head = textwrap.fill(
            f"{model.__doc__} Any number of these; none unless you add one.", WIDTH
        )
        entries = "".join(_sample_entry(key, field) for key, field in model.model_fields.items())
        parts.append(f"\n{_commented(head)}# [[{name}]]\n{_commented(entries)}")
    return "".join(parts)


def reference() -> str:
    """Return the page ``docs/operators/settings.md``."""
    parts = [REFERENCE_HEAD]
    every = [
        *sections().items(),
        *((f"[{name}]", model) for name, model in repeated_tables().items()),
    ]
    for name, model in every:
        parts.append(
            f"\n## [{name}]\n\n{model.__doc__}\n\n"
            "| Key | Default | Bounds | Meaning | Why this default |\n|---|---|---|---|---|\n"
        )
        parts += [_reference_row(key, field) for key, field in model.model_fields.items()]
    return "".join(parts)


def toml_value(value: object) -> str:
    """Write a default as TOML; None is the empty text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple) and not isinstance(value, Address):
        return f"[{', '.join(map(toml_value, value))}]"
    return f'"{"" if value is None else value}"'


def _sample_entry(key: str, field: FieldInfo) -> str:
    bounds = _bounds(field)
    text = f"{field.description} {_why(field)}{f' Bounds: {bounds}.' if bounds else ''}"
    comment = textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
    default = _placeholder(field) if field.is_required() else toml_value(field.default)
    return f"\n{comment}\n{key} = {default}\n"


def _placeholder(field: FieldInfo) -> str:
    return '["…"]' if get_origin(field.annotation) is tuple else '"…"'


def _commented(text: str) -> str:
    """Put every line behind a mark; one that has it already stays a comment inside a comment."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines() if line)


def _reference_row(key: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else f"`{toml_value(field.default)}`"
    return (
        f"| `{key}` | {default} | {_bounds(field) or '–'} | {field.description} | {_why(field)} |\n"
    )


def _why(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["why"])


def _bounds(field: FieldInfo) -> str:
    return ", ".join((*_choices(field), *_limits(field)))


def _choices(field: FieldInfo) -> Iterator[str]:
    choices = get_args(field.annotation)
    if choices and all(isinstance(choice, str | int) for choice in choices):
        yield " or ".join(toml_value(choice) for choice in choices)


def _limits(field: FieldInfo) -> Iterator[str]:
    """Write the bounds pydantic and `InProduction` check; both keep them in the metadata."""
    for bound in field.metadata:
        suffix = " (production)" if isinstance(bound, InProduction) else ""
        for attribute, sign in (("ge", "≥"), ("le", "≤")):
            limit = getattr(bound, attribute, None)
            if limit is not None:
                yield f"{sign} {limit}{suffix}"
