"""The answer to a question: the text that opens a door, or does not.

The same text is the body of the answer to the terminal's own request (synchronous) and of the PUT
to it (asynchronous and arming); only how it travels differs.
"""

from __future__ import annotations

import json
import unicodedata
from typing import NamedTuple

from gateway.codecs.hikvision.limits import MOST_INFO
from gateway.codecs.hikvision.values import number

LONGEST_CLAIM = 32
"""Characters of userInfo's employeeNo (certain)."""
_CONTROL = "C"


def put_verdict(serial_no: int, passes: bool, info: str = "", person: str = "") -> bytes:
    """Write a verdict; ``info`` is shown on the screen, ``person`` where the terminal knows none.

    ``serial_no`` is the question's own, always written as a number.
    """
    said: dict[str, object] = {
        "serialNo": serial_no,
        "checkResult": "success" if passes else "failed",
    }
    shown = shorten(info)
    if shown:
        said["info"] = shown
    if person and passes:
        said["userInfo"] = {"employeeNo": person[:LONGEST_CLAIM]}
    text = json.dumps({"RemoteCheck": said}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


class Verdict(NamedTuple):
    """What a terminal reads out of an answer."""

    serial: int
    passes: bool
    info: str
    person: str
    """Whom it is to show; empty where it knows by itself."""


def read_verdict(body: bytes) -> Verdict | None:
    """Read a verdict as a terminal does; None for no verdict.

    Anything but exactly ``success`` keeps the door shut.
    """
    try:
        said = json.loads(body)["RemoteCheck"]
        serial, info = number(said["serialNo"]), str(said.get("info", ""))
        passes = said["checkResult"] == "success"
        person = str(said.get("userInfo", {}).get("employeeNo", ""))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return None if serial is None else Verdict(serial, passes, info, person)


def shorten(info: str) -> str:
    """Return a text for the screen: one line, at most `MOST_INFO` bytes, whole characters."""
    clean = "".join(
        " " if unicodedata.category(one).startswith(_CONTROL) else one for one in info
    ).strip()
    return clean.encode("utf-8", "replace")[:MOST_INFO].decode("utf-8", "ignore").strip()
