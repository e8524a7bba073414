"""Frames: the vectors to the byte, and every way in which bytes are no frame."""

from __future__ import annotations

import random

import pytest
from gateway.codecs.checksum import crc16_mcrf4xx
from gateway.codecs.yls.frame import (
    FRAMING,
    Frame,
    as_duplicate,
    close,
    covered,
    pack,
    parse,
    whole,
)
from gateway.codecs.yls.inlet import Inlet
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.registers import DIR, DUP, GRANT, MORE, OW
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import FrameDamaged
from tests.codecs.yls import vectors

ALL = [getattr(vectors, f"V{number}") for number in range(1, 15)]


def long_header(extra: bytes, body: bytes) -> bytes:
    """A frame whose header has more bytes than we know; HCRC covers them (YLS/1 3.2)."""
    head = bytearray(pack(0, 0, 4, 9, 1, body)[:16])
    head[2] = 0x10 | (18 + len(extra)) // 2
    check = crc16_mcrf4xx(extra, crc16_mcrf4xx(bytes(head)))
    tail = crc16_mcrf4xx(body, check)
    return bytes(head) + check.to_bytes(2, "little") + extra + body + tail.to_bytes(2, "little")


@pytest.mark.parametrize("raw", ALL)
def test_every_vector_is_taken_apart_and_packed_to_the_same_bytes(raw: bytes) -> None:
    frame = whole(raw, MOST_FRAME)
    assert frame is not None
    assert frame == parse(raw)
    flags, address, command, seq, sid, body, _ = frame
    assert pack(flags, address, command, seq, sid, body) == raw


def test_the_fields_of_a_header_are_where_the_document_says() -> None:
    frame = parse(vectors.V9)
    assert (frame.flags, frame.address, frame.command) == (0xA8, 0x0011, 0x0501)
    assert (frame.seq, frame.sid, len(frame.body)) == (0x29, 0x01B1, 36)


def test_an_empty_body_makes_both_checks_equal() -> None:
    assert pack(DIR | OW | GRANT | 0x80, 0x0011, 0, 0x2A, 0x01B1, b"") == vectors.V10
    assert vectors.V10[16:18] == vectors.V10[18:20] == bytes.fromhex("bfa0")


@pytest.mark.parametrize("raw", [vectors.V5, vectors.V10], ids=["V5", "V10"])
def test_every_flipped_bit_is_refused(raw: bytes) -> None:
    for bit in range(8 * len(raw)):
        broken = bytearray(raw)
        broken[bit // 8] ^= 1 << bit % 8
        assert whole(bytes(broken), MOST_FRAME) is None
        found = Inlet(MOST_FRAME, resync=True).feed(bytes(broken))
        assert not any(isinstance(one, Frame) for one in found)


def test_a_wrong_header_byte_shows_in_the_header_check() -> None:
    raw = vectors.V11[:15] + b"\x01" + vectors.V11[16:]  # N1
    assert crc16_mcrf4xx(raw[:16]) == 0x6407
    assert int.from_bytes(raw[16:18], "little") == 0x758E
    assert whole(raw, MOST_FRAME) is None
    (damage,) = Inlet(MOST_FRAME, resync=False).feed(raw)
    assert damage == FrameDamaged(code="header", size=18, sample=raw[:18])


def test_a_body_spliced_behind_another_header_is_refused() -> None:
    raw = vectors.V10[:18] + vectors.V11[18:]  # N2
    assert whole(raw, MOST_FRAME) is None
    (damage,) = Inlet(MOST_FRAME, resync=False).feed(raw)
    assert isinstance(damage, FrameDamaged)
    assert damage.code == "checksum"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\x59\x4d" + vectors.V11[2:], "magic"),
        (close(b"\x59\x4c\x29" + vectors.V11[3:16], b""), "version"),
        (close(b"\x59\x4c\x18" + vectors.V11[3:16], b""), "header"),
        (close(vectors.V11[:14] + b"\x0f\xe9", b"")[:18], "length"),
    ],
)
def test_damage_is_named(raw: bytes, code: str) -> None:
    (damage,) = Inlet(MOST_FRAME, resync=False).feed(raw)
    assert isinstance(damage, FrameDamaged)
    assert damage.code == code


