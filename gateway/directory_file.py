"""Reads a directory document, TOML or JSON, into what storage imports; mistakes have a place."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.domain.directory import Area, Corp, DeviceModel, DeviceState, Listing, Supplier
from gateway.domain.errors import GatepostError
from gateway.domain.vocabulary import Direction
from gateway.storage.document import (
    DeviceEntry,
    DirectoryDocument,
    MountingEntry,
    ProjectEntry,
)

Entry = TypeVar("Entry")


class Table(BaseModel):
    """One entry of the document; unknown keys are mistakes, because a misspelt one is lost."""

    model_config = ConfigDict(extra="forbid")


class AreaTable(Table):
    """An administrative division."""

    code: str = Field(pattern=r"^[0-9]{6}$")
    name: str = Field(min_length=1)
    parent: str | None = None


class CorpTable(Table):
    """A company."""

    code: str = Field(pattern=r"^[0-9A-Z]{18}$")
    name: str = Field(min_length=1)


class SupplierTable(Table):
    """A maker of terminals."""

    code: str = Field(min_length=1)
    name: str = Field(min_length=1)
    listing: Listing = Listing.LISTED
    batch: str = ""


class ModelTable(Table):
    """A model of terminal."""

    supplier: str
    name: str = Field(min_length=1, max_length=32)
    listing: Listing = Listing.LISTED
    interface_test: str = ""


class ProjectTable(Table):
    """A site and its channels."""

    code: str = Field(min_length=1)
    name: str = Field(min_length=1)
    area: str
    corp: str | None = None
    administrator: str = ""
    channels: tuple[str, ...] = ()


class DeviceTable(Table):
    """A terminal, its secret as 64 hexadecimal digits."""

    serial: str = Field(pattern=r"^[!-~]{1,32}$")
    supplier: str
    model: str
    dialect: str = "yls"
    state: DeviceState = DeviceState.ACCEPTED
    heartbeat_seconds: int | None = Field(default=None, ge=1, le=300)
    secret: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    project: str | None = None
    channel: str | None = None
    direction: str = Field(default="two-way", pattern=r"^(in|out|two-way)$")
    since: datetime | date | None = None


class Document(Table):
    """The whole file."""

    areas: tuple[AreaTable, ...] = ()
    corps: tuple[CorpTable, ...] = ()
    suppliers: tuple[SupplierTable, ...] = ()
    models: tuple[ModelTable, ...] = ()
    projects: tuple[ProjectTable, ...] = ()
    devices: tuple[DeviceTable, ...] = ()


NAMED_BY: dict[str, tuple[str, ...]] = {
    "areas": ("code",),
    "corps": ("code",),
    "suppliers": ("code",),
    "models": ("supplier", "name"),
    "projects": ("code",),
    "devices": ("serial",),
}
"""What tells the entries of each list apart; no two may share it."""


def read_document(path: Path) -> dict[str, Any]:
    """Parse a file by its ending; raises GatepostError with the line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        parsed = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise _refused(str(path), f"{error.strerror}.", "Name a file that exists.") from None
    except ValueError as error:  # covers TOMLDecodeError, JSONDecodeError and bad UTF-8
        raise _refused(str(path), f"{error}.", "Correct the file at that place.") from None
    if not isinstance(parsed, dict):
        remedy = "See docs/operators/directory.md."
        raise _refused(str(path), "a table of lists is expected.", remedy)
    return parsed


def to_document(parsed: Mapping[str, Any], place: str) -> DirectoryDocument:
    """Check a parsed document and turn it into what storage imports."""
    try:
        tables = Document.model_validate(parsed)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        where = f"{place}: {where}"
        raise _refused(where, f"{first['msg']}{more}.", "Correct that entry.") from None
    for name in NAMED_BY:
        _refuse_repeats(name, getattr(tables, name), place)
    return DirectoryDocument(
        areas=_all(tables.areas, lambda t: Area(**t.model_dump())),
        corps=_all(tables.corps, lambda t: Corp(**t.model_dump())),
        suppliers=_all(tables.suppliers, lambda t: Supplier(**t.model_dump())),
        models=_all(tables.models, lambda t: DeviceModel(**t.model_dump())),
        projects=_all(tables.projects, lambda t: ProjectEntry(**t.model_dump())),
        devices=_all(tables.devices, lambda t: device_entry(t, place)),
    )


def device_entry(table: DeviceTable, place: str) -> DeviceEntry:
    """Turn one device; raises GatepostError when only half of a place is named."""
    if (table.project is None) != (table.channel is None):
        raise _refused(
            f"{place}: device {table.serial}",
            "project and channel belong together.",
            "Name both, or neither for a terminal that hangs nowhere yet.",
        )
    mounting = None
    if table.project is not None and table.channel is not None:
        mounting = MountingEntry(
            project=table.project,
            channel=table.channel,
            direction={"in": Direction.IN, "out": Direction.OUT}.get(
                table.direction, Direction.UNKNOWN
            ),
            valid_from_ms=_milliseconds(table.since, f"{place}: device {table.serial}"),
        )
    return DeviceEntry(
        serial=table.serial,
        supplier=table.supplier,
        model=table.model,
        dialect=table.dialect,
        state=table.state,
        cadence_s=table.heartbeat_seconds,
        secret=bytes.fromhex(table.secret) if table.secret else None,
        mounting=mounting,
    )


def _refuse_repeats(name: str, tables: Iterable[Table], place: str) -> None:
    """Refuse a second entry of the same thing: taking either would be a guess."""
    fields = NAMED_BY[name]
    first: dict[tuple[str, ...], int] = {}
    for at, table in enumerate(tables):
        key = tuple(getattr(table, field) for field in fields)
        before = first.setdefault(key, at)
        if before != at:
            raise _refused(
                f"{place}: {name}.{at}.{fields[-1]}",
                f'"{" ".join(key)}" is in {name}.{before} already.',
                "Keep one of the two, or correct the one that was copied.",
            )


def _milliseconds(since: datetime | date | None, place: str) -> int:
    if since is None:
        return 0
    if not isinstance(since, datetime) or since.tzinfo is None:
        raise _refused(
            place, "since needs a time and an offset.", 'Write it as "2026-09-01T07:00:00+08:00".'
        )
    return round(since.timestamp() * 1000)


def _all(tables: tuple[Any, ...], make: Callable[[Any], Entry]) -> tuple[Entry, ...]:
    return tuple(make(table) for table in tables)


def _refused(place: str, message: str, remedy: str) -> GatepostError:
    return GatepostError("directory.refused", message, place=place, remedy=remedy)
