"""Which pictures a folder holds, and whose: DIR/IDENTITY/PICTURE."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gateway.domain.errors import GatepostError
from gateway.domain.values import value

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".pgm"})
MOST_PICTURES = 6_000
"""18 million pairs, 1.6 GB of memory while the persons are drawn anew."""


@value
class Listed:
    """One picture of one identity."""

    identity: str
    path: Path

    @property
    def name(self) -> str:
        """Identity and file, as reports have it."""
        return f"{self.identity}/{self.path.name}"


@value
class Listing:
    """What lies in a folder."""

    pictures: tuple[Listed, ...]
    """Identities and their pictures in natural order: 2 comes before 10."""
    passed_over: int
    """Files that are not pictures by their name, or belong to no identity."""


def listing(
    folder: Path, most: int = MOST_PICTURES, suffixes: frozenset[str] = SUFFIXES
) -> Listing:
    """List a folder; raises GatepostError if it has no pictures, or more than can be compared."""
    pictures, passed_over = [], 0
    for entry in sorted(folder.iterdir(), key=_natural):
        if not entry.is_dir():
            passed_over += 1
            continue
        files = [file for file in _files(entry) if file.suffix.lower() in suffixes]
        passed_over += sum(1 for _ in _files(entry)) - len(files)
        pictures += [Listed(identity=entry.name, path=file) for file in files]
    if not pictures:
        raise GatepostError(
            "evaluate.no_pictures",
            "there is no picture of any identity.",
            place=str(folder),
            remedy="Lay them as DIR/IDENTITY/PICTURE, with pictures ending in "
            f"{', '.join(sorted(suffixes))}.",
        )
    if len(pictures) > most:
        raise GatepostError(
            "evaluate.too_many",
            f"there are {len(pictures):,} pictures; all are compared with one another, and memory "
            f"is planned for {most:,}.",
            place=str(folder),
            remedy="Take a part of the identities, or raise --most.",
        )
    return Listing(pictures=tuple(pictures), passed_over=passed_over)


def _files(folder: Path) -> Iterator[Path]:
    return (entry for entry in sorted(folder.iterdir(), key=_natural) if entry.is_file())


def _natural(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
