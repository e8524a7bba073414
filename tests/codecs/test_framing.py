"""Framing properties: any split, noise, hostile lengths, bounded buffers, linear cost."""

from __future__ import annotations

import pytest
from gateway.codecs.api import DAMAGE
from gateway.codecs.framing import (
    HUNT_REPORT_BYTES,
    SAMPLE_BYTES,
    Delimited,
    FrameReader,
    LengthPrefixed,
)
from gateway.codecs.kit.meter import allocated, kept, lines
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.events import FrameDamaged
from tests.codecs.wire_shapes import (
    BODIES,
    CHECKED,
    CUTS,
    FLAGGED,
    LINES,
    MOST,
    PREFIXED,
    SHAPES,
    checked,
    crc,
    drain,
    every_shape,
    frames_of,
    pieces,
    prefixed,
    read,
    tail,
)


@every_shape
@given(bodies=BODIES, cuts=CUTS)
def test_frames_come_out_however_they_are_cut(
    shape: str, bodies: list[bytes], cuts: list[int]
) -> None:
    framing, make, _ = SHAPES[shape]
    sent = [make(body) for body in bodies]
    for resync in (False, True):
        items, reader = read(framing, pieces(b"".join(sent), cuts), resync=resync)
        assert items == [framing.unwrap(frame) for frame in sent]
        assert (reader.frames, reader.dropped, reader.buffered) == (len(sent), 0, 0)
        assert not reader.damaged
        assert not reader.broken


@every_shape
@given(data=st.binary(max_size=400), bodies=BODIES, cuts=CUTS, resync=st.booleans())
def test_any_split_of_any_bytes_gives_the_same(
    shape: str, data: bytes, bodies: list[bytes], cuts: list[int], resync: bool
) -> None:
    framing, make, magic = SHAPES[shape]
    stream = data[:200] + magic + b"".join(map(make, bodies)) + data[200:] + magic[:1]
    once, whole = read(framing, [stream], resync=resync)
    cut, other = read(framing, pieces(stream, cuts), resync=resync)
    single, bytewise = read(framing, [bytes((byte,)) for byte in stream], resync=resync)
    assert once == cut == single
    assert whole.damaged == other.damaged == bytewise.damaged
    assert whole.damaged.keys() <= DAMAGE
    assert whole.dropped == other.dropped == bytewise.dropped


@pytest.mark.parametrize("shape", ["checked", "prefixed", "escaped", "fixed"])
@given(
    bodies=st.lists(st.binary(max_size=60), min_size=1, max_size=4),
    noise=st.binary(min_size=1, max_size=80),
    cuts=CUTS,
)
def test_noise_without_a_start_costs_no_frame(
    shape: str, bodies: list[bytes], noise: bytes, cuts: list[int]
) -> None:
    framing, make, magic = SHAPES[shape]
    quiet = noise.replace(magic[:1], b"\0")
    sent = [make(body) for body in bodies]
    stream = quiet + quiet.join(sent) + quiet + make(b"last")
    items, reader = read(framing, pieces(stream, cuts), resync=True)
    assert frames_of(items) == [framing.unwrap(frame) for frame in [*sent, make(b"last")]]
    damage = [item for item in items if isinstance(item, FrameDamaged)]
    assert [d.size for d in damage] == [len(quiet)] * (len(sent) + 1)
    assert damage[0] == FrameDamaged(code="magic", size=len(quiet), sample=quiet[:SAMPLE_BYTES])
    assert reader.dropped == len(quiet) * (len(sent) + 1)


@pytest.mark.parametrize("shape", ["checked", "prefixed", "escaped", "fixed"])
@given(body=st.binary(min_size=1, max_size=60), data=st.data())
def test_a_damaged_frame_never_takes_the_next_with_it(
    shape: str, body: bytes, data: st.DataObject
) -> None:
    framing, make, magic = SHAPES[shape]
    bad = bytearray(make(body))
    at = data.draw(st.integers(len(magic), len(bad) - 2))
    bad[at] ^= data.draw(st.integers(1, 255))
    good = [make(b"next"), make(b"last")]
    # Where nothing vouches for the length, only later bytes or silence end the wait.
    stream = bytes(bad) + b"".join(good)
    reader = FrameReader(framing, resync=True)
    reader.feed(stream)
    items = drain(reader)
    while reader.buffered:
        reader.gap()
        items += drain(reader)
    assert frames_of(items)[-2:] == [framing.unwrap(frame) for frame in good]


