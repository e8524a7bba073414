"""MAC, encryption and key agreement, by the vectors and against their own kind of damage."""

from __future__ import annotations

import hmac

import pytest
from gateway.codecs.yls.body import put, put_number
from gateway.codecs.yls.frame import Frame, as_duplicate, close, pack, parse
from gateway.codecs.yls.handshake import agree, transcript
from gateway.codecs.yls.registers import (
    DIR,
    DUP,
    ENC,
    GRANT,
    MAC,
    MORE,
    OW,
    RSP,
    Command,
    Tlv,
)
from gateway.codecs.yls.seal import Mac, Seal
from hypothesis import given
from hypothesis import strategies as st

from tests.codecs.yls import vectors

MACKED = [vectors.V4, vectors.V5, vectors.V6, vectors.V7, vectors.V8, vectors.V9]


def seal(direction: int = 0, *, bare: bool = False) -> Seal:
    return Seal(vectors.KMAC, vectors.KENC, sid=vectors.SESSION, direction=direction, bare=bare)


def changed(raw: bytes, at: int, value: bytes) -> Frame:
    """Change bytes of a frame and renew both CRCs."""
    raw = raw[:at] + value + raw[at + len(value) :]
    return parse(close(raw[:16], raw[18:-2]))


def test_the_transcript_hash_and_everything_derived_from_it() -> None:
    assert transcript(vectors.V1, vectors.V2, b"") == vectors.TRANSCRIPT
    agreed = agree(vectors.KEY, vectors.TRANSCRIPT)
    assert agreed == (vectors.KMAC, vectors.KENC, vectors.DEVICE_TAG, vectors.SERVER_TAG)


def test_the_transcript_ignores_flags_that_may_change_and_nothing_else() -> None:
    again = as_duplicate(vectors.V1)
    assert transcript(again, vectors.V2, b"") == vectors.TRANSCRIPT
    for at in (3, 5, 7, 11, 20, 60, 120):
        edited = vectors.V1[:at] + bytes((vectors.V1[at] ^ 1,)) + vectors.V1[at + 1 :]
        assert transcript(edited, vectors.V2, b"") != vectors.TRANSCRIPT
    assert transcript(vectors.V1, vectors.V2, b"binding") != vectors.TRANSCRIPT


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_the_prepared_mac_is_hmac(key: bytes, message: bytes) -> None:
    assert Mac(key).tag(message) == hmac.digest(key, message, "sha256")[:8]


@pytest.mark.parametrize("raw", MACKED)
def test_a_vector_with_a_mac_opens_and_is_made_again(raw: bytes) -> None:
    frame = parse(raw)
    body = seal().open(frame)
    assert body == frame.body[:-8]
    if frame.address == 0:
        made = seal(frame.flags & DIR).pack(
            frame.flags & ~DIR, frame.command, frame.seq, frame.body[:-8]
        )
        assert made == raw


def test_a_mac_survives_exactly_the_mutable_flags() -> None:
    for flag in (DUP, MORE, GRANT):
        assert seal().open(changed(vectors.V9, 3, bytes((0xA8 ^ flag,)))) is not None  # N4
    for flag in (RSP, OW, DIR):
        assert seal().open(changed(vectors.V9, 3, bytes((0xA8 ^ flag,)))) is None


def test_a_changed_person_number_is_noticed() -> None:
    at = vectors.V5.index(bytes.fromhex("00002766"))
    assert seal().open(changed(vectors.V5, at, bytes.fromhex("00002767"))) is None  # N5


def test_a_mac_from_another_session_or_key_is_refused() -> None:
    other = Seal(bytes(32), vectors.KENC, sid=vectors.SESSION, direction=0, bare=False)
    assert other.open(parse(vectors.V5)) is None
    assert seal().open(changed(vectors.V5, 12, b"\x01\xb2")) is None
    assert seal().open(changed(vectors.V5, 8, bytes(4))) is None


def test_a_body_shorter_than_a_mac_is_refused() -> None:
    assert seal().open(parse(pack(MAC, 0, 4, 3, vectors.SESSION, b"1234567"))) is None


def test_without_protection_a_frame_counts_only_where_tls_protects_it() -> None:
    frame = parse(vectors.V12)
    assert seal().open(frame) is None
    assert seal(bare=True).open(frame) == frame.body
    assert seal(bare=True).default == 0
    assert seal().default == MAC


def test_a_bad_mac_is_refused_even_inside_tls() -> None:
    assert seal(bare=True).open(changed(vectors.V5, 40, b"\xff")) is None
    assert seal(bare=True).open(parse(vectors.V5)) is not None


def test_mac_and_encryption_at_once_are_refused() -> None:
    assert seal(bare=True).open(changed(vectors.V5, 3, bytes((MAC | ENC,)))) is None


def test_the_encrypted_vector() -> None:
    plain = (
        put_number(Tlv.PERSON_NO, 10086, 4, critical=True)
        + put_number(0x0045, 77, 4, critical=True)
        + put(0x0040, "张三".encode(), critical=True)
        + put(0x0041, bytes(16))
    )
    assert plain == vectors.V14_PLAIN
    assert seal(DIR).pack(ENC, 0x0302, 0x2B, plain) == vectors.V14
    assert seal().open(parse(vectors.V14)) == plain


def test_every_changed_bit_of_an_encrypted_frame_is_noticed() -> None:
    for bit in range(18 * 8, (len(vectors.V14) - 2) * 8):
        value = bytes((vectors.V14[bit // 8] ^ 1 << bit % 8,))
        assert seal().open(changed(vectors.V14, bit // 8, value)) is None
    for at, value in ((3, b"\x10"), (6, b"\x05"), (11, b"\x2c"), (13, b"\xb2")):
        assert seal().open(changed(vectors.V14, at, value)) is None


def test_an_encrypted_body_without_room_for_its_tag_is_refused() -> None:
    assert seal().open(parse(pack(ENC, 0, 4, 3, vectors.SESSION, b"1234"))) is None


def test_a_request_and_an_answer_of_one_number_use_different_nonces() -> None:
    ours = seal(DIR)
    asked = parse(ours.pack(ENC, Command.TIME_SYNC, 7, bytes(16)))
    answered = parse(ours.pack(ENC | RSP, Command.TIME_SYNC, 7, bytes(16)))
    theirs = parse(seal().pack(ENC, Command.TIME_SYNC, 7, bytes(16)))
    assert len({asked.body, answered.body, theirs.body}) == 3
    assert seal().open(answered) == bytes(16)
