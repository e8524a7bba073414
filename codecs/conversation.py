"""The part of a conversation that every framed dialect shares.

Owns the frame reader, the gap timer, the bytes to be sent and the receipts handed out. Knows no
message: a dialect derives from it, reads frames in `read` and answers requests in `submit`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from gateway.codecs.api import Context
from gateway.codecs.framing import FrameReader, Framing
from gateway.codecs.quirks import FirmwareTable, Profile

from gateway.domain.events import Event, FirmwareChanged, FrameDamaged
from gateway.domain.ids import Receipt
from gateway.domain.requests import Request
from gateway.domain.times import Instant

Ticket = TypeVar("Ticket")
"""What a dialect must remember to answer a receipt, such as the sequence number of a request."""


class FramedConversation(ABC, Generic[Ticket]):
    """A `gateway.codecs.api.Conversation` over one framing."""

    framing: ClassVar[Framing]
    firmwares: ClassVar[FirmwareTable] = FirmwareTable()
    """The same table as the dialect's."""
    gap_seconds: ClassVar[float] = 0.05
    """Silence inside a frame after which it is given up, on links that can lose bytes."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.closing: str | None = None
        self.profile: Profile = self.firmwares.choose("")
        """How this terminal behaves; the base profile until it says what it runs."""
        self._model = ""
        self._firmware: str | None = None
        self._frames = FrameReader(self.framing, resync=context.resync)
        self._out = bytearray()
        self._tickets: dict[Receipt, Ticket] = {}
        self._last_receipt = 0
        self._gap_at: float | None = None

    @abstractmethod
    def read(self, frame: bytes, now: Instant) -> Iterable[Event]:
        """Return what a whole, checked frame means; send answers that cost nothing to lose."""

    @abstractmethod
    def submit(self, request: Request, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.submit`."""

    def send(self, frame: bytes) -> None:
        """Queue bytes for the terminal."""
        self._out += frame

    def runs(self, firmware: str, model: str = "") -> list[Event]:
        """Choose the profile by what the terminal says it runs.

        Call it before LoginProved is made, which takes over ``quirks`` and ``unproven`` from
        `profile`, and wherever the terminal says it again: when the answer differs from the first,
        the event to return is FirmwareChanged, else none.
        """
        self._model = model or self._model
        self.profile = self.firmwares.choose(firmware, self._model)
        before, self._firmware = self._firmware, firmware
        if before in (None, firmware):
            return []
        profile = self.profile
        return [
            FirmwareChanged(firmware=firmware, quirks=profile.quirks, unproven=profile.unproven)
        ]

    def receipt(self, ticket: Ticket) -> Receipt:
        """Hand out a receipt; `settle` gives the ticket back once."""
        self._last_receipt += 1
        receipt = Receipt(self._last_receipt)
        self._tickets[receipt] = ticket
        return receipt

    def settle(self, receipt: Receipt) -> Ticket | None:
        """Return the ticket of a receipt that was not answered yet, else None."""
        return self._tickets.pop(receipt, None)

    def feed(self, data: bytes, now: Instant) -> list[Event]:
        """See `gateway.codecs.api.Conversation.feed`."""
        if self.closing is not None:
            return []
        if self._frames.feed(data):
            return self._drain(now)
        self._mind_the_gap(now)
        return []

    def tick(self, now: Instant) -> list[Event]:
        """Give up a frame in which the line fell silent."""
        if self._gap_at is None or now.mono < self._gap_at:
            return []
        self._frames.gap()
        return self._drain(now)

    def deadline(self) -> float | None:
        """See `gateway.codecs.api.Conversation.deadline`."""
        return self._gap_at

    def output(self) -> bytes:
        """See `gateway.codecs.api.Conversation.output`."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    def lost(self, now: Instant) -> list[Event]:  # noqa: ARG002
        """Return nothing: whatever was unanswered, the terminal sends again."""
        return []

    def _drain(self, now: Instant) -> list[Event]:
        events: list[Event] = []
        while self.closing is None and (frame := self._frames.take()) is not None:
            if isinstance(frame, FrameDamaged):
                events.append(frame)
                self.closing = frame.code if self._frames.broken else None
            else:
                events += self.read(frame, now)
        self._mind_the_gap(now)
        return events

    def _mind_the_gap(self, now: Instant) -> None:
        waiting = self.closing is None and self.context.resync and self._frames.buffered
        self._gap_at = now.mono + self.gap_seconds if waiting else None
