"""The closed vocabularies of a passage; every dialect translates its own codes into these."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Direction(IntEnum):
    """Which way somebody went through a channel."""

    UNKNOWN = 0
    IN = 1
    OUT = 2


class Means(IntFlag):
    """With which credentials somebody passed; a combination means all of them were used."""

    NONE = 0
    FACE = 0x0001
    IRIS = 0x0002
    FINGER = 0x0004
    CARD = 0x0008
    ID_CARD = 0x0010
    QR = 0x0020
    PIN = 0x0040
    PALM = 0x0080
    GUARD = 0x0100
    REMOTE = 0x0200
    MANUAL = 0x0400


class Decision(IntEnum):
    """What was decided at the gate, and why when it stayed shut."""

    DENIED = 0
    GRANTED = 1
    STRANGER = 2
    SECOND_FACTOR_WANTED = 3
    ON_STOP_LIST = 4
    NOT_ON_ROSTER = 5
    CERTIFICATE_EXPIRED = 6
    OUTSIDE_SCHEDULE = 7
    LIVENESS_FAILED = 8
    HELMET_MISSING = 9
    UNKNOWN = 255


class VerifiedBy(IntEnum):
    """Who compared the credential; UNKNOWN is a value of its own, never an assumption (R-009)."""

    UNKNOWN = 0
    TERMINAL = 1
    GATEWAY = 2
    GUARD = 3
    TERMINAL_AFTER_DEADLINE = 4
    """The gateway was asked, did not answer in time, and the terminal fell back on its own list."""


class Lane(IntEnum):
    """Whether a record was sent as it happened or kept during an outage and sent afterwards."""

    LIVE = 0
    BACKFILL = 1


class PictureState(IntEnum):
    """Where the picture of a passage stands (R-105)."""

    NONE = 0
    WITH = 1
    LATE = 2
    FAILED = 3


class FaultSeverity(IntEnum):
    """How bad a terminal says its own fault is."""

    INFO = 0
    MINOR = 1
    MAJOR = 2
    CRITICAL = 3
