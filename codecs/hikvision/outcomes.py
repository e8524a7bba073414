"""Codes of major 5 that say how somebody's attempt to pass ended (certain, the maker's code list).

The maker prints them in hexadecimal and sends them in decimal. A code that is not here is never an
acceptance. Tables of these codes on the web are partly wrong: one calls 38 "card".
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.domain.vocabulary import Decision, Means

MAJOR_EVENT = 5


class Outcome(NamedTuple):
    """How an attempt ended."""

    decision: Decision
    means: Means = Means.NONE
    question: bool = False
    """The terminal has not looked at all: it only asks."""


_CARD, _PIN, _FINGER, _FACE = Means.CARD, Means.PIN, Means.FINGER, Means.FACE

_BY_CREDENTIAL: tuple[tuple[Means, tuple[int, ...], tuple[int, ...]], ...] = (
    (_CARD, (0x01,), ()),
    (_CARD | _PIN, (0x02,), (0x03, 0x04, 0x05)),
    (_FINGER, (0x26,), (0x27, 0x31, 0xCA)),
    (_CARD | _FINGER, (0x28,), (0x29, 0x2A)),
    (_CARD | _FINGER | _PIN, (0x2B,), (0x2C, 0x2D)),
    (_FINGER | _PIN, (0x2E, 0x48), (0x2F, 0x30, 0x49, 0x4A)),
    (_FACE | _FINGER, (0x36,), (0x37, 0x38)),
    (_FACE | _PIN, (0x39,), (0x3A, 0x3B)),
    (_FACE | _CARD, (0x3C,), (0x3D, 0x3E)),
    (_FACE | _PIN | _FINGER, (0x3F,), (0x40, 0x41)),
    (_FACE | _CARD | _FINGER, (0x42,), (0x43, 0x44)),
    (_FINGER, (0x45,), (0x46, 0x47)),
    (_FACE, (0x4B, 0x4D), (0xCB, 0x80F, 0x4E, 0x4F)),
    (_PIN, (0x65, 0xB5, 0xB3, 0xE5), (0x66, 0x67, 0x94, 0x96, 0x97, 0xB4, 0xC3)),
    (_FACE | Means.ID_CARD, (0x69,), (0x70,)),
    (Means.QR, (0x9C,), (0x9D, 0xD9)),
    (Means.IRIS, (0xBE,), (0xBF, 0xC0)),
    (Means.PALM, (0x707,), (0x708, 0x709)),
    (_CARD, (0xE3,), (0xE4, 0x77)),
    (Means.REMOTE, (0x80D,), (0x80E,)),
    # Allowlist, combined and multiple, bluetooth, employee number, householder; voice is refused
    # only. The vocabulary has no word for these.
    (
        Means.NONE,
        (0x90, 0x99, 0x10, 0x9F, 0xE2, 0x9E),
        (0x91, 0x9A, 0x9B, 0x24, 0xA0, 0x98, 0x700, 0x701),
    ),
)

_REFUSED = {
    0x06: Outcome(Decision.DENIED),  # no permission
    0x07: Outcome(Decision.OUTSIDE_SCHEDULE),
    0x08: Outcome(Decision.DENIED, _CARD),  # the card has expired
    0x09: Outcome(Decision.NOT_ON_ROSTER, _CARD),
    0x0A: Outcome(Decision.DENIED),  # passed in this direction already
    0x0B: Outcome(Decision.DENIED),  # another door is open
    0x0C: Outcome(Decision.SECOND_FACTOR_WANTED),  # not in the group that passes together
    0x0D: Outcome(Decision.SECOND_FACTOR_WANTED),  # nor at the time for it
    0x4C: Outcome(Decision.STRANGER, _FACE),
    0x50: Outcome(Decision.STRANGER, _FACE),
    0x71: Outcome(Decision.ON_STOP_LIST),
    0x75: Outcome(Decision.OUTSIDE_SCHEDULE),  # the door sleeps
    0x76: Outcome(Decision.OUTSIDE_SCHEDULE),
    0x8B: Outcome(Decision.DENIED),
    0xA1: Outcome(Decision.DENIED),
    0xA2: Outcome(Decision.DENIED),
    0xA3: Outcome(Decision.DENIED),
    0xD0: Outcome(Decision.DENIED),  # no mask, no helmet or a temperature
    0xD4: Outcome(Decision.DENIED),  # the quota is used up
}
NOT_EQUIPPED = 0xD0

_UNDECIDED = {
    # The maker's list has it beside 10 as accepted, its header files call it a failure: neither.
    0x0F: Outcome(Decision.UNKNOWN),
    0x32: Outcome(Decision.UNKNOWN, _CARD),  # "authenticated by platform", and how it ended
    0x92: Outcome(Decision.UNKNOWN, _FACE, question=True),
    0x93: Outcome(Decision.UNKNOWN, _CARD, question=True),
    0x95: Outcome(Decision.UNKNOWN, Means.ID_CARD, question=True),
}

OUTCOMES: dict[int, Outcome] = {
    **{
        code: Outcome(decision, means)
        for means, accepted, refused in _BY_CREDENTIAL
        for decision, codes in ((Decision.GRANTED, accepted), (Decision.DENIED, refused))
        for code in codes
    },
    **_REFUSED,
    **_UNDECIDED,
}
