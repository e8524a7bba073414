"""The verdict that is a call of its own: asynchronous listening, and arming."""

from __future__ import annotations

from gateway.codecs.errand import Call, Terms
from gateway.codecs.hikvision.isapi.talk import Work, change
from gateway.codecs.hikvision.isapi.texts import JSON
from gateway.codecs.hikvision.verdict import put_verdict

from gateway.domain.verification import VerdictDue

TARGET = "/ISAPI/AccessControl/remoteCheck?format=json"


def tell(due: VerdictDue, terms: Terms) -> Work[str]:
    """Send a verdict, once, within what is left of the terminal's patience.

    Not repeatable: what a terminal makes of a second verdict is unknown.
    """
    body = put_verdict(due.number, due.passes, due.prompt, due.person)
    left = max(0.0, due.due - terms.now.mono)
    call = Call(method="PUT", target=TARGET, content_type=JSON, body=body, seconds=left)
    return (yield from change(call)).said
