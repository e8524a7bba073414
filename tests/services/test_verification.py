"""Until somebody here can decide, a terminal is told so at once and follows its fallback."""

from __future__ import annotations

from gateway.domain.ids import Receipt
from gateway.domain.verification import Hesitation, Undecided, VerifyRequested
from gateway.domain.vocabulary import Means
from tests.support.desks import Bench, run
from tests.support.reports import NOW


def test_a_verification_is_answered_busy_at_once() -> None:
    async def ask(bench: Bench) -> None:
        session = await bench.login()
        asked = VerifyRequested(receipt=Receipt(9), budget_ms=190, means=Means.FACE)
        bench.services.desk.verify(session, asked, NOW)
        assert session.last() == Undecided(receipt=Receipt(9), reason=Hesitation.BUSY)

    run(ask)
