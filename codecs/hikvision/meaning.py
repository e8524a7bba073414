"""What an event is about: a person at the gate, the terminal itself, or nothing we know."""

from __future__ import annotations

from gateway.codecs.hikvision.notice import Notice
from gateway.codecs.hikvision.outcomes import MAJOR_EVENT, OUTCOMES, Outcome
from gateway.codecs.hikvision.states import STATES, State
from gateway.codecs.hikvision.values import flag, number

from gateway.domain.vocabulary import Decision, Means

ASKING = {
    "QRCodeEvent": Outcome(Decision.UNKNOWN, Means.QR, question=True),
    "IDCardInfoEvent": Outcome(Decision.UNKNOWN, Means.ID_CARD, question=True),
    "FaceTemperatureMeasurementEvent": Outcome(Decision.UNKNOWN, Means.FACE),
}
"""Events without a code of their own."""


def codes(notice: Notice) -> tuple[int, int]:
    """Return major and minor; 0 stands for one that is missing or no number."""
    major = number(notice.inner.get("majorEventType", notice.inner.get("major")))
    minor = number(notice.inner.get("subEventType", notice.inner.get("minor")))
    return _small(major), _small(minor)


def _small(value: int | None) -> int:
    return value if value is not None and 0 <= value <= 0xFFFF else 0


def meaning(notice: Notice) -> Outcome | State | None:
    """Return what the event is about, or None where nobody knows."""
    major, minor = codes(notice)
    if major == MAJOR_EVENT and minor in OUTCOMES:
        return OUTCOMES[minor]
    state = STATES.get((major, minor))
    return state if state is not None else ASKING.get(notice.kind)


def asks(notice: Notice) -> bool:
    """Say whether the terminal waits for a verdict."""
    return flag(notice.inner.get("remoteCheck")) is True
