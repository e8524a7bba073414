"""Holds what terminals sent and were told against what the database has (invariants I1–I4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.recorders import Told


@dataclass(slots=True)
class Found:
    """What the database holds of one device, row by row."""

    passages: list[tuple[int, int, int]] = field(default_factory=list)
    """Number, device time and claim of each row."""
    identities: list[int] = field(default_factory=list)
    """Numbers in the table that decides about duplicates."""
    forwarded: int = 0
    """Rows waiting in the outbox."""
    pictures: list[str] = field(default_factory=list)
    """Digest of every picture row."""
    aside: int = 0
    """Rows in quarantine or rejected; honest terminals leave none."""


def violations(serial: str, told: Told, found: Found) -> list[str]:
    """Return every broken promise in words; none is what is wanted."""
    rows = Counter(number for number, _, _ in found.passages)
    stored, sent = set(rows), set(told.sent)
    images = Counter(found.pictures)
    checks: list[tuple[str, Iterable[object]]] = [
        ("acknowledged, not stored", told.acknowledged - stored),
        ("stored twice", {number for number, count in rows.items() if count > 1}),
        ("identity without a row", set(found.identities) - stored),
        ("row without an identity", stored - set(found.identities)),
        ("stored, never sent", stored - sent),
        ("sent, not stored", sent - stored),
        ("stored otherwise than sent", _changed(told, found)),
        ("picture acknowledged, not stored", _missing(told, told.delivered, images)),
        ("picture sent, not stored", _missing(told, told.pictures, images)),
        ("picture stored twice", {digest for digest, count in images.items() if count > 1}),
        ("picture stored, never sent", set(images) - set(told.pictures.values())),
    ]
    broken = [
        f"{serial}: {what}: {sorted(map(str, which))[:10]}" for what, which in checks if which
    ]
    if found.forwarded != len(found.passages):
        broken.append(f"{serial}: {found.forwarded} outbox rows for {len(found.passages)} passages")
    if found.aside:
        broken.append(f"{serial}: {found.aside} records in quarantine or rejected")
    if told.complaints:
        broken.append(f"{serial}: was told {told.complaints[:3]}")
    return broken


def _changed(told: Told, found: Found) -> set[int]:
    return {
        number
        for number, device_ms, person in found.passages
        if number in told.sent and told.sent[number] != (device_ms, person)
    }


def _missing(told: Told, numbers: Iterable[int], images: Counter[str]) -> set[int]:
    return {number for number in numbers if told.pictures[number] not in images}


def _some(which: Iterable[object]) -> list[str]:
    return sorted(map(str, which))[:10]
