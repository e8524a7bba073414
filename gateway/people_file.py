"""Reads a folder of people: ``people.csv`` or ``people.toml``, and the files its rows name.

A row that is wrong is a mistake with its line; the others go on. Only what cannot be read at all,
or has columns nobody knows, is refused whole.
"""

from __future__ import annotations

import csv
import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gateway.domain.errors import GatepostError
from gateway.domain.id_cards import WORDS
from gateway.domain.identity_numbers import RESIDENT
from gateway.domain.redaction import redact
from gateway.domain.workers import Subject
from gateway.people_input import day_ms
from gateway.text_file import Unreadable, parse_toml, read_text

TABLE, LIST = "people.csv", "people.toml"
COLUMNS = {
    "id_number": "证件号码",
    "name": "姓名",
    "project": "项目",
    "id_type": "证件类型",
    "from": "进场日期",
    "to": "退场日期",
    "photo": "照片",
    "card_photo": "证件照",
    "consent": "同意事项",
    "consent_text": "同意书",
    "how": "同意方式",
    "taken_by": "经办人",
    "sex": "性别",
    "nation": "民族",
    "birth": "出生日期",
    "address": "住址",
    "authority": "签发机关",
    "valid_from": "有效期起",
    "valid_to": "有效期止",
    "infrared": "红外照片",
    "iris_left": "左眼虹膜",
    "iris_right": "右眼虹膜",
}
"""What a row may hold, and how the column may be named in Chinese."""
PICTURES = ("photo", "card_photo", "infrared", "iris_left", "iris_right")
MUST = ("id_number", "name")
PHOTO_BYTES = 5 * 1024 * 1024
"""Bytes of one photo; what phones take is smaller."""
MANUAL = "See docs/operators/people.md."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person of the file."""

    place: str
    """Such as ``line 3``."""
    values: Mapping[str, str] = field(repr=False)
    """By the names of `COLUMNS`; what is empty is left out."""
    surplus: bool = False
    """It has more cells than there are columns, so nobody knows which is which."""


def read_rows(folder: Path) -> Iterator[Row]:
    """Yield the rows of a folder's file; raises GatepostError ``people.refused``."""
    there = [folder / name for name in (TABLE, LIST) if (folder / name).exists()]
    if len(there) != 1:
        found = "both are" if there else "neither is"
        raise _refused(folder, f"{TABLE} or {LIST} is expected, {found} there.", MANUAL)
    file = there[0]
    try:
        text = read_text(file)
        yield from _csv_rows(file, text) if file.name == TABLE else _toml_rows(file, text)
    except OSError as error:
        raise _refused(file, f"{error.strerror}.", "Name a folder that can be read.") from None
    except Unreadable as error:
        raise _refused(file, error.cause, error.remedy) from None
    except csv.Error as error:
        raise _refused(file, f"{error}.", "Save it again as CSV.") from None


def arguments(row: Row, folder: Path, defaults: Mapping[str, str]) -> dict[str, Any]:
    """Turn a row into what ``person.add`` takes; raises GatepostError ``person.…``."""
    values = {**defaults, **row.values}
    if row.surplus:
        raise GatepostError(
            "person.cells",
            "the line has more cells than there are columns.",
            remedy="Put a cell with a comma in it in double quotes.",
        )
    for name in (*MUST, "project"):
        if name not in values:
            raise GatepostError(
                "person.missing",
                f"{name} ({COLUMNS[name]}) is empty.",
                place=name,
                remedy="Fill it in." if name != "project" else "Fill it in, or name --project.",
            )
    given: dict[str, Any] = {
        "id_number": values["id_number"],
        "name": values["name"],
        "project": values["project"],
        "id_type": values.get("id_type", RESIDENT).zfill(2),
    }
    if "from" in values:
        given["from_ms"] = day_ms(values["from"], place="from")
    if "to" in values:
        given["to_ms"] = day_ms(values["to"], place="to", last=True)
    card = {name: values[name] for name in WORDS if name in values}
    if card:
        given["card"] = card
    for name in PICTURES:
        if name in values:
            given[name] = b64encode(read_photo(_inside(folder, values[name], name), name)).decode()
    if "consent" in values:
        given["consents"] = list(_consents(values, folder))
    return given


