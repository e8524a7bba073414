"""R-040: numbers of identity cards; every one here is of nobody, area 990000 does not exist."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.domain.errors import GatepostError
from gateway.domain.identity_numbers import (
    check_character,
    checked,
    lookup_text,
    masked_name,
    masked_number,
    normalised,
)

TODAY = date(2026, 11, 25)
VALID = "990000199001010017"
WITH_X = "99000019900101005X"


def _code(id_type: str, number: str) -> str:
    with pytest.raises(GatepostError) as caught:
        checked(id_type, number, TODAY, place="line 3")
    error = caught.value
    assert error.place == "line 3"
    assert error.remedy
    for shown in (str(error), repr(error)):
        assert number.strip()[:6] not in shown, "a number is never echoed"
    return error.code


def test_the_check_character_of_x_is_computed_too() -> None:
    assert check_character(VALID[:17]) == "7"
    assert check_character(WITH_X[:17]) == "X"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (VALID, VALID),
        (f"  {VALID}\t", VALID),
        (WITH_X.lower(), WITH_X),
        ("９９００００１９９００１０１００５Ｘ", WITH_X),
        ("９９００００１９９００１０１００５ｘ\u3000", WITH_X),
    ],
)
def test_one_form_for_every_way_of_writing(written: str, meant: str) -> None:
    assert checked("01", written, TODAY, place="") == meant
    assert normalised(written) == meant
    assert lookup_text("01", written) == f"01|{meant}"


def _with_check(first: str) -> str:
    return first + check_character(first)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (VALID[:17] + "8", "identity.check_digit"),
        ("990000199010100017", "identity.check_digit"),
        (VALID[:17], "identity.length"),
        (VALID + "7", "identity.length"),
        ("990000900101001", "identity.length"),
        ("", "identity.length"),
        ("9.90000199001010E+17", "identity.characters"),
        ("99000019900101A017", "identity.characters"),
        ("9900001990010100X7", "identity.characters"),
        ("99000019900101001Y", "identity.characters"),
        ("990000 9900101001X", "identity.characters"),
        (_with_check("99000019900229001"), "identity.date"),
        (_with_check("99000019901301001"), "identity.date"),
        (_with_check("99000018991231001"), "identity.date"),
        (_with_check("99000020261126001"), "identity.date"),
    ],
)
def test_a_wrong_number_is_refused_without_repeating_it(number: str, code: str) -> None:
    if number:
        assert _code("01", number) == code
    else:
        with pytest.raises(GatepostError, match=r"identity\.length"):
            checked("01", number, TODAY, place="")


def test_a_leap_day_and_today_are_dates() -> None:
    for first in ("99000019920229001", "99000020261125001", "99000020000229001"):
        assert checked("01", _with_check(first), TODAY, place="")


def test_numbers_of_other_papers_are_taken_by_their_length() -> None:
    assert checked("08", " e1234567 ", TODAY, place="") == "E1234567"
    assert checked("08", "x" * 32, TODAY, place="") == "X" * 32
    assert _code("08", "ABC") == "identity.length"
    assert _code("08", "A" * 33) == "identity.length"
    assert _code("08", "PASS PORT") == "identity.characters"
    assert _code("08", "护照护照护照") == "identity.characters"
    assert _code("18", VALID) == "identity.type"
    assert _code("1", VALID) == "identity.type"


def test_masking_hides_what_identifies() -> None:
    assert masked_number(VALID) == "990000********0017"
    assert masked_number(VALID, 4) == "9900**********0017"
    assert masked_number("E1234567") == "******67"
    assert masked_name("样本甲") == "样**"
    assert masked_name("Sample") == "S**"
