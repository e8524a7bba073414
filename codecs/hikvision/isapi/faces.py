"""Faces of people a terminal knows: one picture each, looked at before it is sent.

The maker's guide and public code call the parts otherwise (inferred, two variants); here they are
``FaceDataRecord`` and ``img``, the text first. One report has firmware that wants these names
without quotes, so what is called malformed is sent once more that way.
"""

from __future__ import annotations

import json

from gateway.codecs.errand import Call, Terms
from gateway.codecs.hikvision.isapi.status import Status
from gateway.codecs.hikvision.isapi.talk import Ended, Work, change, fetch, refuse
from gateway.codecs.hikvision.values import text
from gateway.codecs.jpeg import judge

from gateway.domain.objects import ObjectKind, SendObject

LIBRARY = "/ISAPI/Intelligent/FDLib"
MOST_PICTURE = 200 * 1024
"""Bytes (inferred, several integrators)."""
SECONDS = 60.0
"""An upload over a slow line, and the terminal's look at the picture."""
QUOTE, BARE = '"', ""
_BOUNDARY_BYTES = 12


def put_face(order: SendObject, terms: Terms) -> Work[str]:
    """Have a terminal know a person's face; a refusal has its own code and words."""
    person = check_face(order)
    able = yield from _abilities()  # and no body is sent twice for the sake of a challenge
    for quote in (QUOTE, BARE):
        try:
            return (yield from _put(person, order.data, terms, quote, able)).said
        except Ended as ended:
            if ended.code != "malformed" or quote == BARE:
                raise
    raise AssertionError


def check_face(order: SendObject) -> str:
    """Return whose face it is; raises Ended where no terminal would take the picture."""
    if order.kind is not ObjectKind.FACE_PHOTO:
        raise refuse("unsupported", f"no {order.kind.value} can be sent this way")
    if order.person is None:
        raise refuse("bad_value", "whose face it is must be told")
    if len(order.data) > MOST_PICTURE:
        raise refuse("bad_picture", f"{len(order.data)} bytes; terminals take {MOST_PICTURE}")
    damage = judge(order.data)
    if damage is not None:
        raise refuse("bad_picture", f"no whole JPEG: {damage}")
    return str(order.person)


def _abilities() -> Work[str]:
    """Return the functions the library lists, as it writes them."""
    answer = yield from fetch(f"{LIBRARY}/capabilities?format=json")
    try:
        told = json.loads(answer.body)
    except ValueError:
        return ""
    inner = told.get("FDLibCap", told) if isinstance(told, dict) else {}
    return text(inner.get("supportFDFunction")) if isinstance(inner, dict) else ""


def _put(person: str, picture: bytes, terms: Terms, quote: str, able: str) -> Work[Status]:
    def call(method: str, action: str) -> Call:
        return upload(method, action, person, picture, boundary=_boundary(terms), quote=quote)

    if "setup" in able.lower():
        return (yield from change(call("PUT", "FDSetUp")))
    try:
        return (yield from change(call("POST", "FaceDataRecord")))
    except Ended as ended:
        if ended.code != "face_exists":
            raise
    return (yield from change(call("PUT", "FDModify")))


def _boundary(terms: Terms) -> str:
    """Return what no picture holds, for nobody can guess it."""
    return f"gw-b-{terms.entropy(_BOUNDARY_BYTES).hex()}"


def upload(
    method: str, action: str, person: str, picture: bytes, *, boundary: str, quote: str = QUOTE
) -> Call:
    """Return the call that brings a picture."""
    told = {"faceLibType": "blackFD", "FDID": "1", "FPID": person}
    text_ = json.dumps(told, separators=(",", ":")).encode()
    named = f"Content-Disposition: form-data; name={quote}"
    first = f"{named}FaceDataRecord{quote}\r\nContent-Type: application/json"
    second = f"{named}img{quote}; filename={quote}facePic.jpg{quote}\r\nContent-Type: image/jpeg"
    body = b"".join(
        f"--{boundary}\r\n{head}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data + b"\r\n"
        for head, data in ((first, text_), (second, picture))
    )
    return Call(
        method=method,
        target=f"{LIBRARY}/{action}?format=json",
        content_type=f"multipart/form-data; boundary={boundary}",
        body=body + f"--{boundary}--\r\n".encode(),
        repeatable=True,
        seconds=SECONDS,
    )
