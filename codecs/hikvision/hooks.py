"""What the conformance kit may know of the dialect beyond its transcripts.

Nothing of it is loaded where the gateway runs.
"""

from __future__ import annotations

import json
import re
from typing import Any

from gateway.codecs.hikvision.bench import ACTIONS, BenchDevice
from gateway.codecs.hikvision.device_texts import Style, put_json, put_parts, put_xml
from gateway.codecs.hikvision.documents import read_document
from gateway.codecs.hikvision.questions import Reply
from gateway.codecs.hikvision.verdict import put_verdict, read_verdict
from gateway.codecs.http.multipart import split
from gateway.codecs.kit.hooks import Dice, Hooks, Messages

_STYLE = Style()
_NUMBERS = (1, 2_000_000_000, 100_000)
_LENGTH = re.compile(rb"(?<=\r\nContent-Length: )[0-9]+(?=\r\n)")


def _serial(dice: Dice) -> int:
    return (*_NUMBERS, dice.randrange(1, 1 << 30))[dice.randrange(0, 4)]


def _values(dice: Dice) -> dict[str, Any]:
    name = ("", "王伟", "Ana Ruiz", '"\\/', "a b")[dice.randrange(0, 5)]
    inner: dict[str, Any] = {
        "majorEventType": 5,
        "subEventType": dice.randrange(0, 4096),
        "serialNo": _serial(dice),
        "name": name,
        "currentEvent": bool(dice.randrange(0, 2)),
        "FaceRect": {"x": dice.randrange(0, 1000) / 1000},
    }
    return {"eventType": "AccessControllerEvent", "AccessControllerEvent": inner}


def _texts(dice: Dice) -> dict[str, Any]:
    return {
        "eventType": "heartBeat",
        "macAddress": dice.randbytes(6).hex(),
        "inner": {"serialNo": str(_serial(dice)), "name": ("王 & <伟>", "x")[dice.randrange(0, 2)]},
    }


def _pair(dice: Dice) -> tuple[bytes, bytes]:
    # Even a picture that has the delimiter in it comes out whole.
    look_alike = b"\r\n--MIME_boundaryX\r\n"
    picture = b"\xff\xd8" + dice.randbytes(dice.randrange(0, 600)) + look_alike + b"\xff\xd9"
    return put_json(_values(dice)), picture


def _parted(data: bytes) -> tuple[bytes, bytes]:
    event, picture = split(data, _STYLE.boundary).parts
    return event.data, picture.data


def _reply(dice: Dice) -> Reply:
    info = ("", "Welcome", "请进")[dice.randrange(0, 3)]
    return Reply(serial_no=_serial(dice), passes=bool(dice.randrange(0, 2)), info=info)


def _replied(data: bytes) -> Reply:
    found = read_verdict(data)
    if found is None:
        raise ValueError("no verdict")
    return Reply(serial_no=found.serial, passes=found.passes, info=found.info)


def lengthen(frame: bytes) -> bytes | None:
    """Return a JSON event with members of a later version, in it and in its own object."""
    head, _, body = frame.partition(b"\r\n\r\n")
    if not body.startswith(b"{") or not _LENGTH.search(head):
        return None
    try:
        values = json.loads(body)
    except ValueError:
        return None
    values["laterMember"] = {"list": [1, {"deep": None}]}
    inner = values.get(values.get("eventType", ""))
    if isinstance(inner, dict) and "serialNo" in inner:
        inner["laterMember"] = "later"
    longer = put_json(values)
    return _LENGTH.sub(str(len(longer)).encode(), head) + b"\r\n\r\n" + longer


HOOKS = Hooks(
    device=BenchDevice,
    requests=ACTIONS,
    messages=(
        Messages(
            name="event as JSON",
            generate=_values,
            encode=put_json,
            decode=lambda data: read_document(data, ""),
        ),
        Messages(
            name="event as XML",
            generate=_texts,
            encode=put_xml,
            decode=lambda data: read_document(data, ""),
        ),
        Messages(
            name="event with a picture",
            generate=_pair,
            encode=lambda pair: put_parts(pair[0], pair[1], _STYLE),
            decode=_parted,
        ),
        Messages(
            name="verdict",
            generate=_reply,
            encode=lambda reply: put_verdict(reply.serial_no, reply.passes, reply.info),
            decode=_replied,
        ),
    ),
    lengthen=lengthen,
)
