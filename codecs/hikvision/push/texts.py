"""The texts of PUSH, JSON both ways: what terminals say, and what they are told.

Members come in the order of the worked vectors. Codes and their words are inferred.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.codecs.errand import Call
from gateway.codecs.hikvision.documents import Values, read_json
from gateway.codecs.hikvision.push.limits import LONGEST_UUID
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.values import number

OK, LOGIN_FAILED, FAILED = "0x00000000", "0x0020000f", "0x00100002"
SUCCEEDED = "Succeeded."
FORMATS = ("jsonData", "xmlData", "boundaryData", "noData")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One event or result in a request."""

    uuid: str
    form: str
    """One of `FORMATS`, or what the terminal says instead."""
    data: str = field(repr=False)
    """Base64."""


def put(values: object) -> bytes:
    """Write one line of JSON."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def items(body: bytes, name: str, count: str, most: int) -> tuple[list[Item], bool]:
    """Read the list of a request, and whether its stated count is right; raises Refused.

    What has no name that an answer could be addressed to makes the whole request unreadable.
    """
    values = read_json(body)
    listed = values.get(name)
    if not isinstance(listed, list):
        raise Refused("push_list", f"{name} is no list")
    if len(listed) > most:
        raise Refused("push_list", f"{len(listed)} in {name}, {most} at the most")
    return [_item(one) for one in listed], number(values.get(count)) == len(listed)


def _item(one: Any) -> Item:
    if not isinstance(one, dict):
        raise Refused("push_list", "an element is no object")
    uuid, form, data = one.get("UUID"), one.get("dataFormat"), one.get("data", "")
    named = isinstance(uuid, str) and 0 < len(uuid) <= LONGEST_UUID and uuid.isprintable()
    if not named or not isinstance(form, str) or not isinstance(data, str | None):
        raise Refused("push_item", "UUID, dataFormat or data is missing, too long or no text")
    assert isinstance(uuid, str)
    return Item(uuid=uuid, form=form, data=data or "")


def read_data(body: bytes) -> Values:
    """Return the object ``data`` of a request, empty where the body is; raises Refused."""
    if not body:
        return {}
    data = read_json(body).get("data")
    if not isinstance(data, dict):
        raise Refused("push_data", "data is no object")
    return data


def securities(data: Values) -> list[int]:
    """Return which encryptions a terminal can do: a number or a list of them."""
    told = data.get("securityVersion", [])
    listed = told if isinstance(told, list) else [told]
    return [one for one in map(number, listed) if one is not None]


def auth_info(challenge: str, salt: str, iterations: int, security: int) -> bytes:
    """Write what a terminal must know for its login."""
    data: Values = {
        "challenge": challenge,
        "salt": salt,
        "iterations": iterations,
        "isDataEncrypt": bool(security),
    }
    if security:
        data["securityVersion"] = security
    return put({"data": data})


def _said(**more: object) -> bytes:
    return put({"status": 200, "code": OK, "errorMsg": SUCCEEDED, **more})


def logged_in(interval_s: int, error_delay_s: int) -> bytes:
    """Write that a login held."""
    return _said(data={"commandInterval": interval_s, "errorDelay": error_delay_s})


def logged_out() -> bytes:
    """Write that a session is over."""
    return _said()


def failed(status: int, why: str) -> bytes:
    """Write that a request was not taken."""
    return put({"status": status, "code": FAILED, "errorMsg": why})


def login_failed(tries_left: int, unlock_s: int | None = None) -> bytes:
    """Write that a login did not hold; ``unlock_s`` where no other will for so many seconds."""
    data = {
        "lockStatus": "unlock" if unlock_s is None else "lock",
        "unlockTime": unlock_s or 0,
        "retryLoginTime": tries_left,
    }
    return put({"status": 401, "code": LOGIN_FAILED, "errorMsg": "Login failed.", "data": data})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one event."""

    uuid: str
    status: int = 200
    why: str = SUCCEEDED


def results(told: Sequence[Result]) -> bytes:
    """Write what became of each event."""
    return put(
        [
            {
                "UUID": one.uuid,
                "status": one.status,
                "code": OK if one.status == 200 else FAILED,
                "errorMsg": one.why,
            }
            for one in told
        ]
    )


def commands(calls: Sequence[tuple[str, Call]]) -> bytes:
    """Write calls for a terminal to make to itself, each with its name."""
    listed = [
        {
            "UUID": uuid,
            "URL": f"{call.method} {call.target}",
            "dataFormat": form,
            "data": b64encode(data).decode(),
        }
        for uuid, call in calls
        for form, data in [_packed(call)]
    ]
    return _said(commandNum=len(listed), commandList=listed)


def _packed(call: Call) -> tuple[str, bytes]:
    """Return a call's body as it travels, and the name of that form."""
    if not call.body:
        return "noData", b""
    if call.content_type.startswith("multipart/"):
        head = f"Content-Type: {call.content_type}\r\nContent-Length: {len(call.body)}\r\n\r\n"
        return "boundaryData", head.encode() + call.body
    return ("xmlData" if "xml" in call.content_type else "jsonData"), call.body


def noted(*, pending: bool) -> bytes:
    """Write that results were taken; ``pending`` that there is more to fetch."""
    return _said(isPendingCommand=pending)