def test_the_largest_frame_passes_and_one_byte_more_does_not() -> None:
    largest = pack(0, 0, 4, 9, 1, bytes(4072))
    assert len(largest) == MOST_FRAME
    assert whole(largest, MOST_FRAME) is not None
    assert whole(largest, MOST_FRAME - 1) is None
    (damage,) = Inlet(MOST_FRAME, resync=False).feed(pack(0, 0, 4, 9, 1, bytes(4073)))
    assert isinstance(damage, FrameDamaged)
    assert damage.code == "length"


def test_a_limit_below_the_largest_frame_is_kept_before_the_body_has_come() -> None:
    (damage,) = Inlet(512, resync=False).feed(pack(0, 0, 4, 9, 1, bytes(493))[:18])
    assert isinstance(damage, FrameDamaged)
    assert (damage.code, damage.size) == ("length", 18)


def test_header_bytes_of_a_later_minor_version_are_skipped_and_covered() -> None:
    raw = long_header(b"\xab\xcd", b"body")
    (frame,) = Inlet(MOST_FRAME, resync=False).feed(raw)
    assert isinstance(frame, Frame)
    assert frame.body == b"body"
    assert covered(raw) == raw[:16] + b"\xab\xcd" + b"body"
    for at in range(len(raw)):
        broken = raw[:at] + bytes((raw[at] ^ 0x10,)) + raw[at + 1 :]
        found = Inlet(MOST_FRAME, resync=True).feed(broken)
        assert not any(isinstance(one, Frame) for one in found)


def test_what_is_covered_leaves_out_flags_that_may_change() -> None:
    plain = pack(OW, 0, 4, 9, 1, b"body")
    marked = pack(OW | DUP | MORE | GRANT, 0, 4, 9, 1, b"body")
    assert covered(plain) == covered(marked) == plain[:16] + b"body"
    assert covered(pack(0, 0, 4, 9, 1, b"body")) != covered(plain)


def test_a_duplicate_differs_in_one_flag_and_both_checks() -> None:
    again = as_duplicate(vectors.V5)
    frame = whole(again, MOST_FRAME)
    assert frame is not None
    assert frame.flags == parse(vectors.V5).flags | DUP
    assert again[4:16] == vectors.V5[4:16]
    assert again[18:-2] == vectors.V5[18:-2]
    assert as_duplicate(again) == again


@given(st.lists(st.sampled_from(ALL), min_size=1, max_size=6), st.data())
def test_however_bytes_are_split_the_frames_come_out(
    sent: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(sent)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12).map(sorted))
    for resync in (False, True):
        inlet = Inlet(MOST_FRAME, resync=resync)
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        found = [one for piece in pieces if piece for one in inlet.feed(piece)]
        assert [one.raw for one in found if isinstance(one, Frame)] == sent
        assert inlet.buffered == 0


@pytest.mark.parametrize("cut", [1, 2, 3, 14, 15, 16, 17, 18, 19])
def test_a_split_inside_marker_length_or_check_changes_nothing(cut: int) -> None:
    inlet = Inlet(MOST_FRAME, resync=False)
    assert inlet.feed(vectors.V5[:cut]) == []
    (frame,) = inlet.feed(vectors.V5[cut:])
    assert isinstance(frame, Frame)
    assert frame.raw == vectors.V5


def test_a_frame_is_found_behind_a_megabyte_of_noise() -> None:
    noise = random.Random(20260902).randbytes(1 << 20)
    inlet = Inlet(MOST_FRAME, resync=True)
    found = []
    for at in range(0, len(noise), 1448):
        found += inlet.feed(noise[at : at + 1448])
    found += inlet.feed(vectors.V11)
    while inlet.buffered:  # a false header may still be waiting for its body
        found += inlet.gap()
    frames = [one for one in found if isinstance(one, Frame)]
    assert [frame.raw for frame in frames] == [vectors.V11]
    assert sum(one.size for one in found if isinstance(one, FrameDamaged)) == len(noise)


def test_a_false_start_is_given_up_when_the_line_falls_silent() -> None:
    inlet = Inlet(MOST_FRAME, resync=True)
    false_start = pack(0, 0, 4, 9, 1, bytes(200))[:18]
    assert inlet.feed(false_start + vectors.V11) == []
    damage, frame = inlet.gap()
    assert isinstance(damage, FrameDamaged)
    assert (damage.code, damage.size) == ("gap", 18)
    assert isinstance(frame, Frame)
    assert frame.raw == vectors.V11


def test_the_framing_declares_the_largest_frame() -> None:
    assert FRAMING.max_frame == MOST_FRAME == 18 + 4072 + 2
