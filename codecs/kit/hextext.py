"""Bytes out of whatever people paste: hexdump, xxd, tcpdump, Wireshark, transcripts, prose.

Owns the reading of such text. Guesses nothing about the bytes; says in which form they were found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DUMP = re.compile(
    r"^\s*\[?(?:0x)?(?P<offset>[0-9A-Fa-f]{4,8})\]?:?\s{1,4}(?P<hex>(?:[0-9A-Fa-f]{2,8}[ ]{1,2})+"
    r"[0-9A-Fa-f]{2,8}|[0-9A-Fa-f]{2,8})(?:\s{2,}.*|\s*\|.*\|)?\s*$"
)
_BYTE = r"(?:0x|\\x|%)?[0-9A-Fa-f]{2}"
_RUNS = (
    re.compile(r"(?:\\x[0-9A-Fa-f]{2}){2,}"),
    # One kind of separator in a run: a date and a time beside each other are no bytes.
    *(
        re.compile(rf"(?<![0-9A-Za-z]){_BYTE}(?:{separator}{_BYTE})+(?![0-9A-Za-z])")
        for separator in (r"[ \t]{1,2}", r",\s{0,2}", ";", ":", "-", "_")
    ),
    re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9A-Fa-f]{2}){4,}[0-9A-Fa-f]?(?![0-9A-Za-z])"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SAME = "*"
"""Stands in a dump for rows that are like the one above."""
_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_WRAPPED = (16, 32)
"""Bytes in each line of a dump without offsets; its lines are joined."""
FEWEST = 4
"""Bytes in a row that count as hexadecimal; fewer may be words such as "be" or "add"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes that stood together."""

    data: bytes
    line: int
    """Line of the text on which they begin, from 1; 0 for bytes that were no text."""
    form: str
    """``dump``, ``hex`` or ``binary``."""


def read_pieces(raw: bytes) -> list[Piece]:
    """Return the bytes found in a file or a paste; one that is no text is taken as it is.

    A transcript or a log with one message a line gives a piece for each line; a dump whose offsets
    run on gives one piece, and an offset that returns to 0 begins a new one.
    """
    try:
        return _of_text(raw.decode("utf-8"), raw)
    except UnicodeDecodeError:
        pass
    for encoding in ("utf-16", "gb18030") if raw[:2] in _UTF16 else ("gb18030",):
        try:
            found = _of_text(raw.decode(encoding), raw)
        except UnicodeDecodeError:
            continue
        if found:  # such encodings take almost anything: only hexadecimal in it makes it text
            return found
    return [Piece(data=raw, line=0, form="binary")]


def _of_text(text: str, raw: bytes) -> list[Piece]:
    if any(character < " " and character not in "\t\r\n\f" for character in text):
        return [Piece(data=raw, line=0, form="binary")]
    lines = text.splitlines()
    if "---" in lines:
        return list(_transcript(lines))
    return list(_dumps(lines)) or list(_loose(lines))


def _transcript(lines: list[str]) -> Iterator[Piece]:
    """Yield what the terminal sent: ``>`` lines with their continuations, without comments."""
    data, begun = b"", 0
    for number, line in enumerate(lines, 1):
        continues = begun and line[:1] in (" ", "\t")
        if not continues and begun:
            yield Piece(data=data, line=begun, form="hex")
            begun = 0
        if line.startswith(">") or continues:
            digits = "".join(line.lstrip("> \t").partition("#")[0].split())
            data = (data if continues else b"") + _digits(digits)
            begun = begun or number
    if begun:
        yield Piece(data=data, line=begun, form="hex")


def _dumps(lines: list[str]) -> Iterator[Piece]:
    data, begun, start, row, same = bytearray(), 0, 0, b"", False
    for number, line in enumerate(lines, 1):
        found = _DUMP.match(line)
        if begun and same and (end := _offset(line)) is not None:
            while row and start + len(data) + len(row) <= end:
                data += row
        same = begun > 0 and line.strip() == _SAME
        if found and begun and start + len(data) in _offsets(found):
            data += (row := _dump_row(found))
        elif found and ((at := int(found["offset"], 16)) == 0 or (not begun and at % 16 == 0)):
            if begun:
                yield Piece(data=bytes(data), line=begun, form="dump")
            data, begun, start = bytearray(row := _dump_row(found)), number, at
    if begun:
        yield Piece(data=bytes(data), line=begun, form="dump")


def _offset(line: str) -> int | None:
    """Return the offset of a row that follows a star, which may be the last and hold nothing."""
    word = line.split()[0].strip("[]:|") if line.split() else ""
    return int(word, 16) if re.fullmatch(r"(?:0x)?[0-9A-Fa-f]{4,8}", word) else None


def _offsets(row: re.Match[str]) -> set[int]:
    """Return what an offset may mean: hexadecimal, or else decimal."""
    digits = row["offset"]
    return {int(digits, 16), *({int(digits)} if digits.isdecimal() else ())}


def _dump_row(row: re.Match[str]) -> bytes:
    """Return the bytes of a row; at most 32, so that letters of the text beside it stay out."""
    words = row["hex"].split()
    if len(row["offset"]) == 7 and all(len(word) == 4 for word in words):
        words = [word[2:] + word[:2] for word in words]  # plain hexdump: little-endian words
    return _digits("".join(words))[:32]


def _digits(text: str) -> bytes:
    """Return the bytes of a run of digits; a half byte at the end was cut off and is dropped."""
    kept = re.match(r"(?:[0-9A-Fa-f]{2})*", text)
    return bytes.fromhex(kept[0]) if kept else b""


def _loose(lines: list[str]) -> Iterator[Piece]:
    """Yield runs of hexadecimal in prose; lines of a dump without offsets are joined."""
    held: Piece | None = None
    for number, line in enumerate(lines, 1):
        runs = _runs(line)
        alone = len(runs) == 1 and not re.search(r"[0-9A-Za-z]", _without(line))
        for run in runs:
            if held and alone and len(held.data) % _WRAPPED[0] == 0 and len(run) <= _WRAPPED[1]:
                held = Piece(data=held.data + run, line=held.line, form="hex")
            else:
                if held:
                    yield held
                held = Piece(data=run, line=number, form="hex")
            if not alone or len(run) not in _WRAPPED:
                yield held
                held = None
    if held:
        yield held


def _runs(line: str) -> list[bytes]:
    found: list[tuple[int, bytes]] = []
    for pattern in _RUNS:
        for match in pattern.finditer(line):
            run = bytes.fromhex("".join(_PAIR.findall(match[0].replace("0x", " "))))
            if len(run) >= FEWEST and re.search(r"\d", match[0]):
                found.append((match.start(), run))
        line = pattern.sub(_blank, line)
    return [run for _, run in sorted(found)]


def _without(line: str) -> str:
    """Return the line with its runs blanked."""
    for pattern in _RUNS:
        line = pattern.sub(_blank, line)
    return line


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
