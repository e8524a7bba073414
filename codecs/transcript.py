"""The fixture format: one recorded or written conversation, readable by people.

Owns the text format, described in ``docs/vendors/transcripts.md``. Plays nothing
(`gateway.codecs.replay` does) and opens no file: callers pass text and a name for it.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from gateway.codecs.plain import Json

from gateway.domain.errors import GatepostError

Sigil = Literal[">", "<", "=", "!", "@"]

_BYTES_PER_LINE = 32
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_CALL = re.compile(r"([A-Za-z_]\w*)\s*")
_WAIT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An event or a request: a class name and the fields that are named."""

    name: str
    fields: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One statement; ``what`` is bytes for > and <, a Call for = and !, seconds for @."""

    sigil: Sigil
    what: bytes | Call | float
    number: int
    """Line in the file, from 1; 0 for one that was never in a file."""
    note: str = ""
    """The comment at the end of the statement."""
    above: tuple[str, ...] = ()
    """Comment lines before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is scripted about the world, and what is declared about the recording."""

    dialect: str
    role: Literal["server", "device"] = "server"
    """Which side is under test; the other side is the transcript's."""
    firmware: str = ""
    """What the terminal runs, by which the ranges of a firmware table are proven."""
    model: str = ""
    origin: str = ""
    """Where the bytes come from, in words."""
    entropy: bytes = b""
    """The random bytes the side under test will draw, in order."""
    clock: int = 0
    """Our wall clock at the start, milliseconds since 1970 UTC; the monotonic one starts at 0."""
    secure: bool = False
    resync: bool = False
    channel_binding: bytes = b""
    settings: dict[str, int | bool] = field(default_factory=dict)
    closes: str | None = None
    """The reason code with which the side under test must have closed at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A conversation from the first byte on."""

    name: str
    header: Header
    lines: tuple[Line, ...]


class TranscriptError(GatepostError):
    """A transcript that cannot be read; ``place`` is file and line."""

    def __init__(self, name: str, line: int, message: str, remedy: str = "") -> None:
        super().__init__("transcript.syntax", message, place=f"{name}:{line}", remedy=remedy)


def read_transcript(text: str, name: str) -> Transcript:
    """Read a transcript; ``name`` stands for it in errors. Raises TranscriptError."""
    # Not splitlines(): JSON may hold what Unicode calls a line separator.
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    try:
        end = lines.index("---")
    except ValueError:
        raise TranscriptError(
            name, len(lines), "there is no line '---'", "It ends the header."
        ) from None
    header = _read_header("\n".join(lines[:end]), name)
    return Transcript(name=name, header=header, lines=tuple(_read_lines(lines, end, name)))


def write_transcript(transcript: Transcript) -> str:
    """Return the text that `read_transcript` reads back to an equal transcript, numbers aside."""
    out = [*_write_header(transcript.header), "---"]
    for line in transcript.lines:
        out += (f"# {comment}" if comment else "#" for comment in line.above)
        note = f"  # {line.note}" if line.note else ""
        first, *more = _spell(line)
        out.append(f"{line.sigil} {first}".rstrip() + note)
        out += (f"  {piece}" for piece in more)
    return "\n".join(out) + "\n"


def _read_header(text: str, name: str) -> Header:
    known = Header.__dataclass_fields__
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise TranscriptError(name, int(line[1]) if line else 1, str(error)) from None
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            remedy = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
            raise TranscriptError(name, _line_of(text, key), f"unknown key {key!r}", remedy)
        if key in ("entropy", "channel_binding"):
            given[key] = _hex(str(value), name, _line_of(text, key))
        elif not _fits(key, value):
            raise TranscriptError(name, _line_of(text, key), f"{key} cannot be {value!r}")
    if "dialect" not in given:
        raise TranscriptError(name, 1, "the header names no dialect", 'Add dialect = "name".')
    return Header(**given)


def _fits(key: str, value: object) -> bool:
    if key == "settings":
        return isinstance(value, dict) and all(isinstance(v, int) for v in value.values())
    if key == "role":
        return value in ("server", "device")
    kind = {"clock": int, "secure": bool, "resync": bool}.get(key, str)
    return type(value) is kind


