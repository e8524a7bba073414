"""Sent against stored: what a run proves, terminal by terminal.

Pure: ledgers come from the terminals, evidence from the gateway's store, and neither from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.simulator.ledger import Ledger

EXAMPLES = 5
"""So many numbers or digests are named with each violation."""


class Promise(Enum):
    """What can be broken; the value is what a person reads."""

    ACKNOWLEDGED_MISSING = "acknowledged, but not stored"
    UNSTORED = "sent, but not stored when everything had time to arrive"
    UNACKNOWLEDGED = "stored, but never acknowledged"
    NEVER_SENT = "stored, but never sent"
    STORED_TWICE = "stored more than once"
    HOLLOW = "held by its number, but its record is not there"
    MISFILED = "stored as a passage instead of a fault, or the other way round"
    SET_ASIDE = "set aside as disputed or refused, although it was sent as it should be"
    PICTURE_MISSING = "picture acknowledged, but not stored"
    PICTURE_UNDELIVERED = "picture taken, but never acknowledged"
    PICTURE_NEVER_SENT = "picture stored, but never sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the gateway holds of one terminal from one run."""

    numbers: frozenset[int] = frozenset()
    """Numbers of the run's series that count as held."""
    passages: int = 0
    """Rows of passages."""
    faults: int = 0
    """Rows of fault reports."""
    quarantined: int = 0
    """Numbers in dispute; the first version of each is a passage or a fault as well."""
    rejected: int = 0
    """Rows the database refused; each has a number, but is neither passage nor fault."""
    pictures: frozenset[str] = frozenset()
    """SHA-256 of each picture, in hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A promise broken for one terminal."""

    promise: Promise
    serial: str
    count: int
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = f" ({', '.join(self.examples)}{', …' if self.count > len(self.examples) else ''})"
        return f"{self.serial}: {self.count} {self.promise.value}{shown if self.examples else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What belongs to one protocol."""

    terminals: int
    recorded: int
    acknowledged: int
    stored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a run."""

    terminals: int
    recorded: int
    acknowledged: int
    stored: int
    """Rows of passages and faults."""
    pictures: int
    pictures_stored: int
    violations: tuple[Violation, ...]
    dialects: Mapping[str, Share]
    """The same by protocol."""

    @property
    def kept(self) -> bool:
        """Every promise was kept."""
        return not self.violations

    def count(self, *promises: Promise) -> int:
        """How many records or pictures the promises were broken for."""
        return sum(one.count for one in self.violations if one.promise in promises)

    @property
    def lost(self) -> int:
        """Records and pictures that were acknowledged or sent and are not there."""
        return self.count(
            Promise.ACKNOWLEDGED_MISSING,
            Promise.UNSTORED,
            Promise.HOLLOW,
            Promise.PICTURE_MISSING,
            Promise.PICTURE_UNDELIVERED,
        )

    @property
    def doubled(self) -> int:
        """Records stored more than once."""
        return self.count(Promise.STORED_TWICE)


def judge(ledgers: Iterable[Ledger], evidence: Mapping[str, Evidence]) -> Verdict:
    """Hold every ledger against the evidence of its serial number; none at all counts as empty."""
    books = list(ledgers)
    found = [evidence.get(book.serial, Evidence()) for book in books]
    broken = [
        violation
        for book, held in zip(books, found, strict=True)
        for violation in (*_records(book, held), *_rows(book, held), *_pictures(book, held))
    ]
    return Verdict(
        terminals=len(books),
        recorded=sum(book.recorded for book in books),
        acknowledged=sum(book.acknowledged for book in books),
        stored=sum(held.passages + held.faults for held in found),
        pictures=sum(len(book.pictures) for book in books),
        pictures_stored=sum(len(held.pictures) for held in found),
        violations=tuple(broken),
        dialects=_by_dialect(books, found),
    )


def _by_dialect(books: Sequence[Ledger], found: Sequence[Evidence]) -> dict[str, Share]:
    pairs = list(zip(books, found, strict=True))
    shares = {}
    for dialect in sorted({book.dialect for book in books}):
        own = [(book, held) for book, held in pairs if book.dialect == dialect]
        shares[dialect] = Share(
            terminals=len(own),
            recorded=sum(book.recorded for book, _ in own),
            acknowledged=sum(book.acknowledged for book, _ in own),
            stored=sum(held.passages + held.faults for _, held in own),
        )
    return shares


def _records(book: Ledger, held: Evidence) -> Iterable[Violation]:
    told = book.numbers_told()
    sent = set(range(1, book.recorded + 1))
    yield from _broken(Promise.ACKNOWLEDGED_MISSING, book, told - held.numbers)
    yield from _broken(Promise.UNSTORED, book, sent - told - held.numbers)
    yield from _broken(Promise.UNACKNOWLEDGED, book, (sent & held.numbers) - told)
    yield from _broken(Promise.NEVER_SENT, book, held.numbers - sent)


def _rows(book: Ledger, held: Evidence) -> Iterable[Violation]:
    rows = held.passages + held.faults + held.rejected
    spare = rows - len(held.numbers)
    if spare > 0:
        yield Violation(promise=Promise.STORED_TWICE, serial=book.serial, count=spare)
    elif spare < 0:
        yield Violation(promise=Promise.HOLLOW, serial=book.serial, count=-spare)
    elif len(held.numbers) == book.recorded and not held.rejected and held.faults != book.faults:
        count = abs(held.faults - book.faults)
        yield Violation(promise=Promise.MISFILED, serial=book.serial, count=count)
    aside = held.quarantined + held.rejected
    if aside:
        yield Violation(promise=Promise.SET_ASIDE, serial=book.serial, count=aside)


def _pictures(book: Ledger, held: Evidence) -> Iterable[Violation]:
    taken = set(book.pictures.values())
    told = {book.pictures[number] for number in book.delivered}
    yield from _broken(Promise.PICTURE_MISSING, book, told - held.pictures)
    yield from _broken(Promise.PICTURE_UNDELIVERED, book, taken - told)
    yield from _broken(Promise.PICTURE_NEVER_SENT, book, held.pictures - taken)


def _broken(
    promise: Promise, book: Ledger, what: Iterable[int] | Iterable[str]
) -> Iterable[Violation]:
    named = [str(one) for one in sorted(what)]
    if named:
        yield Violation(
            promise=promise,
            serial=book.serial,
            count=len(named),
            examples=tuple(named[:EXAMPLES]),
        )
