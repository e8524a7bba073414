"""Faces that come to simulated gates: JPEG files, named after whom they show.

``17-3.jpg`` is a picture of the person the gateway knows as 17, ``0-8.jpg`` one of a stranger.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway.domain.errors import GatepostError
from gateway.simulator.snapshots import unique


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody before a gate."""

    person: int
    """Whom the gateway should recognise; 0: nobody."""
    picture: bytes
    """A JPEG that no other visit has."""


class Album:
    """The pictures of a folder."""

    def __init__(self, folder: Path) -> None:
        """Raise GatepostError ``simulate.album`` for a folder without pictures named like that."""
        self._pictures = [(file, _person(file)) for file in sorted(folder.glob("*-*.jpg"))]
        if not self._pictures:
            raise GatepostError(
                "simulate.album",
                "there is no picture in it.",
                place=str(folder),
                remedy="Name JPEG files after the person's number: 17-1.jpg, 17-2.jpg, 0-1.jpg.",
            )

    def visit(self, gate: str, number: int) -> Face:
        """Draw who comes to a gate as the visitor of that number; every picture is as likely."""
        file, person = random.Random(f"{gate}/{number}").choice(self._pictures)
        return Face(person, unique(_read(file), f"{gate} {number}"))


def _person(file: Path) -> int:
    try:
        return int(file.name.partition("-")[0])
    except ValueError:
        raise GatepostError(
            "simulate.album",
            "its name does not begin with the number of a person.",
            place=str(file),
            remedy="Name it like 17-1.jpg, or 0-1.jpg for a stranger.",
        ) from None


@cache
def _read(file: Path) -> bytes:
    return file.read_bytes()