def _line_of(text: str, key: str) -> int:
    return next((n for n, line in enumerate(text.split("\n"), 1) if line.startswith(key)), 1)


def _read_lines(lines: list[str], end: int, name: str) -> Iterator[Line]:
    above: list[str] = []
    at = end + 1
    while at < len(lines):
        number, text = at + 1, lines[at]
        at += 1
        if not text.strip() or text.startswith("#"):
            above += [text[1:].strip()] if text.strip() else []
            continue
        if text[0] not in "><=!@":
            raise TranscriptError(
                name, number, f"a statement cannot begin with {text[0]!r}", "Use > < = ! @ or #."
            )
        pieces = [text[1:]]
        while at < len(lines) and lines[at][:1] in (" ", "\t") and lines[at].strip():
            pieces.append(lines[at])
            at += 1
        yield _read_statement(text[0], pieces, name, number, tuple(above))
        above = []


def _read_statement(
    sigil: str, pieces: list[str], name: str, number: int, above: tuple[str, ...]
) -> Line:
    what: bytes | Call | float
    if sigil in "=!":
        what, note = _read_call(" ".join(pieces), name, number)
        return Line(sigil=_sigil(sigil), what=what, number=number, note=note, above=above)
    parts = [piece.partition("#") for piece in pieces]
    body = " ".join(part[0] for part in parts).strip()
    note = " ".join(part[2].strip() for part in parts if part[2].strip())
    if sigil == "@":
        wait = _WAIT.fullmatch(body)
        if wait is None:
            raise TranscriptError(name, number, f"{body!r} is no time", "Write 95s or 1500ms.")
        what = float(wait[1]) * _UNITS[wait[2]]
    else:
        what = _hex(body, name, number)
    return Line(sigil=_sigil(sigil), what=what, number=number, note=note, above=above)


def _sigil(text: str) -> Sigil:
    sigils: dict[str, Sigil] = {">": ">", "<": "<", "=": "=", "!": "!", "@": "@"}
    return sigils[text]


def _read_call(text: str, name: str, number: int) -> tuple[Call, str]:
    called = _CALL.match(text.strip())
    if called is None:
        raise TranscriptError(name, number, "a class name is needed", "Write Name {…}.")
    rest = text.strip()[called.end() :]
    fields: Json = {}
    if rest.startswith("{"):
        try:
            fields, end = json.JSONDecoder().raw_decode(rest)
        except json.JSONDecodeError as error:
            raise TranscriptError(name, number, f"the fields are no JSON: {error}") from None
        rest = rest[end:].strip()
    if rest and not rest.startswith("#"):
        raise TranscriptError(name, number, f"{rest!r} is left over", "Fields go in {…}.")
    assert isinstance(fields, dict)
    return Call(name=called[1], fields=fields), rest[1:].strip()


def _hex(text: str, name: str, number: int) -> bytes:
    digits = "".join(text.split())
    try:
        return bytes.fromhex(digits)
    except ValueError:
        bad = re.search(r"[^0-9a-fA-F]", digits)
        why = f"{bad[0]!r} is no hexadecimal digit" if bad else "a digit is missing"
        raise TranscriptError(name, number, why, "Bytes are pairs of digits.") from None


def _write_header(header: Header) -> Iterator[str]:
    default = Header(dialect="")
    for key in Header.__dataclass_fields__:
        value = getattr(header, key)
        if key == "settings":
            yield from (f"settings.{k} = {json.dumps(v)}" for k, v in value.items())
        elif value != getattr(default, key):
            text = value.hex() if isinstance(value, bytes) else value
            # The one control character that JSON lets stand and TOML does not.
            written = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
            yield f"{key} = {written}"


def _spell(line: Line) -> list[str]:
    if isinstance(line.what, bytes):
        step = _BYTES_PER_LINE
        rows = [line.what[at : at + step].hex(" ") for at in range(0, len(line.what), step)]
        return rows or [""]
    if isinstance(line.what, Call):
        return [f"{line.what.name} {json.dumps(line.what.fields, ensure_ascii=False)}"]
    return [f"{line.what:.3f}".rstrip("0").rstrip(".") + "s"]
