"""Redaction (P21) catches what it leaves, what it breaks, and that it is missing."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gateway.codecs.api import Redact
from gateway.codecs.kit.report import Verdict
from gateway.codecs.kit.run import guarded
from gateway.codecs.kit.secrecy import secrecy
from gateway.codecs.transcript import read_transcript
from gateway.codecs.yls.redaction import redact

from gateway.domain.events import Event
from gateway.domain.requests import CredentialGiven, Request
from gateway.domain.times import Instant
from tests.codecs.kit.yls_case import case, recorded, verdict

TURNSTILE = Path(__file__).parents[2] / "plugins" / "turnstile"

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


def turnstile() -> ModuleType:
    """The plug-in that sends its key in the clear, in hexadecimal digits."""
    spec = spec_from_file_location("turnstile_gateway", TURNSTILE / "turnstile_gateway.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keeps(size: int) -> Redact:
    return lambda stream, cut, head: (
        stream[: 0 if cut else size] + bytes(len(stream) - (0 if cut else min(size, len(stream))))
    )


@pytest.mark.parametrize(
    ("by", "said"),
    [(None, ""), (keeps(20), ""), (keeps(200), "redact leaves CredentialGiven.secret as it is")],
)
@pytest.mark.parametrize("hashed", [False, True])
def test_a_secret_of_a_login_does_not_stay(by: Redact | None, said: str, hashed: bool) -> None:
    module = turnstile()
    (file,) = (TURNSTILE / "fixtures").rglob("*.wire")
    text = file.read_text(encoding="utf-8")
    dialect = replace(module.DIALECT, redact=by)
    if hashed:
        key = bytes(range(16)).hex().encode()
        text = text.replace(f'"secret": "{key.decode()}"', f'"secret": "{sha256(key).hexdigest()}"')
        dialect = replace(dialect, conversation=by_password(module.Conversation))
    found = guarded(secrecy, "P21", case(dialect, [read_transcript(text, "day.wire")]))
    assert found.verdict is (Verdict.FAILED if said else Verdict.PASSED), found.detail
    assert said.replace("redact leaves", "").strip() in found.detail
    assert ("the password whose SHA-256 is" in found.detail) == (hashed and bool(said))


def by_password(conversation: type[Any]) -> type[Any]:
    """What is registered is the SHA-256 of what the terminal sends."""

    class ByPassword(conversation):  # type: ignore[misc]
        def submit(self, request: Request, now: Instant) -> list[Event]:
            if isinstance(request, CredentialGiven) and request.secret:
                good = sha256(self.key).digest() == request.secret
                request = CredentialGiven(secret=bytes.fromhex(self.key.decode()) if good else None)
            answered: list[Event] = super().submit(request, now)
            return answered

    return ByPassword


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