def read_photo(path: Path, place: str) -> bytes:
    """Return a photo's bytes; raises GatepostError ``person.file``."""
    data = _read(path, place)
    if len(data) > PHOTO_BYTES:
        raise _no_file(place, f"it is larger than {PHOTO_BYTES:,} bytes.", "Reduce the picture.")
    return data


def consent(subject: str, text: Path, how: str, taken_by: str) -> dict[str, str]:
    """Return a consent as ``person.consent`` takes it; the text's version is its file's name."""
    known = [one.value for one in Subject]
    if subject not in known:
        raise GatepostError(
            "person.consent",
            f'nobody can consent to "{subject}".',
            place="consent",
            remedy=f"There are: {', '.join(known)}.",
        )
    return {
        "subject": subject,
        "text_version": text.stem,
        "text_digest": hashlib.sha256(_read(text, "consent_text")).hexdigest(),
        "how": how,
        "taken_by": taken_by,
    }


def _consents(values: Mapping[str, str], folder: Path) -> Iterator[dict[str, str]]:
    for name in ("consent_text", "how", "taken_by"):
        if name not in values:
            raise GatepostError(
                "person.consent",
                f"{name} ({COLUMNS[name]}) is missing.",
                place="consent",
                remedy="Name the text, how consent was given, and who took it.",
            )
    text = _inside(folder, values["consent_text"], "consent_text")
    for subject in values["consent"].replace(",", " ").replace(";", " ").split():
        yield consent(subject, text, values["how"], values["taken_by"])


def _csv_rows(file: Path, text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text), strict=True)
    heads = [cell.strip() for cell in next(reader, [])]
    if not {*COLUMNS, *COLUMNS.values()}.intersection(heads):  # not quoted: it may be a person
        raise _refused(file, "the first line names no column.", MANUAL)
    names = [_column(file, head) for head in heads]
    for name in MUST:
        if name not in names:
            raise _refused(file, f'the column "{name}" ({COLUMNS[name]}) is missing.', MANUAL)
    for cells in reader:
        values = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
        if any(values.values()):
            surplus = any(cell.strip() for cell in cells[len(names) :])
            yield _row(f"line {reader.line_num}", values, surplus=surplus)


def _toml_rows(file: Path, text: str) -> Iterator[Row]:
    listed = parse_toml(text).get("people")
    if not isinstance(listed, list):
        raise _refused(file, "a list of people is expected.", "Begin each with [[people]].")
    for at, entry in enumerate(listed, 1):
        named = entry.items() if isinstance(entry, dict) else ()
        yield _row(f"entry {at}", {_column(file, k): str(v).strip() for k, v in named})


def _row(place: str, values: Mapping[str, str], *, surplus: bool = False) -> Row:
    given = {name: value for name, value in values.items() if value}
    return Row(place=place, values=given, surplus=surplus)


def _column(file: Path, written: str) -> str:
    name = written.strip()
    for known, chinese in COLUMNS.items():
        if name in (known, chinese):
            return known
    close = get_close_matches(name, [*COLUMNS, *COLUMNS.values()], n=1, cutoff=0.5)
    there = ", ".join(f"{known} ({chinese})" for known, chinese in COLUMNS.items())
    remedy = f"Did you mean {close[0]}?" if close else f"There are: {there}."
    raise _refused(file, f'nobody knows the column "{redact(name)}".', remedy)


def _inside(folder: Path, name: str, place: str) -> Path:
    """Return the file of a row, which must lie in the folder: rows may come from anybody."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise _no_file(place, "it lies outside the folder.", "Put it beside the list of people.")
    return path


def _read(path: Path, place: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        remedy = "Name a file that is there, with its ending."
        raise _no_file(place, f"{redact(path.name)}: {error.strerror}.", remedy) from None


def _no_file(place: str, message: str, remedy: str) -> GatepostError:
    return GatepostError("person.file", message, place=place, remedy=remedy)


def _refused(path: Path, message: str, remedy: str) -> GatepostError:
    return GatepostError("people.refused", message, place=str(path), remedy=remedy)
