"""What one simulated terminal did and was told: the truth that the gateway's store is held against.

Written by the terminal alone, from events of its own side of the protocol; nothing in it comes
from the gateway's database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.numbers import HeldNumbers


@dataclass(slots=True, kw_only=True)
class Ledger:
    """One terminal, one numbered series."""

    serial: str
    series: int
    dialect: str = ""
    """The protocol it speaks."""
    recorded: int = 0
    """Numbers 1…recorded were given to events."""
    faults: int = 0
    """So many of them are faults of the terminal itself, the others are passages."""
    told: HeldNumbers = field(init=False)
    """Numbers the gateway acknowledged."""
    acknowledged: int = 0
    """How many numbers were acknowledged."""
    pictures: dict[int, str] = field(default_factory=dict)
    """SHA-256 in hexadecimal of the picture taken with a number."""
    delivered: set[int] = field(default_factory=set)
    """Numbers whose picture the gateway called durable."""

    named: bool = False
    """The gateway keeps the records under names: the protocol does not number them."""
    names: list[str] = field(default_factory=list)
    """Identity in hexadecimal of record 1, 2, …, where they are named."""

    def __post_init__(self) -> None:
        self.told = HeldNumbers(self.series)

    def note(self, number: int, identity: bytes) -> None:
        """Note that the next number was given to an event."""
        self.recorded = number
        if self.named:
            self.names.append(identity.hex())

    def acknowledge(self, series: int, number: int) -> bool:
        """Note an acknowledgement; False for one of something else, or noted before."""
        if series != self.series or number in self.told:
            return False
        self.told.add(number)
        self.acknowledged += 1
        return True

    @property
    def settled(self) -> bool:
        """Everything is acknowledged and every picture delivered."""
        return self.acknowledged == self.recorded and len(self.delivered) == len(self.pictures)

    def numbers_told(self) -> set[int]:
        """Return every acknowledged number."""
        held = set(range(1, self.told.upto + 1))
        for first, last in self.told.islands():
            held.update(range(first, last + 1))
        return held

    def as_json(self) -> dict[str, Any]:
        """Flatten for the pipe between processes."""
        return {
            "serial": self.serial,
            "series": self.series,
            "dialect": self.dialect,
            "recorded": self.recorded,
            "faults": self.faults,
            "told": [(1, self.told.upto), *self.told.islands()],
            "acknowledged": self.acknowledged,
            "pictures": list(self.pictures.items()),
            "delivered": sorted(self.delivered),
            "named": self.named,
            "names": self.names,
        }


def from_json(fields: Mapping[str, Any]) -> Ledger:
    """Rebuild a ledger that came through the pipe."""
    ledger = Ledger(
        serial=fields["serial"],
        series=fields["series"],
        dialect=fields["dialect"],
        recorded=fields["recorded"],
        faults=fields["faults"],
        acknowledged=fields["acknowledged"],
        pictures=dict(fields["pictures"]),
        delivered=set(fields["delivered"]),
        named=fields["named"],
        names=list(fields["names"]),
    )
    for first, last in fields["told"]:
        ledger.told.add(first, last)
    return ledger
