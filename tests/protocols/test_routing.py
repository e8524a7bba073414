"""Every event has a way, and nobody waits for a service that is not there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from gateway.protocols.routing import MEMBER_ROUTES, PUT_OFF_S, STRANGER_ROUTES

from gateway.domain.events import Event, Heartbeat
from gateway.domain.ids import Receipt
from gateway.domain.maintenance import FirmwareInstalled
from gateway.domain.objects import ObjectKind, ObjectWanted
from gateway.domain.people import PersonEnrolled
from gateway.domain.requests import DeclineBlob, Defer, Request
from gateway.domain.times import Instant
from gateway.domain.verification import (
    Hesitation,
    Undecided,
    VerifyCancelled,
    VerifyLate,
    VerifyRequested,
)
from gateway.domain.vocabulary import Means
from tests.support.network import FakeDesk, TestedCounters

NOW = Instant(1.0, 2)
RECEIPT = Receipt(7)


class Told:
    """The part of a session that routes answer through."""

    def __init__(self) -> None:
        self.told: list[Request] = []

    def tell(self, request: Request, now: Instant) -> None:
        self.told.append(request)


@pytest.mark.parametrize("event", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_event_has_a_route(event: type) -> None:
    assert event in STRANGER_ROUTES
    assert event in MEMBER_ROUTES


@pytest.mark.parametrize("routes", [STRANGER_ROUTES, MEMBER_ROUTES], ids=["stranger", "member"])
def test_what_nobody_takes_yet_is_kept_by_the_terminal(
    routes: dict[type, object],
) -> None:
    installed = FirmwareInstalled(receipt=RECEIPT, version="1.1", applied=True)
    wanted = ObjectWanted(receipt=RECEIPT, digest=bytes(32), kind=ObjectKind.FACE_PHOTO)
    session = Told()
    for event in (installed, wanted):
        routes[type(event)](session, event, NOW)  # type: ignore[operator]
    later = Defer(receipt=RECEIPT, retry_after_s=PUT_OFF_S)
    assert session.told == [later, DeclineBlob(receipt=RECEIPT, code="unknown")]


def test_what_a_terminal_captured_is_put_off_only_before_it_is_admitted() -> None:
    enrolled = PersonEnrolled(receipt=RECEIPT, person=5, code="ok")
    session = Told()
    STRANGER_ROUTES[PersonEnrolled](session, enrolled, NOW)  # type: ignore[arg-type]
    assert session.told == [Defer(receipt=RECEIPT, retry_after_s=PUT_OFF_S)]
    assert MEMBER_ROUTES[PersonEnrolled] is not STRANGER_ROUTES[PersonEnrolled]


def test_an_answer_that_came_too_late_is_counted() -> None:
    counters = TestedCounters()
    desk = SimpleNamespace(verification_ended=lambda session, event: None)
    session = SimpleNamespace(shared=SimpleNamespace(counters=counters, desk=desk), dialect="yls/1")
    route = MEMBER_ROUTES[VerifyLate]
    route(session, VerifyLate(about=RECEIPT, late_ms=3), NOW)  # type: ignore[arg-type]
    MEMBER_ROUTES[VerifyCancelled](session, VerifyCancelled(about=RECEIPT), NOW)  # type: ignore[arg-type]
    assert counters.counts == {("verified_late", "yls/1"): 1}


def test_a_stranger_is_told_at_once_that_nobody_decides() -> None:
    session = Told()
    asked = VerifyRequested(receipt=RECEIPT, budget_ms=190, means=Means.CARD)
    STRANGER_ROUTES[VerifyRequested](session, asked, NOW)  # type: ignore[arg-type]
    assert session.told == [Undecided(receipt=RECEIPT, reason=Hesitation.BUSY)]


@pytest.mark.parametrize("push_only", [False, True])
def test_only_heartbeats_that_need_not_come_set_a_pace(push_only: bool) -> None:
    desk = FakeDesk()
    session = SimpleNamespace(push_only=push_only, shared=SimpleNamespace(desk=desk))
    MEMBER_ROUTES[Heartbeat](cast(Any, session), Heartbeat(), NOW)
    assert desk.paces == push_only
