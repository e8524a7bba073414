"""The audit trail: what is written down of who did what, and how its lines hang together."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

from gateway.domain.values import value

CHINA = timezone(timedelta(hours=8))
BEGINNING = bytes(32)
"""Stands for the hash of the line before the first."""


@value
class AuditEntry:
    """One event, before it has its place in the chain."""

    at_ms: int
    actor: str
    action: str
    """A short name in capitals, such as ``DOOR_OPEN``."""
    subject: str
    """What it was done to; never a name or an identity number."""
    detail: str = ""


@value
class AuditLine:
    """An entry in its place."""

    seq: int
    entry: AuditEntry
    hash: bytes


def chained(before: bytes, seq: int, entry: AuditEntry) -> bytes:
    """Return the hash of a line: SHA-256 of the hash before it in hexadecimal, ``|``, the text."""
    return hashlib.sha256(f"{before.hex()}|{text(seq, entry)}".encode()).digest()


def text(seq: int, entry: AuditEntry) -> str:
    """Return the line: its fields joined by ``|``, time to the second in UTC+8, detail if any."""
    moment = datetime.fromtimestamp(entry.at_ms // 1000, UTC).astimezone(CHINA)
    fields = [str(seq), moment.isoformat(), entry.actor, entry.action, entry.subject]
    if entry.detail:
        fields.append(entry.detail)
    return "|".join(_plain(field) for field in fields)


class Chain:
    """Checks lines one after the other."""

    def __init__(self) -> None:
        self.head = BEGINNING
        """The hash of the last line that follows."""
        self.lines = 0
        """How many lines follow from the first."""

    def follows(self, line: AuditLine) -> bool:
        """Say whether a line follows from the one before, and go on to it if so.

        A removed line shows at its successor, which has another number than expected.
        """
        seq = self.lines + 1
        if line.seq != seq or line.hash != chained(self.head, seq, line.entry):
            return False
        self.head, self.lines = line.hash, seq
        return True


def _plain(field: str) -> str:
    """Keep a field from passing for two, or for the end of a line."""
    return field.replace("%", "%25").replace("|", "%7C").replace("\n", "%0A")
