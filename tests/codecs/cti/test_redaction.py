"""What of frames may be kept: no picture, nothing whose meaning is unknown, and lengths stay."""

from __future__ import annotations

import random

from gateway.codecs.cti.attendance import put_attendances, read_attendances
from gateway.codecs.cti.frame import Frame, pack, parse
from gateway.codecs.cti.login import put_login
from gateway.codecs.cti.redaction import redact
from gateway.codecs.cti.registers import Command
from hypothesis import given
from hypothesis import strategies as st

from tests.codecs.cti.vectors import LOGIN, PLACED, RECORD, SESSION

HEAD = 16
PICTURE = b"\xff\xd8\xff" + random.Random(2).randbytes(9_000) + b"\xff\xd9"
PIECES = [PICTURE[at : at + 12] for at in range(HEAD, len(PICTURE) - 12, 12)]
LOGGED_IN = pack(Frame(Command.LOGIN_2, SESSION, put_login(LOGIN)))
PICTURED = RECORD._replace(picture=PICTURE, placed=PLACED)
REPORTED = pack(Frame(Command.ATTENDANCE_PLACED, SESSION, put_attendances((PICTURED, PICTURED))))
FEATURE = pack(Frame(Command.FEATURE, SESSION, PICTURE))
STREAM = LOGGED_IN + REPORTED + FEATURE + LOGGED_IN


def leaks(clean: bytes) -> bool:
    return any(piece in clean for piece in PIECES)


def test_pictures_go_and_the_rest_of_a_record_still_reads() -> None:
    clean = redact(REPORTED, False, HEAD)
    assert len(clean) == len(REPORTED)
    assert not leaks(clean)
    found = read_attendances(Command.ATTENDANCE_PLACED, parse(clean).content)
    assert [(one.worker, one.placed, one.picture) for one in found] == [
        (RECORD.worker, PLACED, bytes(len(PICTURE)))
    ] * 2


def test_logins_stay_and_of_the_unknown_only_the_head() -> None:
    assert redact(LOGGED_IN, False, HEAD) == LOGGED_IN
    clean = redact(FEATURE, False, HEAD)
    assert parse(clean).content == PICTURE[:HEAD] + bytes(len(PICTURE) - HEAD)


@given(st.integers(0, len(STREAM)), st.integers(0, len(STREAM)))
def test_wherever_a_stream_is_cut_no_picture_stays(begin: int, end: int) -> None:
    part = STREAM[begin:end]
    clean = redact(part, begin > 0, HEAD)
    assert len(clean) == len(part)
    assert not leaks(clean)


def test_noise_is_zeroed_in_linear_time() -> None:
    noise = random.Random(1).randbytes(1_000_000)
    clean = redact(noise, True, HEAD)
    assert len(clean) == len(noise)
    assert clean.count(0) > 0.999 * len(noise)
