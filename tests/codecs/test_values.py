from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from gateway.codecs import values
from gateway.codecs.values import BadValue
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 9, 2, 13, 4, 16)  # noqa: DTZ001
LOCAL_TIMES = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001
    max_value=datetime(2099, 12, 31, 23, 59, 59),  # noqa: DTZ001
).map(lambda moment: moment.replace(microsecond=0))


@pytest.mark.parametrize(
    ("data", "number"), [(b"", 0), (b"\0", 0), (b"\x99\x99", 9999), (b"\x01\x23", 123)]
)
def test_bcd_numbers(data: bytes, number: int) -> None:
    assert values.bcd(data) == number
    assert values.put_bcd(number, len(data) or 1)[-len(data) or 1 :] in (data, b"")


@pytest.mark.parametrize("data", [b"\x0a", b"\xa0", b"\xff", b"\x12\x3f"])
def test_a_nibble_beyond_nine_is_refused(data: bytes) -> None:
    with pytest.raises(BadValue) as caught:
        values.bcd(data)
    assert caught.value.code == "digit"


@pytest.mark.parametrize(
    ("data", "digits"), [("ffffffff", ""), ("1234ffff", "1234"), ("00123fff", "00123")]
)
def test_padded_digits(data: str, digits: str) -> None:
    assert values.bcd_digits(bytes.fromhex(data), pad="f") == digits


def test_padding_in_the_middle_is_no_padding() -> None:
    with pytest.raises(BadValue):
        values.bcd_digits(bytes.fromhex("1f23"), pad="f")


@pytest.mark.parametrize(("value", "size"), [(100, 1), (-1, 2), (1, 0)])
def test_bcd_that_does_not_fit(value: int, size: int) -> None:
    with pytest.raises(BadValue) as caught:
        values.put_bcd(value, size)
    assert caught.value.code == "length"


@given(st.integers(0, 10**12 - 1))
def test_bcd_round_trip(value: int) -> None:
    assert values.bcd(values.put_bcd(value, 6)) == value


def test_times_of_the_documented_dialects() -> None:
    assert values.binary_time(bytes.fromhex("1A09020D0410")) == NOON  # TC-B T10
    assert values.bcd_time(bytes.fromhex("160413020926")) == NOON  # FCARD F3
    assert values.packed_time(857221456) == NOON  # ZKTeco Z4
    assert values.utc_ms(NOON, 480) == 1_788_325_456_000


@given(LOCAL_TIMES)
def test_times_round_trip(moment: datetime) -> None:
    assert values.binary_time(values.put_binary_time(moment)) == moment
    assert values.packed_time(values.put_packed_time(moment)) == moment


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (values.binary_time, "1A0D020D0410"),  # month 13
        (values.binary_time, "1A00020D0410"),  # month 0
        (values.binary_time, "1A021E0D0410"),  # 30 February
        (values.binary_time, "1A0902180410"),  # 24 o'clock
        (values.bcd_time, "160413021326"),  # month 13
        (values.bcd_time, "600413020926"),  # second 60
    ],
)
def test_a_time_that_does_not_exist(read: Callable[[bytes], datetime], data: str) -> None:
    with pytest.raises(BadValue) as caught:
        read(bytes.fromhex(data))
    assert caught.value.code == "time"


def test_other_ways_to_write_no_time() -> None:
    for size in (0, 5, 7):
        with pytest.raises(BadValue, match="where 6 are needed"):
            values.binary_time(bytes(size))
    with pytest.raises(BadValue, match="no decimal digit"):
        values.bcd_time(bytes.fromhex("1604130209A6"))
    february_31 = (1 * 31 + 30) * 86_400
    with pytest.raises(BadValue, match="2000-2-31"):
        values.packed_time(february_31)
    with pytest.raises(BadValue, match="1999"):
        values.put_binary_time(datetime(1999, 12, 31))  # noqa: DTZ001


def test_the_largest_packed_time_is_still_a_time() -> None:
    assert values.packed_time(0) == datetime(2000, 1, 1)  # noqa: DTZ001
    assert values.packed_time(0xFFFFFFFF).year == 2133


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (bytes(8), ""),
        (b"        ", ""),
        ("张三".encode("gbk") + b"\0\0", "张三"),
        ("张三".encode("gbk")[:3], "张\ufffd"),
        (b"A\0leftover", "A"),
        (b"  A  ", "  A"),
        (b"\xff\xff", "\ufffd\ufffd"),
    ],
)
def test_padded_text(data: bytes, text: str) -> None:
    assert values.padded_text(data) == text


def test_padded_text_in_utf16() -> None:
    assert values.padded_text("张三".ljust(15).encode("utf-16-le"), "utf-16-le") == "张三"


@pytest.mark.parametrize(
    ("text", "size", "data"),
    [
        ("", 4, bytes(4)),
        ("张三丰", 5, "张三".encode("gbk") + b"\0"),
        ("ABCD", 4, b"ABCD"),
        ("A", 0, b""),
    ],
)
def test_text_is_cut_between_characters(text: str, size: int, data: bytes) -> None:
    assert values.put_padded_text(text, size) == data


def test_a_character_the_encoding_lacks() -> None:
    with pytest.raises(BadValue) as caught:
        values.put_padded_text("𠀀", 8, "gbk")
    assert caught.value.code == "text"


def test_flag_names() -> None:
    names = ("camera", "iris")
    assert values.flag_names(0, names) == frozenset()
    assert values.flag_names(0b11, names) == {"camera", "iris"}
    assert values.flag_names(0x80000001, names) == {"camera", "bit_31"}


def test_set_bits() -> None:
    assert values.set_bits(b"") == []
    assert values.set_bits(b"\x00") == []
    assert values.set_bits(b"\x08", 1202) == [1205]
    assert values.set_bits(b"\x01\x80") == [0, 15]


def test_exact_repetition() -> None:
    assert list(values.repeated(b"aabb", 2, 2)) == [b"aa", b"bb"]
    assert list(values.repeated(b"", 2, 0)) == []
    for data, count in ((b"aab", 2), (b"aabbc", 2), (b"", 1), (b"aa", 0)):
        with pytest.raises(BadValue, match="items of 2"):
            values.repeated(data, 2, count)
