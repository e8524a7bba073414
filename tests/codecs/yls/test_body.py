"""Bodies are read strictly; every refusal has its own result."""

from __future__ import annotations

import pytest
from gateway.codecs.yls.body import Body, Refused, put, put_number, put_result
from gateway.codecs.yls.registers import Result, Tlv


def result_of(body: bytes, **reading: int) -> Result:
    with pytest.raises(Refused) as refused:
        Body(body)
    return refused.value.result


def test_elements_are_found_by_type_without_the_critical_bit() -> None:
    body = Body(put(Tlv.SN, b"A", critical=True) + put_number(Tlv.HB, 30, 2) + put_result(0))
    assert body.name(Tlv.SN) == "A"
    assert body.number(Tlv.HB, 2) == 30
    assert body.number(Tlv.RESULT, 2) == 0
    assert Tlv.SN in body
    assert Tlv.TIME not in body


def test_a_length_beyond_the_body_is_refused_without_reserving_it() -> None:
    assert result_of(b"\x80\x01\xff\xff") is Result.BAD_TLV  # N7


@pytest.mark.parametrize("tail", [b"\x00", b"\x00\x01", b"\x00\x01\x00"])
def test_trailing_bytes_are_refused(tail: bytes) -> None:
    assert result_of(put_result(0) + tail) is Result.BAD_TLV


def test_more_than_64_elements_are_refused() -> None:
    assert len(Body(put(0x7000, b"") * 63 + put_result(0)).items) == 1
    assert result_of(put(0x7000, b"") * 65) is Result.BAD_TLV


def test_an_unknown_element_is_skipped_unless_it_is_critical() -> None:
    assert Body(put(0x7123, b"x") + put_result(0)).items == [(Tlv.RESULT, b"\0\0")]
    assert result_of(put(0x7123, b"x", critical=True)) is Result.UNSUPPORTED_CRITICAL


def test_the_critical_bit_on_a_known_type_means_nothing() -> None:
    assert Body(put_number(Tlv.HB, 7, 2, critical=True)).number(Tlv.HB, 2) == 7


def test_a_repeated_element_is_refused_unless_it_may_repeat() -> None:
    twice = put_number(Tlv.HB, 7, 2) * 2
    assert result_of(twice) is Result.BAD_TLV
    assert result_of(put_number(Tlv.HB, 7, 2) + put_number(Tlv.HB, 7, 2, critical=True)) is (
        Result.BAD_TLV
    )
    assert len(Body(twice, frozenset({Tlv.HB})).items) == 2


def test_what_is_missing_or_of_another_length_is_said() -> None:
    body = Body(put(Tlv.NONCE_D, bytes(15)))
    with pytest.raises(Refused, match="MISSING_TLV"):
        body.bytes(Tlv.NONCE_S)
    with pytest.raises(Refused, match="BAD_LENGTH"):
        body.bytes(Tlv.NONCE_D, 16)
    with pytest.raises(Refused, match="BAD_LENGTH"):
        body.number(Tlv.NONCE_D, 2, 4)
    assert body.number(Tlv.WINDOW, 1, 4) == 4


@pytest.mark.parametrize("value", [b"", b"\x1f", b"\x7f", "é".encode()])
def test_a_name_is_printable_ascii(value: bytes) -> None:
    with pytest.raises(Refused, match="BAD_TLV"):
        Body(put(Tlv.SN, value)).name(Tlv.SN)


def test_a_name_has_at_most_32_characters_and_may_be_empty_where_it_has_a_default() -> None:
    assert Body(put(Tlv.SN, b"x" * 32)).name(Tlv.SN) == "x" * 32
    with pytest.raises(Refused, match="BAD_LENGTH"):
        Body(put(Tlv.SN, b"x" * 33)).name(Tlv.SN)
    assert Body(put(Tlv.MODEL, b"")).name(Tlv.MODEL, "") == ""
    assert Body(b"").name(Tlv.MODEL, "none") == "none"
