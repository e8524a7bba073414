"""How the works of errands become outcomes: each family of orders has its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.codecs.errand import Errand, Terms
from gateway.codecs.hikvision.isapi.describe import Facts
from gateway.codecs.hikvision.isapi.talk import Ended, Work

from gateway.domain.commands import CommandOutcome, Outcome, OutcomeBase
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import DescriptionOutcome, SearchOutcome
from gateway.domain.objects import ObjectOutcome, SendObject
from gateway.domain.people import PeopleListed, PersonListed, PersonOutcome

Make = Callable[[Any, Terms], Errand]
Finish = Callable[..., OutcomeBase]
"""Makes an outcome of the order, of what the work returned (None: it ended), and of the rest."""


def _errand(work: Callable[[Any, Terms], Work[Any]], finish: Finish) -> Make:
    def run(order: Any, terms: Terms) -> Errand:
        common: dict[str, Any] = {"ticket": getattr(order, "ticket", Ticket(0))}
        try:
            found = yield from work(order, terms)
        except Ended as ended:
            said = {"outcome": ended.outcome, "code": ended.code, "said": ended.said}
            return finish(order, None, **common, **said)
        return finish(order, found, **common, outcome=Outcome.DONE, code="ok")

    return run


def doing(work: Callable[[Any, Terms], Work[str]]) -> Make:
    """Make the errand of something that is done or not."""

    def finish(order: Any, words: str | None, **rest: Any) -> OutcomeBase:
        del order
        return CommandOutcome(**_with(words, rest))

    return _errand(work, finish)


def telling(work: Callable[[Any, Terms], Work[Facts]]) -> Make:
    """Make the errand of something that brings facts."""

    def finish(order: Any, facts: Facts | None, **rest: Any) -> OutcomeBase:
        del order
        return DescriptionOutcome(facts=facts or (), **rest)

    return _errand(work, finish)


def searching(work: Callable[[Any, Terms], Work[int]]) -> Make:
    """Make the errand of a search for records."""

    def finish(order: Any, found: int | None, **rest: Any) -> OutcomeBase:
        del order
        return SearchOutcome(found=found or 0, **rest)

    return _errand(work, finish)


def changing(work: Callable[[Any, Terms], Work[str]]) -> Make:
    """Make the errand of a change of one person."""

    def finish(order: Any, words: str | None, **rest: Any) -> OutcomeBase:
        person, revision = order.person, order.revision
        return PersonOutcome(person=person, revision=revision, **_with(words, rest))

    return _errand(work, finish)


def listing(work: Callable[[Any, Terms], Work[tuple[tuple[PersonListed, ...], int]]]) -> Make:
    """Make the errand of a list of people."""

    def finish(
        order: Any, found: tuple[tuple[PersonListed, ...], int] | None, **rest: Any
    ) -> OutcomeBase:
        del order
        people, total = found or ((), 0)
        return PeopleListed(people=people, total=total, **rest)

    return _errand(work, finish)


def bringing(work: Callable[[SendObject, Terms], Work[str]]) -> Make:
    """Make the errand of an object that is brought."""

    def finish(order: Any, words: str | None, **rest: Any) -> OutcomeBase:
        return ObjectOutcome(size=len(order.data), **_with(words, rest))

    return _errand(work, finish)


def _with(words: str | None, rest: dict[str, Any]) -> dict[str, Any]:
    return rest if words is None else {**rest, "said": words}
