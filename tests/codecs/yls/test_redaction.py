"""What is personal or secret in YLS/1 frames does not survive redaction, however they are cut."""

from __future__ import annotations

import random

import pytest
from gateway.codecs.yls.body import put
from gateway.codecs.yls.frame import Frame, leading, pack
from gateway.codecs.yls.limits import MOST_FRAME
from gateway.codecs.yls.redaction import PERSONAL, redact
from gateway.codecs.yls.registers import CRITICAL, ENC, MAC, Command, Tlv
from hypothesis import given
from hypothesis import strategies as st

HEAD = 64
SECRET = b"\xa5" * 300
"""Stands for a picture, a template, a card or a key; the byte appears nowhere else."""
KEPT = put(Tlv.SN, b"YLS-00000177")


def frame(*elements: bytes, flags: int = 0, seal: bytes = b"") -> bytes:
    return pack(flags, 0, Command.REC_REALTIME, 7, 1, b"".join(elements) + seal)


def frames(stream: bytes) -> list[Frame]:
    found, end = leading(stream, MOST_FRAME)
    assert end == len(stream)
    return found


@pytest.mark.parametrize("kind", sorted(PERSONAL))
@pytest.mark.parametrize("mark", [0, CRITICAL])
def test_every_personal_value_becomes_zeros_of_the_same_length(kind: int, mark: int) -> None:
    raw = frame(KEPT, put(kind | mark, SECRET), KEPT)
    (clean,) = frames(redact(raw, False, HEAD))
    assert clean.body == KEPT + put(kind | mark, bytes(len(SECRET))) + KEPT
    assert clean.raw[:18] == raw[:18]


def test_keys_of_reserved_types_are_known_by_their_numbers() -> None:
    assert {0x001B, 0x0040, 0x0090} <= PERSONAL  # KEY_BLOB, NAME, QR_KEY: YLS/1 17
    assert set(range(0x0030, 0x0038)) | {0x002C, 0x0029, 0x0055} <= PERSONAL


def test_ciphertext_stays_and_a_seal_stays_where_it_is() -> None:
    hidden = pack(ENC, 0, Command.BLOB_DATA, 7, 1, SECRET)
    assert redact(hidden, False, HEAD) == hidden
    sealed = frame(put(Tlv.DATA, SECRET), flags=MAC, seal=b"sealseal")
    (clean,) = frames(redact(sealed, False, HEAD))
    assert clean.body == put(Tlv.DATA, bytes(len(SECRET))) + b"sealseal"


def test_of_what_nobody_knows_the_head_stays() -> None:
    (clean,) = frames(redact(frame(put(0x7A01, SECRET)), False, HEAD))
    assert clean.body == put(0x7A01, SECRET[:HEAD] + bytes(len(SECRET) - HEAD))


def test_harmless_frames_stay_as_they_are() -> None:
    raw = frame(KEPT) + frame() + pack(MAC, 0, Command.HEARTBEAT, 8, 1, b"sealseal")
    assert redact(raw, False, HEAD) == raw


def test_noise_keeps_its_head_and_nothing_where_a_frame_may_be_under_way() -> None:
    noise = b"GET / HTTP/1.1\r\n" * 10
    clean = redact(noise + frame(KEPT), False, 20)
    assert clean == noise[:20] + bytes(len(noise) - 20) + frame(KEPT)
    assert redact(noise + frame(KEPT), True, 20) == bytes(len(noise)) + frame(KEPT)


def test_of_a_damaged_header_only_the_header_stays() -> None:
    raw = bytearray(frame(put(Tlv.DATA, SECRET)))
    raw[8] ^= 1
    assert redact(bytes(raw), False, HEAD) == raw[:18] + bytes(len(raw) - 18)


def test_a_damaged_body_is_redacted_and_stays_damaged() -> None:
    raw = frame(KEPT, put(Tlv.FACE_EMB, SECRET))[:-1] + b"\0"
    clean = redact(raw, False, HEAD)
    assert clean == raw.replace(SECRET, bytes(len(SECRET)))
    assert leading(clean, MOST_FRAME)[0] == []


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_no_secret_survives_any_cut_or_flip_beyond_what_a_head_may_hold(
    seed: int, head: int
) -> None:
    dice = random.Random(seed)
    kinds = [*sorted(PERSONAL), Tlv.SN, Tlv.MODEL]
    stream = b"".join(
        frame(
            *(
                put(kind, SECRET if kind in PERSONAL else b"plain")
                for kind in dice.choices(kinds, k=dice.randrange(5))
            )
        )
        for _ in range(dice.randrange(1, 6))
    )
    start, end = sorted(dice.sample(range(len(stream) + 1), 2))
    assert SECRET[:5] not in redact(stream[start:end], start > 0, head)
    flipped = bytearray(stream[start:end])
    if flipped:
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    clean = redact(bytes(flipped), start > 0, head)
    assert len(clean) == len(flipped)
    # A flipped bit makes a type one that nobody knows, whose head and own four bytes stay.
    assert SECRET[: head + 9] not in clean
    assert clean.count(SECRET[:1]) <= head + 32
