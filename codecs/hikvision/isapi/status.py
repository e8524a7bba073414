"""ResponseStatus: how a terminal says that it did something, or why not.

Its ``subStatusCode`` decides (certain); the HTTP status and the numbers beside it vary by firmware.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.codecs.errand import Answer
from gateway.codecs.hikvision.documents import Values, is_xml, parse_xml, read_document
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.values import number, text

OK, RESTART = (0, 1), 7
"""Values of statusCode: done; done, and it wants a restart."""
MOST_SAID = 200
"""Characters of the terminal's own words that are kept."""

CODES = {
    "notSupport": "unsupported",
    "eventNotSupport": "unsupported",
    "methodNotAllowed": "unsupported",
    "theFunctionIsNotSupport": "unsupported",
    "deviceBusy": "busy",
    "upgrading": "busy",
    "deviceError": "device_fault",
    "lowPrivilege": "forbidden",
    "noPermission": "forbidden",
    "notActivated": "not_activated",
    "invalidOperation": "not_now",
    "badXmlFormat": "malformed",
    "badJsonFormat": "malformed",
    "badXmlContent": "bad_value",
    "badJsonContent": "bad_value",
    "badParameters": "bad_value",
    "MessageParametersLack": "bad_value",
    "beyondARGSRangeLimit": "bad_value",
    "employeeNoNotExist": "unknown_person",
    "employeeNoAlreadyExist": "person_exists",
    "cardNoAlreadyExist": "card_exists",
    "deviceUserAlreadyExistFace": "face_exists",
    "SubpicAnalysisModelingError": "bad_picture",
}
"""Our refusal code by subStatusCode; what is not here is ``device_refused``."""
_BY_NUMBER = {2: "busy", 3: "device_fault", 4: "unsupported", 5: "malformed", 6: "bad_value"}
_BY_STATUS = {404: "unsupported", 405: "unsupported", 403: "forbidden", 503: "busy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a terminal said of a request."""

    code: str
    """``ok``, ``restart_required``, or why not."""
    said: str = ""

    @property
    def done(self) -> bool:
        """Whether it did it."""
        return self.code in ("ok", "restart_required")


UNREADABLE = Status(code="unreadable")
"""What came is no word of a terminal's, so nobody knows what it did."""


def judge(answer: Answer) -> Status:
    """Read the answer to a request that changes something."""
    if not answer.body:
        return Status(code="ok") if 200 <= answer.status < 300 else _bare(answer)
    try:
        values = _status_values(answer)
    except Refused:
        return UNREADABLE if answer.status < 400 else _bare(answer)
    return _read(values, answer)


def trouble(answer: Answer) -> Status | None:
    """Return why the answer to a reading request is none, None where it may be one."""
    if answer.status == 200 and b"ResponseStatus" not in answer.body[:512]:
        return None if b'"subStatusCode"' not in answer.body[:512] else judge(answer)
    return judge(answer)


def lockout(answer: Answer) -> int:
    """Return for how many seconds a 401 says that the account stays shut (inferred)."""
    try:
        values = read_document(answer.body, answer.content_type)
    except Refused:
        return 0
    told = values.get("userCheck", values)
    told = told if isinstance(told, dict) else {}
    if text(told.get("lockStatus")).lower() not in ("lock", "locked"):
        return 0
    return max(0, number(told.get("unlockTime")) or 0) or LONGEST_LOCK_S


LONGEST_LOCK_S = 1800
"""Half an hour: what is reported where a terminal does not say how long (inferred)."""


def _status_values(answer: Answer) -> Values:
    if is_xml(answer.body):
        root: Any = parse_xml(answer.body)
        if root.tag.rpartition("}")[2] not in ("ResponseStatus", "userCheck"):
            raise Refused("no_status")
    values = read_document(answer.body, answer.content_type)
    inner = values.get("ResponseStatus")
    values = inner if isinstance(inner, dict) else values
    if "statusCode" not in values and "subStatusCode" not in values:
        raise Refused("no_status")
    return values


def _read(values: Values, answer: Answer) -> Status:
    sub, told = text(values.get("subStatusCode"), 64), number(values.get("statusCode"))
    words = [sub, text(values.get("statusString"), MOST_SAID)]
    words += [text(values.get(name), MOST_SAID) for name in ("errorMsg", "description")]
    said = "; ".join(dict.fromkeys(one for one in words if one))[:MOST_SAID]
    if told == RESTART or sub == "rebootRequired":
        return Status(code="restart_required", said=said)
    if answer.status < 400 and (told in OK if told is not None else sub.lower() == "ok"):
        return Status(code="ok")
    code = CODES.get(sub) or (_BY_NUMBER.get(told or 0) if not sub else None)
    return Status(code=code or "device_refused", said=said)


def _bare(answer: Answer) -> Status:
    """Make the best of an answer without a word in it."""
    return Status(
        code=_BY_STATUS.get(answer.status, "device_refused"), said=f"HTTP {answer.status}"
    )