@every_shape
@settings(max_examples=30)
@given(noise=st.binary(min_size=1, max_size=64), resync=st.booleans())
def test_a_flood_is_held_within_one_frame(shape: str, noise: bytes, resync: bool) -> None:
    framing, make, magic = SHAPES[shape]
    reader = FrameReader(framing, resync=resync)
    stream = make(b"x")[:6] + magic + noise * 200
    for at in range(0, len(stream), 1460):
        reader.feed(stream[at : at + 1460])
        drain(reader)
        assert reader.buffered <= framing.max_frame + 2
    if not resync and reader.broken:
        reader.feed(stream)
        assert (reader.buffered, reader.take()) == (0, None)


@pytest.mark.parametrize("length", [MOST - 7, 0x7FFF, 0xFFFF])
def test_a_length_beyond_the_limit_is_never_waited_for(length: int) -> None:
    hostile = b"AC" + length.to_bytes(2, "big") + bytes(20)
    if length + 6 > MOST:
        items, _ = read(PREFIXED, [hostile], resync=False)
        assert [(i.code, i.size) for i in items if isinstance(i, FrameDamaged)] == [("length", 4)]
    items, reader = read(PREFIXED, [hostile], resync=False)
    assert reader.broken is (length + 6 > MOST)


def test_a_checked_header_protects_its_length() -> None:
    forged = bytearray(checked(b"hello"))
    forged[2:4] = b"\xff\xff"
    items, reader = read(CHECKED, [bytes(forged[:6])], resync=False)
    assert [type(item) for item in items] == [FrameDamaged]
    assert reader.damaged == {"header": 1}
    forged[4:6] = crc(bytes(forged[:4]))
    assert read(CHECKED, [bytes(forged[:6])], resync=False)[1].damaged == {"length": 1}


def test_without_resync_the_first_damage_is_the_last_word() -> None:
    reader = FrameReader(CHECKED, resync=False)
    reader.feed(checked(b"a") + b"?" + checked(b"b"))
    assert reader.take() == checked(b"a")
    damage = reader.take()
    assert isinstance(damage, FrameDamaged)
    assert (damage.code, damage.sample[:1], reader.broken) == ("magic", b"?", True)
    reader.feed(checked(b"c"))
    assert reader.take() is None
    assert reader.buffered == 0


def test_a_limit_may_be_lower_before_login() -> None:
    reader = FrameReader(CHECKED, resync=False)
    reader.limit = 20
    reader.feed(checked(bytes(12)))
    assert reader.take() == checked(bytes(12))
    reader.feed(checked(bytes(13))[:6])
    assert reader.take() is not None
    assert reader.damaged == {"length": 1}


def test_an_endless_hunt_is_reported_in_pieces() -> None:
    reads = [b"n" * 50_000] * 3
    items, reader = read(CHECKED, [*reads, checked(b"x")], resync=True)
    sizes = [item.size for item in items if isinstance(item, FrameDamaged)]
    assert sizes == [HUNT_REPORT_BYTES, HUNT_REPORT_BYTES, 150_000 - 2 * HUNT_REPORT_BYTES]
    assert items == read(CHECKED, [b"".join(reads) + checked(b"x")], resync=True)[0]
    assert reader.dropped == 150_000


def test_half_a_magic_is_kept() -> None:
    items, reader = read(CHECKED, [b"noisY", checked(b"x")[1:]], resync=True)
    assert items == [FrameDamaged(code="magic", size=4, sample=b"nois"), checked(b"x")]
    assert reader.buffered == 0


def test_a_marker_inside_the_data_is_data() -> None:
    for body in (b"YLYLYL", checked(b"inner")):
        assert read(CHECKED, [checked(body)], resync=True)[0] == [checked(body)]


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (b"\x7e\x01\x7f\x7e", "escape"),
        (b"\x7e\x01\x7f\x00\x01\x7e", "escape"),
        (b"\x7e\x01\x7f\x03\x01\x7e", "escape"),
        (b"\x7e\x01\x02\x7e", "checksum"),
        (b"\x7e\x7e", "length"),
        (b"\x7e" + bytes(2 * MOST), "length"),
        (b"\x7e" + bytes(2 * MOST - 1) + b"\x7e", "length"),
    ],
)
def test_escaped_frames_that_are_none(wire: bytes, code: str) -> None:
    assert read(FLAGGED, [wire], resync=False)[1].damaged == {code: 1}


