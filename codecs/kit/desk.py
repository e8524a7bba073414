"""What is behind a conversation when no gateway runs: keeps everything, and answers."""

from __future__ import annotations

from itertools import count

from gateway.domain.events import (
    BlobCompleted,
    BlobOffered,
    CredentialWanted,
    Event,
    FaultReported,
    LoginClaimed,
    LoginProved,
    PassageReported,
    RecordsLost,
)
from gateway.domain.requests import Accept, Admit, CredentialGiven, Defer, Request, TakeBlob

HEARTBEAT_S = 300


class Desk:
    """What is behind the conversation: keeps what comes, and answers."""

    def __init__(self, secret: bytes | None) -> None:
        self._secret = secret
        self._sessions = count(1)
        self.records: dict[bytes, bytes] = {}
        """Digest by identity."""
        self.numbers: set[tuple[int, int]] = set()
        """Series and number of every record."""
        self.reports = 0
        """How often a record came, repetitions included."""
        self.pictures: set[bytes] = set()
        """Digests of pictures that are here."""
        self.disputed: list[str] = []
        """Identities, in hexadecimal, that came again with other bytes."""
        self.defer = 0
        """So many of the next records are put off."""

    def answer(self, event: Event) -> Request | None:
        """Return what the gateway says."""
        match event:
            case CredentialWanted():
                return CredentialGiven(secret=self._secret)
            case LoginProved() | LoginClaimed():
                return Admit(session=next(self._sessions), heartbeat_s=HEARTBEAT_S)
            case PassageReported() | FaultReported():
                return self._record(event)
            case RecordsLost(receipt=receipt):
                return Accept(receipt=receipt)
            case BlobOffered(receipt=receipt, digest=digest):
                return TakeBlob(receipt=receipt, have_all=digest in self.pictures)
            case BlobCompleted(receipt=receipt, digest=digest):
                self.pictures.add(digest)
                return Accept(receipt=receipt)
        return None

    def _record(self, event: PassageReported | FaultReported) -> Request:
        if self.defer:
            self.defer -= 1
            return Defer(receipt=event.receipt)
        self.reports += 1
        self.numbers.add((event.series, event.number))
        if self.records.setdefault(event.identity, event.digest) != event.digest:
            self.disputed.append(event.identity.hex())
        picture = event.picture if isinstance(event, PassageReported) else None
        if picture is not None and picture.data is not None:
            self.pictures.add(picture.digest)
        return Accept(receipt=event.receipt)
