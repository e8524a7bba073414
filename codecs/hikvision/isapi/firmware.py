"""Firmware: the image is brought, its installation watched, the terminal restarted and asked.

Whether the image is the right one the terminal judges. Bringing it twice is not harmless while it
is being installed, so that happens once at the most; whatever fails afterwards leaves the outcome
unknown until somebody asks the terminal what it runs.
"""

from __future__ import annotations

from gateway.codecs.errand import Call, NoAnswer, Terms, ask, pause
from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.describe import identity
from gateway.codecs.hikvision.isapi.doors import REBOOT
from gateway.codecs.hikvision.isapi.status import judge
from gateway.codecs.hikvision.isapi.talk import Ended, Work, change, read, refuse
from gateway.codecs.hikvision.values import flag, number, text

from gateway.domain.commands import Outcome
from gateway.domain.objects import SendObject

IMAGE = "/ISAPI/System/updateFirmware"
PROGRESS = "/ISAPI/System/upgradeStatus"
MOST_IMAGE = 256 * 1024 * 1024
UPLOAD_SECONDS = 600.0
LOOK_SECONDS = 5.0
LOOKS = 120
"""Ten minutes for an installation, and as long for the restart; real units take a few."""


def install(order: SendObject, terms: Terms) -> Work[str]:
    """Install an image and return what the terminal says that it runs now."""
    del terms
    if not 0 < len(order.data) <= MOST_IMAGE:
        raise refuse("bad_value", f"an image of {len(order.data)} bytes")
    before = text((yield from identity()).get("firmwareVersion"))
    yield from change(
        Call(
            method="POST",
            target=IMAGE,
            content_type="application/octet-stream",
            body=order.data,
            seconds=UPLOAD_SECONDS,
        )
    )
    try:
        yield from _watch()
        yield from _restart()
        after = yield from _await_return()
    except Ended as ended:
        raise Ended(Outcome.UNANSWERED, ended.code, ended.said) from None
    if after == before:
        raise refuse("not_applied", f"it still runs {after}")
    return f"{before}, now {after}"


def _watch() -> Work[None]:
    """Wait until the installation is over; raises Ended ``slow``."""
    for _ in range(LOOKS):
        told: Values = yield from read(PROGRESS, "upgradeStatus")
        runs, percent = flag(told.get("upgrading")), number(told.get("percent"))
        if runs is False or (percent is not None and percent >= 100):
            return
        yield from pause(LOOK_SECONDS)
    raise Ended(Outcome.UNANSWERED, "slow", "the installation does not end")


def _restart() -> Work[None]:
    """Restart; a terminal that restarts by itself has no time to answer."""
    reply = yield from ask(Call(method="PUT", target=REBOOT))
    if not isinstance(reply, NoAnswer) and not judge(reply).done:
        raise refuse(judge(reply).code, judge(reply).said)


def _await_return() -> Work[str]:
    """Return what runs once the terminal answers again."""
    for _ in range(LOOKS):
        yield from pause(LOOK_SECONDS)
        try:
            found = text((yield from identity()).get("firmwareVersion"))
        except Ended as ended:
            if ended.code in ("password", "locked"):
                raise
            continue
        if found:
            return found
    raise Ended(Outcome.UNANSWERED, "unreachable", "it did not come back")
