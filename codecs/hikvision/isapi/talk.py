"""The small steps all errands are made of: read something, change something, give up.

An errand may read as often as it likes. Where its order must not be carried out twice, only its
last call changes anything; so whatever fails before that is certainly not carried out.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

from gateway.codecs.errand import SHUT, Answer, Call, NoAnswer, Reply, Step, ask
from gateway.codecs.hikvision.documents import Values, is_xml, parse_xml, read_document
from gateway.codecs.hikvision.isapi.status import MOST_SAID, Status, judge, trouble
from gateway.codecs.hikvision.isapi.texts import JSON, XML, write_xml
from gateway.codecs.hikvision.refused import Refused

from gateway.domain.commands import Outcome

T = TypeVar("T")
Work: TypeAlias = Generator[Step, Reply, T]
"""A part of an errand that returns something, or raises Ended."""


class Ended(Exception):
    """The errand is over, and why."""

    def __init__(self, outcome: Outcome, code: str, said: str = "") -> None:
        super().__init__(code)
        self.outcome = outcome
        self.code = code
        self.said = said[:MOST_SAID]


def refuse(code: str, said: str = "") -> Ended:
    """Return the end of an errand that must not go on."""
    return Ended(Outcome.REFUSED, code, said)


def fetch(target: str, **bounds: Any) -> Work[Answer]:
    """Read something; ``bounds`` are members of `Call`."""
    return (yield from look(Call(method="GET", target=target, repeatable=True, **bounds)))


def look(call: Call) -> Work[Answer]:
    """Make a call that changes nothing; raises Ended unless it was answered with what it asks."""
    answer, why = yield from attempt(call)
    if why is not None:
        raise refuse(why.code if not why.done else "unreadable", why.said or call.target)
    return answer


def attempt(call: Call) -> Work[tuple[Answer, Status | None]]:
    """Make a call that changes nothing; return its answer, and why it is no good if it is not.

    Raises Ended where there is none.
    """
    reply = yield from ask(call)
    if isinstance(reply, NoAnswer):
        shut = reply.reason in SHUT
        outcome = Outcome.REFUSED if shut else Outcome.NOT_SENT
        raise Ended(outcome, reply.reason, reply.said or call.target)
    return reply, trouble(reply)


def change(call: Call) -> Work[Status]:
    """Make a call that changes something; raises Ended unless the terminal says that it did."""
    reply = yield from ask(call)
    if isinstance(reply, NoAnswer):
        raise Ended(reply.outcome, reply.reason, reply.said or call.target)
    status = judge(reply)
    if status.code == "unreadable":
        raise Ended(Outcome.UNANSWERED, status.code, call.target)
    if not status.done:
        raise refuse(status.code, status.said)
    return status


def read(target: str, root: str, **bounds: Any) -> Work[Values]:
    """Read a document and return the members of its root."""
    answer = yield from fetch(target, **bounds)
    return members(answer, root)


def members(answer: Answer, root: str) -> Values:
    """Return the members of a document whose root, or only member, has that name; raises Ended."""
    try:
        values = read_document(answer.body, answer.content_type)
        if is_xml(answer.body):
            named = parse_xml(answer.body).tag.rpartition("}")[2]
            found = values if named == root else None
        else:
            found = values.get(root)
    except Refused as refused:
        raise refuse("unreadable", f"{root}: {refused.code} {refused.detail}") from None
    if not isinstance(found, dict):
        raise refuse("unreadable", f"an answer without {root}")
    return found


def put_json(target: str, root: str, values: Values, **bounds: Any) -> Call:
    """Return the call that writes a JSON document."""
    body = json.dumps({root: values}, ensure_ascii=False, separators=(",", ":")).encode()
    return Call(method="PUT", target=target, content_type=JSON, body=body, **bounds)


def put_xml(target: str, root: str, values: Values, **bounds: Any) -> Call:
    """Return the call that writes an XML document."""
    body = write_xml(root, values)
    return Call(method="PUT", target=target, content_type=XML, body=body, **bounds)
