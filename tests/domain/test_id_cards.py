"""What an identity card says beside its number: both ways of writing it, and what contradicts."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.domain.errors import GatepostError
from gateway.domain.id_cards import LONG, NATIONS, WORDS, CardDetails, checked_details
from gateway.domain.identity_numbers import check_character

TODAY = date(2026, 11, 25)
FIRST = "99000019900101001"
NUMBER = FIRST + check_character(FIRST)
"""Constructed: of no district; born 1990-01-01, and the odd last but one says male."""
CARD = {
    "sex": "男",
    "nation": "汉",
    "birth": "19900101",
    "address": "样省样市样路1号",
    "authority": "样市公安局",
    "valid_from": "2015.03.01",
    "valid_to": LONG,
}


def details(**changes: str) -> CardDetails | None:
    return checked_details({**CARD, **changes}, "01", NUMBER, TODAY)


def refused(**changes: str) -> str:
    with pytest.raises(GatepostError) as caught:
        details(**changes)
    error = caught.value
    for text in changes.values():
        assert text not in f"{error.message} {error.remedy}", "no value is repeated"
    assert error.place == error.code.removeprefix("card.")
    return error.place


def test_words_and_codes_are_read_alike() -> None:
    assert details() == CardDetails(
        sex="1",
        nation="01",
        birth="1990-01-01",
        address="样省样市样路1号",
        authority="样市公安局",
        valid_from="2015-03-01",
        valid_to=LONG,
    )
    assert details(sex="1", nation="1", birth="1990/1/1") == details(nation="汉族")
    assert details(nation="56") == details(nation="基诺族")
    assert NATIONS["20"] == "傈僳"
    assert len(NATIONS) == 58


def test_nothing_said_is_nothing_known() -> None:
    assert checked_details({"sex": " "}, "01", NUMBER, TODAY) is None
    assert set(CARD) == set(WORDS)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("sex", "女"),
        ("sex", "5"),
        ("nation", "57"),
        ("nation", "某族"),
        ("birth", "1990-02-30"),
        ("birth", "1990-01-02"),
        ("birth", LONG),
        ("valid_from", LONG),
        ("address", "号" * 71),
        ("authority", "样\n市"),
        ("valid_from", "20150229"),
        ("valid_to", "2015-02-28"),
        ("valid_to", "soon"),
    ],
)
def test_what_cannot_be_is_refused_in_its_place(field: str, text: str) -> None:
    assert refused(**{field: text}) == field


def test_the_number_of_another_paper_says_nothing_of_birth_and_sex() -> None:
    passport = checked_details({"sex": "女", "birth": "1991-01-01"}, "08", "E12345678", TODAY)
    assert passport == CardDetails(sex="2", birth="1991-01-01")


def test_a_birth_in_the_future_is_refused_of_any_paper() -> None:
    with pytest.raises(GatepostError, match="future"):
        checked_details({"birth": "2026-11-26"}, "08", "E12345678", TODAY)


def test_only_the_validity_and_a_year_are_shown() -> None:
    found = details()
    assert found is not None
    assert found.masked() == {
        "sex": "*",
        "nation": "**",
        "birth": "1990-**-**",
        "address": "样**",
        "authority": "样**",
        "valid_from": "2015-03-01",
        "valid_to": LONG,
    }
    assert not any(text in repr(found) for text in ("公安局", "1990", "'01'"))


def test_a_later_card_wins_where_it_says_something() -> None:
    before = CardDetails(address="old", valid_to="2025-01-01")
    assert CardDetails(valid_to=LONG).over(before) == CardDetails(address="old", valid_to=LONG)
    assert CardDetails(sex="1").over(None) == CardDetails(sex="1")
