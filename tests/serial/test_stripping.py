"""What serial servers add to a stream is taken out, wherever reads are cut, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from gateway.protocols.stripping import (
    MOST_BYTES,
    Additions,
    Pattern,
    Stripped,
    Stripper,
    parse_pattern,
)
from hypothesis import given
from hypothesis import strategies as st

HEARTBEAT = parse_pattern("6F 6E 6C 21")
REGISTRATION = parse_pattern("C0 DE ?? ?? ?? ??")
EVERY = Additions(registration=REGISTRATION, every_packet=True, heartbeat=HEARTBEAT)
ONCE = Additions(registration=REGISTRATION, heartbeat=HEARTBEAT)

# Pieces that make near misses likely: heads, halves and whole packets beside free bytes.
PIECES = st.one_of(
    st.sampled_from([b"onl!", b"on", b"o", b"onl", b"\xc0\xde", b"\xc0\xde\x01\x02\x03\x04"]),
    st.binary(max_size=8),
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)
ADDITIONS = st.sampled_from(
    [Additions(), Additions(heartbeat=HEARTBEAT), Additions(registration=REGISTRATION), ONCE, EVERY]
)


def whole(additions: Additions, data: bytes) -> tuple[bytes, Stripped]:
    """Say on a finished stream what is the terminal's; the plainest way there is."""
    found = Stripped()
    beat, registration = b"onl!", b""
    if additions.registration is not None and data:
        while additions.heartbeat is not None and data.startswith(beat):
            data, found.heartbeats = data[4:], found.heartbeats + 1
        if data[:2] == b"\xc0\xde" and len(data) >= 6:
            registration, data = data[:6], data[6:]
            found.registrations += 1
        elif data:
            found.unregistered += 1
    out = b""
    while data:
        if additions.every_packet and registration and data.startswith(registration):
            data, found.registrations = data[6:], found.registrations + 1
        elif additions.heartbeat is not None and data.startswith(beat):
            data, found.heartbeats = data[4:], found.heartbeats + 1
        else:
            out, data = out + data[:1], data[1:]
    return out, found


@given(additions=ADDITIONS, data=STREAMS, cuts=st.lists(st.integers(0, 100)))
def test_cuts_make_no_difference(additions: Additions, data: bytes, cuts: list[int]) -> None:
    stripped = Stripped()
    stripper = Stripper(additions, stripped)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parts = [data[a:b] for a, b in pairwise(edges)]
    out = b"".join(stripper.feed(part) for part in parts)
    out += stripper.flush()
    assert (out, stripped) == whole(additions, data)
    assert stripper.held == 0


@given(data=STREAMS)
def test_never_more_is_held_than_a_packet_less_one_byte(data: bytes) -> None:
    stripper = Stripper(EVERY, Stripped())
    for at in range(len(data)):
        stripper.feed(data[at : at + 1])
        assert stripper.held < len(REGISTRATION)


def test_a_registration_before_every_packet_has_the_bytes_it_had_first() -> None:
    stripped = Stripped()
    stripper = Stripper(EVERY, stripped)
    mine, other = b"\xc0\xde1234", b"\xc0\xde5678"
    out = stripper.feed(mine + b"one" + mine + b"two" + other + b"three") + stripper.flush()
    assert out == b"onetwo" + other + b"three"
    assert stripped.registrations == 2


def test_a_heartbeat_in_the_middle_of_a_frame_is_taken_out() -> None:
    stripper = Stripper(ONCE, Stripped())
    assert stripper.feed(b"\xc0\xde1234YL half") == b"YL half"
    assert stripper.feed(b"onl! a frame") == b" a frame"


def test_a_heartbeat_may_come_before_the_registration() -> None:
    stripped = Stripped()
    stripper = Stripper(ONCE, stripped)
    assert stripper.feed(b"onl!\xc0\xde1234YL") == b"YL"
    assert stripped == Stripped(registrations=1, heartbeats=1)


def test_a_connection_without_its_registration_is_served_and_counted() -> None:
    stripped = Stripped()
    stripper = Stripper(ONCE, stripped)
    assert stripper.feed(b"YL\x19\x00") == b"YL\x19\x00"
    assert stripper.feed(b"\xc0\xde1234") == b"\xc0\xde1234"  # once means at the start
    assert stripped == Stripped(unregistered=1)


def test_a_registration_may_be_any_bytes_of_a_known_number() -> None:
    stripper = Stripper(Additions(registration=parse_pattern("??" * 6)), Stripped())
    assert stripper.feed(b"\x00\x01\x02\x03\x04\x05YL") == b"YL"


def test_silence_gives_back_what_only_looked_like_a_packet() -> None:
    stripper = Stripper(Additions(heartbeat=HEARTBEAT), Stripped())
    assert stripper.feed(b"frame ends with onl") == b"frame ends with "
    assert stripper.held == 3
    assert stripper.flush() == b"onl"


@pytest.mark.parametrize("text", ["", "5", "5G", "57 4", "57 ?4", "0x57", "57,4D", "++ 41", "5 7"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_pattern(text)


def test_a_pattern_has_at_most_forty_bytes() -> None:
    assert len(parse_pattern("41" * MOST_BYTES)) == MOST_BYTES
    with pytest.raises(ValueError, match="40"):
        parse_pattern("41" * (MOST_BYTES + 1))


def test_patterns_are_read_with_and_without_spaces() -> None:
    assert parse_pattern("57 4d ?? 00") == parse_pattern("574D??00")
    assert parse_pattern("57 4d ??") == Pattern((0x57, 0x4D, None))
    assert parse_pattern("57 4d ??").fixed == 2


def test_a_read_full_of_beginnings_is_not_looked_at_byte_by_byte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    match = Pattern.match

    def counted(pattern: Pattern, data: bytearray, at: int) -> bool | None:
        looks.append(at)
        return match(pattern, data, at)

    monkeypatch.setattr(Pattern, "match", counted)
    for near_miss in (b"o", b"onl", b"onl\x20", b"\xc0\xde\x01\x02\x03"):
        stripper = Stripper(EVERY, Stripped())
        stripper.feed(b"\xc0\xde\x01\x02\x03\x04")
        looks.clear()
        data = near_miss * 4096
        assert stripper.feed(data) + stripper.flush() == data
        assert len(looks) < MOST_BYTES
