"""Reads a directory document, TOML or JSON, into what storage imports; mistakes have a place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from gateway.directory_mistakes import misshapen, refused, repeats
from gateway.directory_tables import DeviceTable, Document
from gateway.domain.directory import Area, Corp
from gateway.domain.errors import GatepostError
from gateway.domain.vocabulary import Direction
from gateway.storage.document import (
    DeviceEntry,
    DirectoryDocument,
    ModelEntry,
    MountingEntry,
    ProjectEntry,
    SupplierEntry,
)
from gateway.text_file import Unreadable, parse_toml, read_text

Entry = TypeVar("Entry")
DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT, "two-way": Direction.UNKNOWN}
SPREADSHEETS = (".csv", ".xls", ".xlsx")
MANUAL = "See docs/operators/directory.md."


def read_document(path: Path) -> dict[str, Any]:
    """Parse a file by its ending; raises GatepostError with the line that is wrong."""
    if path.suffix.lower() in SPREADSHEETS:
        raise _unreadable(path, "a spreadsheet; TOML or JSON is expected.", MANUAL)
    try:
        text = read_text(path)
        parsed = json.loads(text) if path.suffix.lower() == ".json" else _plain(parse_toml(text))
    except OSError as error:
        raise _unreadable(path, f"{error.strerror}.", "Name a file that can be read.") from None
    except Unreadable as error:
        raise _unreadable(path, error.cause, error.remedy) from None
    except ValueError as error:
        raise _unreadable(path, f"{error}.", "Correct the JSON at that place.") from None
    if not isinstance(parsed, dict):
        raise _unreadable(path, "a table of lists is expected.", MANUAL)
    return parsed


def _plain(parsed: dict[str, Any]) -> object:
    """Write TOML's times as JSON does: the document travels to the gateway as JSON."""
    return json.loads(json.dumps(parsed, default=lambda value: value.isoformat()))


def to_document(parsed: Mapping[str, Any], place: str) -> DirectoryDocument:
    """Check a parsed document and turn it into what storage imports.

    Raises GatepostError ``directory.refused`` with every mistake; whether what it names exists is
    asked of `gateway.directory_references`.
    """
    try:
        tables = Document.model_validate(parsed)
    except ValidationError as error:
        raise refused(misshapen(error), place, parsed) from None
    twice = list(repeats(tables))
    if twice:
        raise refused(twice, place, parsed)
    return DirectoryDocument(
        areas=_all(tables.areas, lambda t: Area(**t.model_dump())),
        corps=_all(tables.corps, lambda t: Corp(**t.model_dump())),
        suppliers=_all(tables.suppliers, lambda t: SupplierEntry(**t.model_dump())),
        models=_all(tables.models, lambda t: ModelEntry(**t.model_dump())),
        projects=_all(tables.projects, lambda t: ProjectEntry(**t.model_dump())),
        devices=_all(tables.devices, device_entry),
    )


def device_entry(table: DeviceTable) -> DeviceEntry:
    """Turn one device."""
    mounting = None
    if table.project is not None and table.channel is not None:
        since = table.since
        mounting = MountingEntry(
            project=table.project,
            channel=table.channel,
            direction=DIRECTIONS[table.direction],
            valid_from_ms=0 if since is None else round(since.timestamp() * 1000),
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


def _all(tables: tuple[Any, ...], make: Callable[[Any], Entry]) -> tuple[Entry, ...]:
    return tuple(make(table) for table in tables)


def _unreadable(path: Path, message: str, remedy: str) -> GatepostError:
    return GatepostError("directory.refused", message, place=str(path), remedy=remedy)
