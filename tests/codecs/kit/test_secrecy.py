"""Redaction (P21) catches what it leaves, what it breaks, and that it is missing."""

from __future__ import annotations

import pytest
from gateway.codecs.api import Redact
from gateway.codecs.kit.report import Verdict
from gateway.codecs.yls.redaction import redact

from tests.codecs.kit.yls_case import recorded, verdict

PICTURES = recorded(
    "picture_tls", "picture_plain", "people_plain", "keys_plain", "login_and_record"
)


def leaves_everything(stream: bytes, cut: bool, head: int) -> bytes:
    return stream


def shortens(stream: bytes, cut: bool, head: int) -> bytes:
    return redact(stream, cut, head)[:-1]


def stumbles(stream: bytes, cut: bool, head: int) -> bytes:
    return bytes((stream[0],)) + redact(stream, cut, head)[1:]


def trusts_every_beginning(stream: bytes, cut: bool, head: int) -> bytes:
    return stream if cut else redact(stream, cut, head)


def looks_back(stream: bytes, cut: bool, head: int) -> bytes:
    for at in range(len(stream)):
        for _ in stream[:at:8]:
            pass
    return redact(stream, cut, head)


def test_the_redaction_of_yls_holds() -> None:
    found = verdict("P21")
    assert found.verdict is Verdict.PASSED, found.detail
    assert found.cases > 300


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (None, "Give Dialect(redact=…)"),
        (leaves_everything, "redact leaves"),
        (shortens, "lengths must stay"),
        (stumbles, "noise: redact raised IndexError"),
        (trusts_every_beginning, "when the stream is cut after"),
        (looks_back, "not linear"),
    ],
)
def test_a_mistake_is_caught_and_says_what_to_mend(by: Redact | None, said: str) -> None:
    found = verdict("P21", PICTURES, redact=by)
    assert found.verdict is Verdict.FAILED
    assert said in found.detail


def test_a_dialect_without_anything_personal_needs_none() -> None:
    found = verdict("P21", recorded("clock_and_range"), redact=None)
    assert found.verdict is Verdict.NOT_APPLICABLE
