"""First bytes and the dialects that claim them."""

from __future__ import annotations

import pytest
from gateway.codecs.api import Dialect
from gateway.protocols.recognise import HEAD, Unrecognised, recognise

from tests.support.lines import line_dialect


def magic(mark: bytes) -> Dialect:
    def opening(head: bytes) -> bool | None:
        assert len(head) <= HEAD
        if head.startswith(mark):
            return True
        return None if mark.startswith(head) else False

    return line_dialect(mark.decode(), opening=opening)


YL, POST = magic(b"YL"), magic(b"POST ")
UNDECIDED = line_dialect("undecided", opening=lambda head: None)


@pytest.mark.parametrize(
    ("head", "name"), [(b"YL", "YL"), (b"YL\x19\0", "YL"), (b"POST /a HTTP/1.1", "POST ")]
)
def test_whoever_claims_it_gets_it(head: bytes, name: str) -> None:
    found = recognise([YL, POST], head)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("head", [b"", b"Y", b"PO", b"POST"])
def test_too_few_bytes_are_waited_on(head: bytes) -> None:
    assert recognise([YL, POST], head) is None


@pytest.mark.parametrize("head", [b"X", b"PUT /", b"\0" * 20])
def test_what_nobody_claims_is_unrecognised(head: bytes) -> None:
    with pytest.raises(Unrecognised):
        recognise([YL, POST], head)


def test_a_dialect_must_decide_within_eight_bytes() -> None:
    assert recognise([UNDECIDED, YL], b"YL\x19\0\0\0\0") is None
    found = recognise([UNDECIDED, YL], b"YL\x19\0\0\0\0\0")
    assert found is YL
    with pytest.raises(Unrecognised):
        recognise([UNDECIDED], bytes(8))
