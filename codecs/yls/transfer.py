"""One object on its way out, whoever sends it: open, data, close, resumable (YLS/1 12).

Owns the state of one transfer on the sender's side. Knows no frames: it says what to ask next and
is told the answers.
"""

from __future__ import annotations

from enum import Enum, auto
from hashlib import sha256

from gateway.codecs.yls.body import Body, put, put_number
from gateway.codecs.yls.limits import BLOB_RETRIES
from gateway.codecs.yls.registers import Blob, Command, Result, Tlv

BUSY_SECONDS = 1
PASSING = frozenset({Result.BAD_MAC, Result.BUSY, Result.REPLAY, Result.RETRY_LATER})
"""Results after which the same step is asked again, under a new SEQ."""


class Step(Enum):
    """What is asked next."""

    OPEN = Command.BLOB_OPEN
    DATA = Command.BLOB_DATA
    CLOSE = Command.BLOB_CLOSE


class Progress(Enum):
    """What an answer means for the transfer."""

    GOING = auto()
    DONE = auto()
    """The receiver has all of it for good: the source may go."""
    WAITING = auto()
    """Ask again after ``pause_s``."""
    REFUSED = auto()
    """Final; ``result`` says why."""


class Transfer:
    """The source is kept until CLOSE is answered OK."""

    __slots__ = (
        "_blob",
        "_chunk",
        "_data",
        "_offset",
        "_owner",
        "_step",
        "_tries",
        "digest",
        "kind",
        "pause_s",
        "result",
    )

    def __init__(self, kind: Blob, data: bytes, owner: bytes, chunk: int) -> None:
        self.kind = kind
        self.digest = sha256(data).digest()
        self._data = data
        self._owner = owner
        self._chunk = chunk
        self._blob = self._offset = self._tries = 0
        self._step = Step.OPEN
        self.pause_s = 0
        self.result = 0

    def next(self) -> tuple[Command, bytes]:
        """Return the next request."""
        return self._step.value, self._body()

    @property
    def all_sent(self) -> bool:
        """Every byte is on its way; only CLOSE is left to be asked."""
        return self._step is Step.CLOSE

    def answered(self, fields: Body) -> Progress:
        """Take the answer to the last request; raises Refused for one that says too little."""
        self.result = fields.number(Tlv.RESULT, 2)
        if self.result == Result.OK:
            return self._go_on(fields)
        if self.result == Result.BLOB_OFFSET:
            self._offset = fields.number(Tlv.OFFSET, 4)
            self._step = Step.DATA
        elif self.result == Result.BLOB_UNKNOWN and self._step is not Step.OPEN:
            self._step = Step.OPEN
        elif self.result in PASSING:
            self.pause_s = fields.number(Tlv.HB, 2, BUSY_SECONDS)
            return Progress.WAITING
        elif self.result == Result.BLOB_DIGEST and self._tries < BLOB_RETRIES:
            self._tries += 1
            self._step = Step.OPEN
        else:
            return Progress.REFUSED
        return Progress.GOING

    def _go_on(self, fields: Body) -> Progress:
        if self._step is Step.CLOSE:
            return Progress.DONE
        if self._step is Step.OPEN:
            self._blob = fields.number(Tlv.BLOB_ID, 4)
        self._offset = fields.number(Tlv.OFFSET, 4)
        self._step = Step.DATA if self._offset < len(self._data) else Step.CLOSE
        return Progress.GOING

    def _body(self) -> bytes:
        if self._step is Step.OPEN:
            return (
                put_number(Tlv.BLOB_TYPE, self.kind, 1, critical=True)
                + put_number(Tlv.BLOB_SIZE, len(self._data), 4, critical=True)
                + put(Tlv.SHA256, self.digest, critical=True)
                + put(Tlv.OWNER, self._owner)
                + put_number(Tlv.CHUNK, self._chunk, 2)
            )
        named = put_number(Tlv.BLOB_ID, self._blob, 4, critical=True)
        if self._step is Step.CLOSE:
            return named
        chunk = self._data[self._offset : self._offset + self._chunk]
        at = put_number(Tlv.OFFSET, self._offset, 4, critical=True)
        return named + at + put(Tlv.DATA, chunk, critical=True)


def owner_of_record(series: int, number: int) -> bytes:
    """Return OWNER for what belongs to a record."""
    return b"\x01" + series.to_bytes(4, "big") + number.to_bytes(4, "big")


def owner_of_person(person: int) -> bytes:
    """Return OWNER for what belongs to a person."""
    return b"\x02" + person.to_bytes(4, "big")


NO_OWNER = b"\x03"
"""OWNER of what belongs to nobody, such as firmware and logs."""
