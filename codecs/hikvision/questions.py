"""Questions of a terminal on one connection: how long it waits, and what it was told already.

Owns the deadlines. A question is asked of the gateway once; one that comes again is answered as
before, and one that is old never opens anything.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from gateway.codecs.hikvision.identity import Identity
from gateway.codecs.hikvision.limits import LEAST_BUDGET_S, MOST_REMEMBERED, VERDICT_MARGIN_S
from gateway.codecs.hikvision.meaning import meaning
from gateway.codecs.hikvision.notice import Notice
from gateway.codecs.hikvision.outcomes import Outcome
from gateway.codecs.hikvision.report import Ruling, claim_of
from gateway.codecs.hikvision.values import number, text

from gateway.domain.ids import Receipt
from gateway.domain.verification import CardRef, VerifyRequested
from gateway.domain.vocabulary import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that waits for its answer."""

    notice: Notice
    identity: Identity
    receipt: Receipt
    decide_by: float
    """Monotonic seconds at which we answer in any case."""
    gone_at: float
    """Monotonic seconds from which the terminal no longer listens."""

    @property
    def blind(self) -> bool:
        """The terminal did not look itself, so it does not know whom it should show."""
        about = meaning(self.notice)
        return isinstance(about, Outcome) and about.question


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a question is answered with."""

    serial_no: int
    passes: bool
    info: str = ""
    person: str = ""


class Remembered:
    """The last answers that were sent, by the identity of their questions."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[float, Reply, Ruling]] = OrderedDict()

    def keep(self, name: bytes, until: float, reply: Reply, ruling: Ruling) -> None:
        """Remember an answer until the terminal no longer waits for it."""
        self._known[name] = (until, reply, ruling)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def find(self, name: bytes, mono: float) -> tuple[Reply, Ruling] | None:
        """Return the answer to a question that came before and is still waited for."""
        until, reply, ruling = self._known.get(name, (0.0, None, None))
        return (reply, ruling) if reply and ruling and mono < until else None


def deadlines(begun: float, patience_s: float) -> tuple[float, float]:
    """Return when to have decided, and when the terminal has given up.

    Counted from the first byte of the first request: what authentication costs is the terminal's
    own time.
    """
    own = max(LEAST_BUDGET_S, patience_s - VERDICT_MARGIN_S)
    return begun + own, begun + patience_s


def request(question: Question, mono: float) -> VerifyRequested:
    """Return what the gateway is asked."""
    notice = question.notice
    inner, about = notice.inner, meaning(notice)
    card = text(inner.get("cardNo"), 64)
    qr = inner.get("QRCodeInfo")
    return VerifyRequested(
        receipt=question.receipt,
        budget_ms=max(0, round((question.decide_by - mono) * 1000)),
        means=about.means if isinstance(about, Outcome) else Means.NONE,
        picture=notice.picture,
        cards=(CardRef(kind=number(inner.get("cardType")) or 0, number=card.encode()),)
        if card
        else (),
        qr=qr.encode("utf-8", "replace") if isinstance(qr, str) else None,
        candidate=claim_of(notice),
        door=number(inner.get("doorNo")),
        identity=question.identity.name,
    )
