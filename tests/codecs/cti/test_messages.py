"""Frames, logins and attendance between bytes and values."""

from __future__ import annotations

import pytest
from gateway.codecs.cti.attendance import Attendance, put_attendances, read_attendances
from gateway.codecs.cti.content import Refused, put_time, read_time, seal, unseal
from gateway.codecs.cti.dialect import opening
from gateway.codecs.cti.frame import Frame, answer, pack, parse
from gateway.codecs.cti.login import Login, put_login, read_login
from gateway.codecs.cti.registers import Command, State
from gateway.codecs.cti.report import report
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import PassageReported
from gateway.domain.ids import Receipt, Serial
from gateway.domain.vocabulary import Direction, Lane, Means
from tests.codecs.cti.vectors import (
    ATTENDANCE,
    HEARTBEAT,
    LOGIN,
    LOGIN_XOR,
    PLACED,
    RECORD,
    RECORD_MS,
    SESSION,
)

DEVICE = LOGIN.device


def reported(record: Attendance, late_ms: int = 0, device: Serial = DEVICE) -> PassageReported:
    return report(device, record, Receipt(1), RECORD_MS + late_ms)


def test_the_worked_vectors_are_written_and_read() -> None:
    assert pack(Frame(Command.HEARTBEAT, SESSION, b"")) == HEARTBEAT
    assert pack(Frame(Command.ATTENDANCE, SESSION, put_attendances([RECORD]))) == ATTENDANCE
    assert read_attendances(Command.ATTENDANCE, parse(ATTENDANCE).content) == [RECORD]
    assert put_login(LOGIN)[-1] == LOGIN_XOR
    assert read_login(put_login(LOGIN)) == LOGIN


def test_an_answer_carries_the_header_of_what_it_answers() -> None:
    failed = parse(answer(parse(ATTENDANCE), "满".encode(), State.FAILED))
    assert failed == Frame(Command.ATTENDANCE, SESSION, "满".encode(), State.FAILED)


def test_short_codes_are_padded_and_the_padding_is_no_part_of_them() -> None:
    assert read_login(put_login(Login("F1", Serial("D-7")))) == Login("F1", Serial("D-7"))
    assert read_login(seal(b"F1".ljust(32) + b"D-7".ljust(32))) == Login("F1", Serial("D-7"))


@pytest.mark.parametrize("codes", [b"", b"0" * 63, b"0" * 32 + bytes(32), b"0" * 32 + b"a b" * 11])
def test_a_login_that_names_nobody_is_refused(codes: bytes) -> None:
    with pytest.raises(Refused):
        read_login(seal(codes))


@given(st.binary(min_size=1, max_size=40), st.integers(0, 327))
def test_a_flipped_bit_of_a_content_shows(content: bytes, bit: int) -> None:
    whole = bytearray(seal(content))
    whole[bit // 8 % len(whole)] ^= 1 << bit % 8
    with pytest.raises(Refused, match="XOR"):
        unseal(bytes(whole))


def test_times_are_those_of_beijing() -> None:
    assert put_time(RECORD_MS) == RECORD.time
    assert read_time(RECORD.time) == RECORD_MS
    for text in ("00000000000000", "20190229120000", "2019071207020a", "20191307070204"):
        assert read_time(bytes.fromhex(text)) is None


@given(st.data())
def test_records_with_a_missing_or_a_spare_byte_are_refused_whole(data: st.DataObject) -> None:
    placed = data.draw(st.sampled_from([b"", PLACED]))
    command = Command.ATTENDANCE_PLACED if placed else Command.ATTENDANCE
    records = [RECORD._replace(placed=placed, picture=bytes(data.draw(st.integers(0, 9))))] * 3
    good = unseal(put_attendances(records))
    assert read_attendances(command, seal(good)) == records
    size = len(good) // 3
    cut = data.draw(st.integers(0, len(good) - 1).filter(lambda at: at % size != 0))
    with pytest.raises(Refused):
        read_attendances(command, seal(good[:cut]))
    with pytest.raises(Refused):
        read_attendances(command, seal(good + b"\0"))


def test_a_picture_longer_than_the_content_is_refused() -> None:
    content = bytearray(unseal(put_attendances([RECORD])))
    content[12:16] = b"\xff\xff\xff\xff"
    with pytest.raises(Refused):
        read_attendances(Command.ATTENDANCE, seal(bytes(content)))


def test_the_same_record_has_one_identity_and_every_other_its_own() -> None:
    same = reported(RECORD)
    assert reported(RECORD, late_ms=3_600_000).identity == same.identity
    others = [
        reported(RECORD, device=Serial("other")),
        reported(RECORD._replace(worker=123457)),
        reported(RECORD._replace(time=bytes.fromhex("20190712070205"))),
        reported(RECORD._replace(means=1)),
        reported(RECORD._replace(picture=b"")),
    ]
    assert len({one.identity for one in (same, *others)}) == 6


def test_a_resend_with_another_temperature_is_a_conflict_and_no_second_record() -> None:
    one, other = reported(RECORD), reported(RECORD._replace(placed=PLACED))
    assert one.identity == other.identity
    assert one.digest != other.digest


def test_what_a_record_means() -> None:
    event = reported(RECORD._replace(placed=PLACED))
    assert (event.claim, event.means, event.device_ms) == ("123456", Means.FACE, RECORD_MS)
    assert (event.temperature_c, event.direction) == (36.5, Direction.UNKNOWN)
    assert event.raw.endswith(PLACED)
    leaving = reported(RECORD._replace(means=7))
    assert (leaving.direction, leaving.means) == (Direction.OUT, Means.NONE)
    assert reported(RECORD._replace(means=99)).means is Means.NONE
    assert reported(RECORD._replace(picture=b"")).picture is None


def test_an_old_record_waits_behind_live_ones_and_one_without_time_is_kept() -> None:
    assert reported(RECORD, 60_000).lane is Lane.LIVE
    assert reported(RECORD, 60_001).lane is Lane.BACKFILL
    assert reported(RECORD._replace(time=bytes(7))).device_ms == 0


def test_positions_are_read_where_they_are_numbers() -> None:
    assert RECORD.baidu is None
    assert RECORD._replace(placed=PLACED).baidu == (111.7, 29.04)
    for unreadable in (bytes(25), b"x" * 25, b"nan".ljust(10) * 2 + b" inf\x01"):
        record = RECORD._replace(placed=unreadable)
        assert (record.baidu, record.temperature_c) == (None, None)


def test_a_connection_is_recognised_by_its_beginning() -> None:
    assert opening(HEARTBEAT[:8]) is True
    assert [opening(HEARTBEAT[:size]) for size in range(8)] == [None] * 8
    assert opening(b"YL") is False
    assert opening(b"\x01\x15\x00\x00\x01") is False
    assert opening(b"\x01\x15\x00\x00\x00\x01") is False
