from __future__ import annotations

import functools
import operator
from collections.abc import Callable

import pytest
from gateway.codecs import checksum
from gateway.codecs.checksum import Readable
from hypothesis import given
from hypothesis import strategies as st

CHECK = b"123456789"


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (checksum.crc16_mcrf4xx, 0x6F91),
        (checksum.crc16_modbus, 0x4B37),
        (checksum.crc16_arc, 0xBB3D),
        (checksum.crc16_osdp, 0xE5CC),
        (checksum.crc32, 0xCBF43926),
        (checksum.sum8, 0xDD),
        (checksum.xor8, 0x31),
        (checksum.ones_complement16, 0x2AF6),
    ],
)
def test_published_check_values(function: Callable[[Readable], int], value: int) -> None:
    assert function(CHECK) == value
    assert function(bytearray(CHECK)) == value
    assert function(memoryview(CHECK)) == value


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (checksum.crc16_mcrf4xx, 0xFFFF),
        (checksum.crc16_modbus, 0xFFFF),
        (checksum.crc16_arc, 0),
        (checksum.crc16_osdp, 0x1D0F),
        (checksum.crc32, 0),
        (checksum.sum8, 0),
        (checksum.xor8, 0),
        (checksum.ones_complement16, 0xFFFF),
    ],
)
def test_nothing_leaves_the_preset(function: Callable[[bytes], int], value: int) -> None:
    assert function(b"") == value


@pytest.mark.parametrize(
    ("function", "covered", "sent"),
    [
        # Recorded or published frames: TC-B T1, ZKTeco Z1 (twice), id-card reader I1, OSDP O1,
        # ZKTeco C3 Z5, FCARD F1.
        (checksum.crc16_mcrf4xx, "A5 00 00 00 01 38 00 00", 0xCA28),
        (checksum.ones_complement16, "0B00F38D03005A4B4661636556657273696F6E00", 0x175A),
        (checksum.ones_complement16, "D007F38D0A0009", 0x6A29),
        (checksum.xor8, "00 03 20 01", 0x22),
        (checksum.crc16_osdp, "53 00 08 00 04 60", 0xAAEB),
        (checksum.crc16_arc, "01 76 00 00", 0x26E0),
        (checksum.sum8, "30" * 16 + "FF FF FF FF 19 88 3D 90 01 02 00 00 00 00 00", 0x6D),
    ],
)
def test_frames_of_the_documented_dialects(
    function: Callable[[bytes], int], covered: str, sent: int
) -> None:
    assert function(bytes.fromhex(covered)) == sent


def test_a_crc_goes_on_where_another_stopped() -> None:
    assert checksum.crc16_mcrf4xx(CHECK[4:], checksum.crc16_mcrf4xx(CHECK[:4])) == 0x6F91


@given(st.binary(max_size=200))
def test_xor_folds_to_what_a_loop_gives(data: bytes) -> None:
    assert checksum.xor8(data) == functools.reduce(operator.xor, data, 0)
