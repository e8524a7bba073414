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


def ask(dialects: list[Dialect], head: bytes) -> Dialect | None:
    def blame(dialect: Dialect, error: Exception) -> None:
        raise AssertionError(dialect.name) from error

    return recognise(dialects, head, blame)


YL, POST = magic(b"YL"), magic(b"POST ")
UNDECIDED = line_dialect("undecided", opening=lambda head: None)


@pytest.mark.parametrize(
    ("head", "name"), [(b"YL", "YL"), (b"YL\x19\0", "YL"), (b"POST /a HTTP/1.1", "POST ")]
)
def test_whoever_claims_it_gets_it(head: bytes, name: str) -> None:
    found = ask([YL, POST], head)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("head", [b"", b"Y", b"PO", b"POST"])
def test_too_few_bytes_are_waited_on(head: bytes) -> None:
    assert ask([YL, POST], head) is None


@pytest.mark.parametrize("head", [b"X", b"PUT /", b"\0" * 20])
def test_what_nobody_claims_is_unrecognised(head: bytes) -> None:
    with pytest.raises(Unrecognised):
        ask([YL, POST], head)


def test_a_dialect_must_decide_within_eight_bytes() -> None:
    assert ask([UNDECIDED, YL], b"YL\x19\0\0\0\0") is None
    found = ask([UNDECIDED, YL], b"YL\x19\0\0\0\0\0")
    assert found is YL
    with pytest.raises(Unrecognised):
        ask([UNDECIDED], bytes(8))


def test_a_dialect_that_raises_is_named_and_passed_over() -> None:
    def unable(head: bytes) -> bool:
        raise IndexError(head[7])

    blamed = []
    broken = line_dialect("broken", opening=unable)
    found = recognise([broken, YL], b"YL", lambda one, error: blamed.append((one, type(error))))
    assert found is YL
    assert blamed == [(broken, IndexError)]


def test_who_claims_everything_takes_nothing_from_those_before() -> None:
    greedy = line_dialect("greedy", opening=lambda head: True)
    assert ask([YL, greedy], b"YL") is YL
    assert ask([YL, greedy], b"Y") is None
    assert ask([YL, greedy], b"X") is greedy
