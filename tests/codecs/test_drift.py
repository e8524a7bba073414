"""A dialect that behaves by firmware: chosen at login, chosen again, every range proven."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from gateway.codecs.api import Context, Dialect
from gateway.codecs.kit.report import Finding, Verdict
from gateway.codecs.kit.run import run
from gateway.codecs.quirks import FirmwareTable, Quirk
from gateway.codecs.transcript import Transcript

from gateway.domain.events import Event, FirmwareChanged, LoginProved
from gateway.domain.times import Instant
from tests.codecs.acme import ACME, AcmeConversation
from tests.codecs.fixtures import finding, subclass, transcript

TABLE = FirmwareTable(
    base={"zone": "utc"},
    quirks=(Quirk("zone", "2.0", "2.4", {"zone": "site"}, "clock sent without offset"),),
    oldest="1.0",
    newest="2.6",
)


class Drifting(AcmeConversation):
    firmwares = TABLE


def test_the_profile_is_chosen_and_chosen_again() -> None:
    talk = Drifting(Context(entropy=bytes))
    assert talk.profile["zone"] == "utc"
    assert talk.runs("2.1", "K1") == []
    assert (talk.profile["zone"], talk.profile.quirks) == ("site", ("zone",))
    assert talk.runs("2.1") == []
    assert talk.runs("3.0") == [FirmwareChanged(firmware="3.0", unproven=True)]
    assert talk.profile["zone"] == "utc"


def proven(firmware: str, model: str = "") -> Transcript:
    given = transcript("acme.wire")
    header = replace(given.header, firmware=firmware, model=model)
    return replace(given, header=header, name=f"acme-{firmware}.wire")


def judged(dialect: Dialect, *given: Transcript) -> Finding:
    return finding(run(dialect, given, random.Random(1)), "P11")


def test_a_range_without_a_transcript_is_a_failure_that_names_it() -> None:
    drifting = replace(ACME, firmwares=TABLE)
    complete = judged(drifting, proven("1.0"), proven("2.3"), proven("2.4"))
    assert complete.verdict is Verdict.PASSED
    partly = judged(drifting, proven("1.0"), proven("2.6"))
    assert partly.verdict is Verdict.FAILED
    assert "no transcript for any model: from 2.0 before 2.4\nRecord one" in partly.detail


def test_ranges_of_a_model_want_recordings_of_that_model() -> None:
    only = replace(TABLE.quirks[0], model="K1", before=None)
    table = replace(TABLE, quirks=(only,))
    drifting = replace(ACME, firmwares=table)
    partly = judged(drifting, proven("1.0"), proven("2.1"), proven("1.5", "K1"))
    assert "no transcript for K1: from 2.0 on" in partly.detail
    assert "any model" not in partly.detail


def test_a_header_that_names_another_firmware_than_the_terminal_is_caught() -> None:
    def read(self: AcmeConversation, frame: bytes, now: Instant) -> Iterator[Event]:
        yield from AcmeConversation.read(self, frame, now)

    def submit(self: AcmeConversation, request: object, now: Instant) -> list[Event]:
        events = AcmeConversation.submit(self, request, now)  # type: ignore[arg-type]
        return [replace(e, firmware="2.1") if isinstance(e, LoginProved) else e for e in events]

    told = replace(ACME, conversation=subclass(AcmeConversation, read=read, submit=submit))
    assert judged(told, proven("2.1")).verdict is Verdict.NOT_APPLICABLE
    wrong = judged(told, proven("2.2"))
    assert "the header says firmware 2.2, the terminal says 2.1" in wrong.detail


@pytest.mark.parametrize("firmware", ["newest"])
def test_a_header_without_a_version_proves_nothing(firmware: str) -> None:
    assert "holds no number" in judged(ACME, proven(firmware)).detail
