"""The numbers of the city terminal interface: commands, states, means of attendance.

Certain: the numbers and what they are called. Unknown: what most of the contents look like; only
commands in `SPOKEN` have a documented layout, the others are answered as not supported.
"""

from __future__ import annotations

from enum import IntEnum

from gateway.domain.vocabulary import Means


class State(IntEnum):
    """Last byte but one of a frame (certain)."""

    OK = 0
    FAILED = 1
    """The content of such an answer is the reason in UTF-8."""


class Command(IntEnum):
    """What a frame is about (certain)."""

    LOGIN = 823
    ROSTER = 824
    ATTENDANCE_OLD = 825
    UPDATE_NEEDED = 826
    LED = 828
    TRAINING = 831
    ENROLMENT = 832
    PROJECT_NAME = 834
    INSTALL_PLACE = 838
    FEATURE = 839
    FEATURE_2 = 841
    ATTENDANCE_PICTURE_OLD = 842
    LOGIN_2 = 843
    ATTENDANCE_PLACED = 844
    """Attendance with picture, position and temperature."""
    FEATURE_3 = 845
    ATTENDANCE = 848
    """Attendance with picture."""
    TIME_SYNC = 65532
    HEARTBEAT = 65535


LOGINS = frozenset({Command.LOGIN, Command.LOGIN_2})
ATTENDANCES = frozenset({Command.ATTENDANCE, Command.ATTENDANCE_PLACED})
SPOKEN = LOGINS | ATTENDANCES | {Command.TIME_SYNC, Command.HEARTBEAT}
"""Commands whose content is documented."""

LEAVING = 7
"""Means 7, "secondary unit": it stands at the exit and says nothing of how somebody was known."""

MEANS = {
    1: Means.IRIS,
    2: Means.ID_CARD,
    3: Means.CARD,
    4: Means.CARD,
    5: Means.CARD,
    6: Means.FACE,
}
"""Means of attendance (certain): 3 and 5 are both "IC card", 4 is a co-branded card.

Any other number means `Means.NONE`; the record is kept, and its bytes tell.
"""
