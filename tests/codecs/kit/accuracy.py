"""How often a capture is read rightly: framing and checksum, over every capture there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from gateway.codecs.kit.hextext import Piece
from gateway.codecs.kit.identify import Answer, identify

from tests.codecs.kit.captures import Capture

FEWEST = 3
"""Whole messages in a capture that tells enough; fewer fit many shapes, and the answer says so."""
CUT = ("cut", "begun")
"""Ways of giving a capture in which one message is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Which captures were read wrongly, by what was wrong; one not answered counts as wrong."""

    names: tuple[str, ...]
    telling: frozenset[str]
    wrong: dict[str, list[str]]

    def share(self, what: str) -> float:
        """Return the share of all captures that were read rightly."""
        return 1 - len(self.wrong[what]) / len(self.names)

    def text(self) -> str:
        """Return a line for a reader on each."""
        out = []
        for what, names in self.wrong.items():
            among = sum(name in self.telling for name in names)
            out.append(
                f"{what}: {len(self.names) - len(names)} of {len(self.names)} right; of those with"
                f" {FEWEST} messages or more {len(self.telling) - among} of {len(self.telling)};"
                f" wrong: {', '.join(names)}"
            )
        return "\n".join(out)


def accuracy(captures: Iterable[Capture]) -> Accuracy:
    """Identify every capture in every way; no dialect is asked."""
    wrong: dict[str, list[str]] = {"framing": [], "checksum": [], "either": []}
    names, telling = [], set()
    for capture in captures:
        for way, pieces in ways(capture.frames):
            name = f"{capture.name} {way}"
            names.append(name)
            telling |= {name} if len(capture.frames) - (way in CUT) >= FEWEST else set()
            for what, right in _judged(capture, answers(tuple(pieces))).items():
                wrong[what] += [] if right else [name]
    return Accuracy(names=tuple(names), telling=frozenset(telling), wrong=wrong)


@cache
def answers(pieces: tuple[bytes, ...]) -> tuple[Answer, ...]:
    """Return what is said of a capture given in such pieces, the likeliest first."""
    return identify([Piece(data=p, line=1, form="hex") for p in pieces], []).answers


def _judged(capture: Capture, found: tuple[Answer, ...]) -> dict[str, bool]:
    framing, checksum = framed(capture, found), summed(capture, found)
    return {"framing": framing, "checksum": checksum, "either": framing and checksum}


def ways(frames: tuple[bytes, ...]) -> Iterator[tuple[str, list[bytes]]]:
    """A line for each message, one blob, cut in the last frame, begun in the first."""
    yield "lines", list(frames)
    yield "blob", [b"".join(frames)]
    if len(frames) > 1:
        yield "cut", [*frames[:-1], frames[-1][: max(1, len(frames[-1]) // 2)]]
        yield "begun", [frames[0][len(frames[0]) // 2 :], *frames[1:]]


def framed(capture: Capture, answers: tuple[Answer, ...]) -> bool:
    """Say whether the likeliest answer has the right framing, its length in the right place."""
    truth = capture.truth
    if not answers or answers[0].framing.kind != truth.kind:
        return False
    guess = answers[0].framing
    place = guess.length_lsb, guess.overhead
    return truth.kind != "length" or place == (truth.length_lsb, truth.overhead)


def summed(capture: Capture, answers: tuple[Answer, ...]) -> bool:
    """Say whether the likeliest answer has the right checksum, and none where there is none."""
    family = capture.truth.family
    if not answers or not family:
        return bool(answers) and not answers[0].families
    return family in answers[0].families
