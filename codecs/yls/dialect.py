"""YLS/1 as a dialect: what the gateway must know to speak it."""

from __future__ import annotations

from gateway.codecs.api import Dialect, Limits, Reach, TimeBasis
from gateway.codecs.yls.double import YlsDouble
from gateway.codecs.yls.groups import Group, scan
from gateway.codecs.yls.limits import (
    AUTH_ALLOWANCE,
    FRAME_BEFORE_LOGIN,
    LOGIN_SECONDS,
    MOST_FRAME,
    MOST_SNAPSHOT,
)
from gateway.codecs.yls.records import report
from gateway.codecs.yls.redaction import redact
from gateway.codecs.yls.server import YlsConversation

from gateway.domain.commands import (
    DoorCommand,
    ReadConfig,
    Reboot,
    RelayCommand,
    ShowPrompt,
    WriteConfig,
)
from gateway.domain.events import RecordReported
from gateway.domain.ids import Receipt
from gateway.domain.maintenance import AskStatus
from gateway.domain.people import Enrol
from gateway.domain.vocabulary import Lane

_OPENING = b"YL"
ORDERS: frozenset[type] = frozenset(
    {DoorCommand, RelayCommand, Reboot, ShowPrompt, ReadConfig, WriteConfig, AskStatus, Enrol}
)
"""What an operator can order a terminal to do (YLS/1 13.5, 14)."""


def opening(first: bytes) -> bool | None:
    """Judge the first bytes of a connection by the frame marker, 59 4C."""
    if first.startswith(_OPENING):
        return True
    return None if _OPENING.startswith(first) else False


def reread(raw: bytes) -> RecordReported | None:
    """Read the group a record kept; raises Refused for what is none."""
    (group,) = scan(raw, live=True, biometric=True)
    return report(group, Receipt(0), Lane.LIVE) if isinstance(group, Group) else None


DIALECT = Dialect(
    name="yls",
    version="1.0",
    summary="YLS/1, the gateway's own open terminal protocol",
    conversation=YlsConversation,
    device=YlsDouble,
    carries=ORDERS,
    reach=Reach.PERSISTENT,
    retains_until_ack=True,
    reread=reread,
    opening=opening,
    time_basis=TimeBasis.UTC,
    checksum=True,
    limits=Limits(
        max_frame=MOST_FRAME,
        before_login_bytes=FRAME_BEFORE_LOGIN + AUTH_ALLOWANCE,
        login_seconds=LOGIN_SECONDS,
        max_picture=MOST_SNAPSHOT,
    ),
    redact=redact,
)
