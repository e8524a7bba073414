"""Gold: what the terminal's side and the orders are tried for, and what each trial catches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from gateway.codecs.api import Context
from gateway.codecs.cti import DIALECT as CTI
from gateway.codecs.double import Happening, Link, Persona, Told
from gateway.codecs.kit.double import day, device_side
from gateway.codecs.kit.report import Verdict
from gateway.codecs.transcript import Transcript
from gateway.codecs.yls import DIALECT
from gateway.codecs.yls.double import YlsDouble
from gateway.codecs.yls.server import YlsConversation

from gateway.domain.events import Event
from gateway.domain.people import Enrol
from gateway.domain.requests import Request
from gateway.domain.times import Instant
from gateway.domain.verification import VerifyLate
from tests.codecs.fixtures import until
from tests.codecs.kit.yls_case import case, recorded, verdict

ORDERS = ("G3", "G4", "G5", "G6")


class WrongKey(YlsDouble):
    """Logs in with another key than it was given."""

    def __init__(self, persona: Persona) -> None:
        super().__init__(persona)
        self._key = bytes(32)


class Forgetful(YlsDouble):
    """Keeps its records in the memory of a connection."""

    def lost(self) -> list[Told]:
        told = super().lost()
        for (_, number), _ in list(self._store.waiting()):
            self._store._series[self._store.epoch].waiting.pop(number)
        return told


class SaysTwice(YlsDouble):
    """Tells of each acknowledgement twice."""

    def feed(self, data: bytes, now: Instant) -> list[Told]:
        return super().feed(data, now) * 2


class OtherName(YlsDouble):
    """Does not know under which name the gateway keeps a record."""

    def identity(self, number: int) -> bytes:
        return number.to_bytes(8, "big")


class Rewrites(YlsDouble):
    """Sends a record with another time when it sends it again."""

    def connected(self, context: Context, link: Link, now: Instant) -> None:
        waiting = self._store._series[self._store.epoch].waiting
        for number, kept in list(waiting.items()):
            body = bytearray(kept.body)
            body[18] ^= 1
            waiting[number] = kept._replace(body=bytes(body))
        super().connected(context, link, now)


class Mute(YlsDouble):
    """Has no word for anything."""

    def record(self, happening: Happening, now: Instant) -> int | None:
        return None


class OtherSeries(YlsDouble):
    """Does not take the series that it is told."""

    def __init__(self, persona: Persona) -> None:
        super().__init__(replace(persona, series=persona.series + 1))


class Hoarder(YlsDouble):
    """Keeps whatever it hears."""

    heard: list[bytes] = []  # noqa: RUF012 - the leak is the point

    def feed(self, data: bytes, now: Instant) -> list[Told]:
        self.heard.append(bytes(4096))
        return super().feed(data, now)


@pytest.mark.parametrize(
    ("double", "said"),
    [
        (WrongKey, "it does not get in"),
        (Forgetful, "are stored, told are"),
        (SaysTwice, "called held twice"),
        (OtherName, "identity() and the gateway's side disagree"),
        (Rewrites, "came again with other bytes"),
        (Mute, "record() gave no number"),
        (OtherSeries, "or say Dialect(numbered=False)"),
    ],
)
def test_a_terminal_that_loses_or_invents_is_caught(double: type[YlsDouble], said: str) -> None:
    found = verdict("G1", device=double)
    assert found.verdict is Verdict.FAILED
    assert said in found.detail


def test_a_terminal_that_grows_is_caught() -> None:
    found = verdict("G2", recorded("clock_and_range"), device=Hoarder)
    Hoarder.heard.clear()
    assert found.verdict is Verdict.FAILED
    assert "both sides grew by" in found.detail


@pytest.mark.parametrize("check", [device_side, day])
def test_both_dialects_of_the_house_have_a_terminal(check: Callable[..., object]) -> None:
    for found in (check(case()), check(case(CTI, recorded("clock_and_range")[:0]))):
        assert getattr(found, "verdict", None) is Verdict.PASSED, found


def test_without_a_terminal_there_is_no_gold() -> None:
    assert verdict("G1", device=None).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("code", ORDERS)
def test_what_the_gateway_asks_is_shown_by_the_transcripts_of_yls(code: str) -> None:
    found = verdict(code)
    assert found.verdict is Verdict.PASSED, found.detail
    assert found.cases


@pytest.mark.parametrize(
    ("code", "left_out", "missing"),
    [
        ("G3", ("verify", "verify_picture", "verify_refused"), "! Denied after"),
        ("G4", ("people", "people_plain"), "! PersonPut"),
        ("G5", ("door", "order", "upkeep"), "= … REFUSED"),
        ("G6", ("firmware",), "! FirmwareOffer"),
    ],
)
def test_what_no_transcript_shows_is_named(
    code: str, left_out: Sequence[str], missing: str
) -> None:
    kept: list[Transcript] = [t for t in recorded() if t.name.removesuffix(".wire") not in left_out]
    found = verdict(code, kept)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert missing in found.detail


def late(event: Event) -> bool:
    """Later than the recordings are, which end at the very moment."""
    return isinstance(event, VerifyLate) and event.late_ms > 0


class TooLate(YlsConversation):
    """Does not notice that an answer comes too late."""

    def submit(self, request: Request, now: Instant) -> list[Event]:
        return [event for event in super().submit(request, now) if not late(event)]


class SendsLate(YlsConversation):
    """Sends an answer however late it comes."""

    def submit(self, request: Request, now: Instant) -> list[Event]:
        events = super().submit(request, now)
        if any(map(late, events)):
            self._out.append(b"late")
        return events


class LosesOrders(YlsConversation):
    """Says nothing of what was on its way when the connection ended."""

    def lost(self, now: Instant) -> list[Event]:
        super().lost(now)
        return []


@pytest.mark.parametrize(
    ("served", "said"), [(TooLate, "no VerifyLate came"), (SendsLate, "sent all the same")]
)
def test_an_answer_that_is_too_late_is_caught(served: type[YlsConversation], said: str) -> None:
    found = verdict("G3", conversation=served)
    assert found.verdict is Verdict.FAILED, found.detail
    assert said in found.detail


def test_an_order_whose_end_nobody_hears_of_is_caught() -> None:
    (door,) = recorded("door")
    found = verdict("G5", [until("Lost", door)], conversation=LosesOrders, carries=frozenset())
    assert found.verdict is Verdict.FAILED, found.detail
    assert "has 0 outcomes when its connection ends" in found.detail


class Dance:
    """An order that no terminal was ever given."""


def test_an_order_that_is_carried_but_never_shown_is_named() -> None:
    found = verdict("G5", carries=DIALECT.carries | {Enrol, Dance})
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.detail == "no transcript shows: ! Dance and = … DONE (Dialect.carries)"