def test_a_vector_with_an_escape() -> None:
    """FCARD F3: record number 0x7E forces an escape; the sum is taken before escaping."""
    wire = bytes.fromhex(
        "7EFFFFFFFF46432D38393230413235303530323835FFFFFFFF190100000000110000007F01"
        "000003E9160413020926010301557E"
    )
    frame = read(FLAGGED, [wire], resync=False)[0][0]
    assert isinstance(frame, bytes)
    assert frame[31:35] == bytes((0, 0, 0, 0x7E))
    assert FLAGGED.wrap(frame) == wire
    with pytest.raises(ValueError, match="stands for nothing"):
        FLAGGED.unwrap(b"\x7e\x7f\x7e")


def test_a_refused_line_is_dropped_whole() -> None:
    strict = Delimited(
        terminator=b"\r\n",
        max_frame=MOST,
        body=lambda frame: None if frame == b"ok\r\n" else "syntax",
    )
    items, _ = read(strict, [b"not ok\r\nok\r\n"], resync=True)
    assert items == [FrameDamaged(code="syntax", size=8, sample=b"not ok\r\n"), b"ok"]


def test_a_line_too_long_is_dropped_to_its_end() -> None:
    for reads in ([b"x" * 1000 + b"\r\nok\r\n"], [b"x"] * 1000 + [b"\r", b"\nok\r\n"]):
        items, reader = read(LINES, reads, resync=True)
        assert items == [FrameDamaged(code="length", size=1002, sample=b"x" * 32), b"ok"]
        assert reader.buffered == 0


def test_a_line_of_exactly_the_limit_is_taken() -> None:
    longest = b"x" * (MOST - 2)
    assert read(LINES, [longest + b"\r\n"], resync=False)[0] == [longest]
    assert read(LINES, [longest + b"x\r\n"], resync=False)[1].damaged == {"length": 1}


def test_a_frame_without_magic() -> None:
    dvrip = LengthPrefixed(
        magic=b"", length_at=4, length_size=4, overhead=32, max_frame=1056, byteorder="little"
    )
    hello = bytes.fromhex("b400007840000000") + bytes(24) + b"ID".ljust(64, b"\0")
    assert read(dvrip, [hello[:5], hello[5:] + hello], resync=False)[0] == [hello, hello]
    huge = b"\xb4\0\0\x78\xff\xff\xff\xff"
    assert read(dvrip, [huge], resync=False)[1].damaged == {"length": 1}


def test_a_large_frame_in_small_reads_costs_as_much_as_it_is_long() -> None:
    big = LengthPrefixed(magic=b"AC", length_at=2, length_size=4, overhead=6, max_frame=2**20)

    def spent(size: int) -> tuple[int, int]:
        stream = b"AC" + size.to_bytes(4, "big") + bytes(size)
        found = []
        for measure in (allocated, lines):
            reader = FrameReader(big, resync=True)

            def feed(data: bytes, reader: FrameReader = reader) -> None:
                reader.feed(data)
                drain(reader)

            found.append(measure(feed, (stream[a : a + 64] for a in range(0, len(stream), 64))))
        return found[0], found[1]

    small, large = spent(25_000), spent(100_000)
    assert large[0] <= 6 * small[0]
    assert large[1] <= 4.2 * small[1]


def test_feed_says_when_nothing_can_have_become_complete() -> None:
    frame = prefixed(bytes(280))
    reader = FrameReader(PREFIXED, resync=True)
    assert reader.feed(frame[:100])
    assert reader.take() is None
    assert not reader.feed(frame[100:200])
    assert reader.take() is None
    assert reader.buffered == 200
    assert reader.feed(frame[200:] + frame[:50])
    assert reader.take() == frame
    assert reader.take() is None
    assert reader.buffered == 50


def test_a_frame_sent_byte_by_byte_is_held_as_bytes() -> None:
    big = LengthPrefixed(magic=b"AC", length_at=2, length_size=2, overhead=6, max_frame=70_000)
    frame = prefixed(bytes(20_000))
    reader = FrameReader(big, resync=False)

    def trickle() -> None:
        for at in range(len(frame) - 1):
            if reader.feed(frame[at : at + 1]):
                assert reader.take() is None

    assert kept(trickle) < 2 * len(frame)
    reader.feed(frame[-1:])
    assert reader.take() == frame


@given(st.lists(st.integers(1, 1500), max_size=40))
def test_large_and_small_reads_mix(cuts: list[int]) -> None:
    big = LengthPrefixed(
        magic=b"AC", length_at=2, length_size=2, overhead=6, max_frame=70_000, body=tail
    )
    data = prefixed(bytes(range(256)) * 40) + prefixed(b"next")
    found, _ = read(big, pieces(data, cuts), resync=True)
    assert found == [prefixed(bytes(range(256)) * 40), prefixed(b"next")]
