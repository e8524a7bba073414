"""Which orders can be carried out by calls, and how each work becomes an errand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.codecs.errand import Errand, Errands, Terms
from gateway.codecs.hikvision.isapi.clock import set_clock
from gateway.codecs.hikvision.isapi.describe import Facts, describe
from gateway.codecs.hikvision.isapi.doors import move_door, restart
from gateway.codecs.hikvision.isapi.provision import provision
from gateway.codecs.hikvision.isapi.status import lockout
from gateway.codecs.hikvision.isapi.talk import Ended, Work
from gateway.codecs.hikvision.isapi.verdicts import tell

from gateway.domain.commands import CommandOutcome, DoorCommand, Outcome, OutcomeBase, Reboot
from gateway.domain.ids import Ticket
from gateway.domain.maintenance import Describe, DescriptionOutcome, Provision, SetClock
from gateway.domain.verification import VerdictDue

Doing = Callable[[Any, Terms], Work[str]]
Telling = Callable[[Any, Terms], Work[Facts]]


def doing(work: Doing) -> Callable[[Any, Terms], Errand]:
    """Make the errand of something that is done or not."""

    def run(order: Any, terms: Terms) -> Errand:
        ticket = getattr(order, "ticket", Ticket(0))
        try:
            said = yield from work(order, terms)
        except Ended as ended:
            return _ended(CommandOutcome, ticket, ended)
        return CommandOutcome(ticket=ticket, outcome=Outcome.DONE, code="ok", said=said)

    return run


def telling(work: Telling) -> Callable[[Any, Terms], Errand]:
    """Make the errand of something that brings facts."""

    def run(order: Any, terms: Terms) -> Errand:
        try:
            found = yield from work(order, terms)
        except Ended as ended:
            return _ended(DescriptionOutcome, order.ticket, ended)
        return DescriptionOutcome(ticket=order.ticket, outcome=Outcome.DONE, code="ok", facts=found)

    return run


def _ended(kind: type[OutcomeBase], ticket: Ticket, ended: Ended) -> OutcomeBase:
    return kind(ticket=ticket, outcome=ended.outcome, code=ended.code, said=ended.said)


def _set_clock(order: SetClock, terms: Terms) -> Work[Facts]:
    del order
    offset = int(terms.settings.get("utc_offset_minutes", 480))
    before, after = yield from set_clock(offset)
    return (("was_ahead_seconds", f"{before / 1000:.1f}"), ("ahead_seconds", f"{after / 1000:.1f}"))


ERRANDS = Errands(
    makers={
        DoorCommand: doing(move_door),
        Reboot: doing(restart),
        Describe: telling(describe),
        SetClock: telling(_set_clock),
        Provision: telling(provision),
        VerdictDue: doing(tell),
    },
    lockout=lockout,
)
