"""What is this hex? Framing, lengths, checksums and known dialects, each with its reasons.

Owns how the evidence of `framings` and `sums` is put together and worded. Nothing here is certain:
a capture of one message fits many shapes, and the answer says how much speaks for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from gateway.codecs.api import Context, Dialect
from gateway.codecs.kit.framings import Guess, guess_framings
from gateway.codecs.kit.hextext import Piece
from gateway.codecs.kit.recipe import recipe
from gateway.codecs.kit.sums import Seal, find_content_seals, find_seals

from gateway.domain.events import FrameDamaged
from gateway.domain.times import Instant

MOST_WEIGHED = 24
"""Shapes for which checksums are searched."""
MOST_SHOWN = 3
MOST_SKIPPED = 64
"""Bytes that may stand before the first frame of a capture that begins in the middle of one."""
MOST_STARTS = 4
SKIP_BITS, SKIP_PIECE_BITS = 16.0, 4.0
"""What must speak for a shape more when the capture has to begin in the middle of a frame: there
are many places for that, but where the first piece ends there is only one."""
_START = Instant(0.0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One shape with the checksum found in it."""

    framing: Guess
    seal: Seal | None = None
    head_seal: Seal | None = None
    """A checksum that closes a header of its own."""
    skipped: int = 0
    """Bytes before the first frame: the capture begins in the middle of one."""
    price: float = 0.0
    """Bits that this costs."""

    @property
    def bits(self) -> float:
        """What speaks for it."""
        sums = sum(seal.bits for seal in (self.seal, self.head_seal) if seal is not None)
        return self.framing.bits + sums - self.price

    @property
    def families(self) -> frozenset[str]:
        """Names of the checksums found."""
        return frozenset(s.family.name for s in (self.seal, self.head_seal) if s is not None)

    def lines(self) -> list[str]:
        """Return the answer for a reader."""
        guess = self.framing
        doubt = "" if self.bits > 0 else ": no more than chance would"
        out = [f"{guess.says} ({self.bits:.0f} bits of evidence{doubt})"]
        cut = f", and {guess.left} bytes of one that was cut off" if guess.left else ""
        skipped = f"after {self.skipped} bytes that begin no frame: " if self.skipped else ""
        sizes = sorted({len(frame) for frame in guess.frames})
        spread = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else str(sizes[0])
        out.append(f"  {skipped}{len(guess.frames)} whole frames of {spread} bytes{cut}")
        out += [f"  checksum: {seal}" for seal in (self.head_seal, self.seal) if seal is not None]
        if self.seal is None and self.head_seal is None:
            out.append("  checksum: none of the families fits; it may have none, or cover a secret")
        return out + [f"  write {line}" for line in recipe(guess, self.seal, self.head_seal)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """An installed dialect that recognises the capture."""

    name: str
    events: int
    damaged: int

    def __str__(self) -> str:
        if self.damaged:
            return f"{self.name} recognises the first bytes, but finds damage"
        return f"{self.name} recognises the first bytes and finds no damage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """Everything that can be said."""

    pieces: tuple[Piece, ...]
    answers: tuple[Answer, ...]
    known: tuple[Acquaintance, ...]

    def text(self) -> str:
        """Return the answer for a terminal."""
        if not self.pieces:
            return (
                "No bytes found: at least four in a row, as 41 43 10 00, 41431000, 0x41, … or a"
                " hexdump.\n"
            )
        total, forms = sum(len(p.data) for p in self.pieces), {p.form for p in self.pieces}
        out = [f"{total} bytes in {len(self.pieces)} pieces, found as {', '.join(sorted(forms))}."]
        out += [f"Known dialect: {each}." for each in self.known] or [
            "No installed dialect recognises the first bytes."
        ]
        shown = self.answers[:MOST_SHOWN]
        if not shown:
            out.append("No shape fits. More messages, each on a line of its own, would help.")
        for number, answer in enumerate(shown, 1):
            first, *rest = answer.lines()
            out += [f"{number}. {first}", *(f"  {line}" for line in rest)]
        if len(self.pieces) == 1 and shown and not shown[0].framing.left:
            out.append("One message fits many shapes: add others of different length.")
        return "\n".join(out) + "\n"


def identify(pieces: Sequence[Piece], dialects: Iterable[Dialect]) -> Identification:
    """Say what the bytes may be; ``dialects`` are those that are installed."""
    data = [piece.data for piece in pieces if piece.data]
    answers = _answers(data)
    told = [answer for answer in answers if answer.bits > 0] or answers[:MOST_SHOWN]
    return Identification(
        pieces=tuple(pieces), answers=tuple(told), known=tuple(_known(data, dialects))
    )


def _answers(pieces: list[bytes]) -> list[Answer]:
    """Weigh the capture as it stands, and as one that begins in the middle of a frame."""
    answers = _weighed(pieces)
    best = answers[0] if answers else None
    if not pieces or (best and best.framing.fits == len(pieces) and not best.framing.left):
        return answers
    for skipped in _starts(pieces):
        later = [piece for piece in (pieces[0][skipped:], *pieces[1:]) if piece]
        price = SKIP_BITS if skipped < len(pieces[0]) else SKIP_PIECE_BITS
        found = [replace(answer, skipped=skipped, price=price) for answer in _weighed(later)]
        answers += [answer for answer in found if len(answer.framing.frames) > 1 or not best]
    return sorted(answers, key=lambda answer: -answer.bits)


def _weighed(pieces: list[bytes]) -> list[Answer]:
    found = cache(find_seals)  # shapes that cut alike share their checksums
    guesses = guess_framings(pieces)[:MOST_WEIGHED]
    answers: list[Answer] = []
    cuts: set[tuple[bytes, ...]] = set()
    for guess in sorted((_with_seals(g, found) for g in guesses), key=lambda a: -a.bits):
        if guess.framing.frames not in cuts:
            cuts.add(guess.framing.frames)
            answers.append(guess)
    return answers


def _with_seals(guess: Guess, found: Callable[[tuple[bytes, ...]], list[Seal]]) -> Answer:
    seals = found(guess.inner()) if guess.kind != "http" else []
    if guess.kind == "length":
        seals = sorted((*seals, *find_content_seals(guess.frames, guess.overhead)), key=_unlikely)
    whole = next((seal for seal in seals if not seal.closes_header), None)
    head = next((seal for seal in seals if seal.closes_header), None)
    return Answer(framing=guess, seal=whole, head_seal=head)


def _unlikely(seal: Seal) -> float:
    return -seal.bits


def _starts(pieces: list[bytes]) -> list[int]:
    """Return where the first whole frame may begin: where what is met again later is met first."""
    first, others = pieces[0], pieces[1:]
    marks = {piece[:2] for piece in others if len(piece) > 2}
    if marks:
        found = {at for mark in marks if 0 < (at := first.find(mark)) <= MOST_SKIPPED}
        return sorted(found | {len(first)})[:MOST_STARTS]
    counts = Counter(first[at : at + 2] for at in range(len(first) - 1))
    places = range(1, min(MOST_SKIPPED, len(first) - 2))
    again = [at for at in places if counts[first[at : at + 2]] > 1]
    return sorted(again, key=lambda at: -counts[first[at : at + 2]])[:MOST_STARTS]


def _known(pieces: list[bytes], dialects: Iterable[Dialect]) -> list[Acquaintance]:
    if not pieces:
        return []
    found = []
    for dialect in dialects:
        try:
            if dialect.opening(pieces[0][:8]) is True:
                found.append(_talk(dialect, pieces))
        except Exception:  # noqa: S112 - a codec that fails here does not know the bytes
            continue
    return found


def _talk(dialect: Dialect, pieces: list[bytes]) -> Acquaintance:
    conversation = dialect.conversation(Context(entropy=bytes, resync=True))
    events = [event for piece in pieces for event in conversation.feed(piece, _START)]
    damaged = sum(isinstance(event, FrameDamaged) for event in events)
    name = f"{dialect.name}/{dialect.version}"
    return Acquaintance(name=name, events=len(events), damaged=damaged)
