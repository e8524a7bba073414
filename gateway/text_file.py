"""Reads what people write by hand, TOML in UTF-8; a mistake is named with its line and a remedy.

Files that come from Windows begin with a byte order mark, are GBK, or hold the full-width signs
of a Chinese input method: the first is taken, the others are recognised and named.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LINE = re.compile(r"at line (\d+)")
HALF_WIDTH = str.maketrans(
    "“”‘’＂＇＝［］｛｝，：＃．０１２３４５６７８９", "\"\"''\"'=[]{},:#.0123456789"
)
"""Signs that Chinese input methods write, and what TOML wants in their place."""


class Unreadable(ValueError):
    """The file cannot be read as text; ``cause`` and ``remedy`` are sentences."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file without its byte order mark.

    Raises OSError, and `Unreadable` for any other encoding.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        guess = "; it may be GBK" if _is_gbk(data) else ""
        raise Unreadable(
            f"line {line} is no UTF-8 text{guess}.",
            "Save the file as UTF-8 (另存为，编码选 UTF-8).",
        ) from None


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML; raises `Unreadable` with the line, and with the signs to blame if any are."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        remedy = "Correct the TOML at that place."
        found = LINE.search(str(error))
        lines = text.splitlines()
        if found and 0 < int(found[1]) <= len(lines):
            blamed = list(_full_width(lines[int(found[1]) - 1]))
            if blamed:
                remedy = f"Perhaps write {', '.join(blamed)} there."
        raise Unreadable(f"{error}.", remedy) from None


def _full_width(line: str) -> Iterator[str]:
    for sign in dict.fromkeys(line):
        half = sign.translate(HALF_WIDTH)
        if half != sign:
            yield f"{half} instead of {sign}"


def _is_gbk(data: bytes) -> bool:
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True
