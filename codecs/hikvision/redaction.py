"""Captures without persons and secrets: only what is known to be harmless is kept.

A path holds a token, an Authorization a proof, an event names, numbers and pictures. So everything
becomes zeros but the frame of HTTP, names of members, and values of a few of them.
"""

from __future__ import annotations

import re

_HEADERS = rb"|".join(
    (
        rb"Content-Type",
        rb"Content-Length",
        rb"Content-Disposition",
        rb"Content-ID",
        rb"Transfer-Encoding",
        rb"Connection",
        rb"Expect",
    )
)
_MEMBERS = rb"|".join(
    (
        rb"majorEventType",
        rb"subEventType",
        rb"serialNo",
        rb"frontSerialNo",
        rb"currentEvent",
        rb"remoteCheck",
        rb"remoteCheckResult",
        rb"checkResult",
        rb"eventType",
        rb"eventState",
        rb"activePostCount",
        rb"dateTime",
        rb"attendanceStatus",
        rb"currentVerifyMode",
        rb"picturesNumber",
        rb"doorNo",
        rb"eventNum",
        rb"commandNum",
        rb"dataFormat",
        rb"isDataEncrypt",
        rb"isPendingCommand",
    )
)
_VALUE = rb"[A-Za-z0-9.:+-]{0,40}"
_KEPT = re.compile(
    rb"(?:POST|PUT) /(?:hik|iot)/|/PUSH/[A-Za-z]{1,20}(?=[? ])"
    rb"| HTTP/1\.[01]\r\n|HTTP/1\.1 [0-9]{3} [A-Za-z ]{1,40}\r\n"
    # A boundary is the sender's to choose, and a picture may hold it.
    rb"|(?:" + _HEADERS + rb"): ?(?:(?!boundary=)[ -~]){0,160}(?:boundary=)?"
    rb'|"(?:' + _MEMBERS + rb')" ?: ?(?:"' + _VALUE + rb'"|' + _VALUE + rb")"
    rb'|"[A-Za-z0-9_]{1,40}" ?:'
    rb"|<(?:" + _MEMBERS + rb")>" + _VALUE + rb"</|</?[A-Za-z0-9_]{1,40}>"
    rb"|\r\n"
)


def redact(stream: bytes, cut: bool, head: int) -> bytes:
    """Return a stream fit to be stored; see `gateway.codecs.api.Redact`.

    What is kept is found wherever it stands, so a cut changes nothing, and of what is unknown
    nothing is kept.
    """
    del cut, head
    out = bytearray(len(stream))
    for found in _KEPT.finditer(stream):
        out[found.start() : found.end()] = found[0]
    return bytes(out)
