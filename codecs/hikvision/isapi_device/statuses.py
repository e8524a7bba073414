"""The ResponseStatus of a terminal: what it says when it did something, and when it did not.

Codes are the maker's where the reference or a published list has them; ``errorCode`` is left out
where none is known.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from gateway.codecs.hikvision.isapi_device.asked import JSON, XML, Asked, Reply
from gateway.codecs.hikvision.isapi_device.habits import Habits


class Status(NamedTuple):
    """What became of a request."""

    http: int
    code: int
    text: str
    sub: str
    error: int | None = None


OK = Status(200, 1, "OK", "ok")
REBOOT = Status(200, 7, "Reboot Required", "rebootRequired", 0x7000_0001)
_INVALID, _CONTENT = "Invalid Operation", "Invalid Content"
STATUSES = {
    one.sub: one
    for one in (
        Status(503, 2, "Device Busy", "deviceBusy", 0x2000_0004),
        Status(500, 3, "Device Error", "deviceError"),
        Status(403, 4, _INVALID, "notSupport", 0x4000_0001),
        Status(403, 4, _INVALID, "methodNotAllowed", 0x4000_0004),
        Status(403, 4, _INVALID, "invalidOperation"),
        Status(400, 5, "Invalid Format", "badXmlFormat", 0x5000_0001),
        Status(400, 5, "Invalid Format", "badJsonFormat", 0x5000_0002),
        Status(400, 6, _CONTENT, "badParameters", 0x6000_0001),
        Status(400, 6, _CONTENT, "MessageParametersLack", 0x6000_0019),
        Status(400, 6, _CONTENT, "beyondARGSRangeLimit", 0x6000_0025),
        Status(400, 6, _CONTENT, "employeeNoNotExist", 0x6000_601F),
        Status(400, 6, _CONTENT, "employeeNoAlreadyExist", 0x6000_6020),
        Status(400, 6, _CONTENT, "cardNoAlreadyExist", 0x6000_6033),
        Status(400, 6, _CONTENT, "eventNotSupport", 0x6000_1024),
        Status(400, 6, _CONTENT, "deviceUserAlreadyExistFace"),
        Status(400, 6, _CONTENT, "SubpicAnalysisModelingError"),
    )
}


class Unwilling(Exception):
    """The terminal does not do it; ``sub`` is a key of `STATUSES`, ``about`` names the member."""

    def __init__(self, sub: str, about: str = "") -> None:
        super().__init__(sub)
        self.sub = sub
        self.about = about


def lack(about: str) -> Unwilling:
    """Return what is said of a member that is missing."""
    return Unwilling("MessageParametersLack", about)


def said(values: dict[str, Any], habits: Habits, status: int = 200) -> Reply:
    """Answer with JSON."""
    shown = _as_texts(values) if habits.texts else values
    body = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status=status, kind=JSON, body=body, values=values)


def shown(root: str, inner: str, habits: Habits, status: int = 200) -> Reply:
    """Answer with XML; ``inner`` is written already."""
    version = "1.0" if "psi" in habits.namespace else "2.0"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\r\n<{root} version="{version}"'
        f' xmlns="{habits.namespace}">{inner}</{root}>\r\n'
    )
    return Reply(status=status, kind=XML, body=text.encode())


def members(values: dict[str, object]) -> str:
    """Write members of an XML answer."""
    return "".join(f"<{name}>{_text(value)}</{name}>" for name, value in values.items())


def done(habits: Habits, *, json_: bool = True, restarts: bool = False) -> Reply:
    """Say that it was done."""
    if not json_:
        return _as_xml(OK, "", habits, restarts=restarts)
    return said(_values(OK), habits)


def unwilling(why: Unwilling, request: Asked, habits: Habits) -> Reply:
    """Say why it was not done, in the form that was asked for."""
    status = STATUSES[why.sub]
    if request.query.get("format") == "json":
        values = {"requestURL": request.target, **_values(status)}
        if status.error is not None:
            values["errorCode"] = status.error
        return said({**values, "errorMsg": why.about or status.sub}, habits, status.http)
    return _as_xml(status, request.target, habits, about=why.about)


def _values(status: Status) -> dict[str, Any]:
    return {
        "statusCode": status.code,
        "statusString": status.text,
        "subStatusCode": status.sub,
    }


def _as_xml(
    status: Status, url: str, habits: Habits, *, about: str = "", restarts: bool = False
) -> Reply:
    values: dict[str, object] = {**({"requestURL": url} if url else {}), **_values(status)}
    if about:
        values["description"] = about
    if status.error is not None:
        values["MErrCode"] = f"0x{status.error:08x}"
    reply = shown("ResponseStatus", members(values), habits, status.http)
    return Reply(status=reply.status, kind=reply.kind, body=reply.body, restarts=restarts)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def _as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_texts(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value
