"""An endless multipart: whole parts whatever pieces it comes in, and on its feet after nonsense."""

from __future__ import annotations

from itertools import pairwise

import pytest
from gateway.codecs.http.multipart import BadParts, Part
from gateway.codecs.http.parts_stream import PartsStream
from hypothesis import given
from hypothesis import strategies as st

MARK = b"--b\r\n"
LOOK_ALIKE = b"\xff\xd8\r\n--bX\r\n--b \x00\xff\xd9"


def part(data: bytes, length: int | None = -1, kind: str = "application/json") -> bytes:
    size = len(data) if length == -1 else length
    stated = "" if size is None else f"Content-Length: {size}\r\n"
    return f"Content-Type: {kind}\r\n{stated}\r\n".encode() + data


def read(*pieces: bytes, most: int = 1000) -> list[bytes]:
    return [one.data for one in parts(*pieces, most=most)]


def parts(*pieces: bytes, most: int = 1000) -> list[Part]:
    stream = PartsStream("b", most)
    return [one for piece in pieces for one in stream.feed(piece)]


def stream(*contents: tuple[bytes, bool, bool]) -> bytes:
    """Return a stream of contents, each with or without a length and a line end behind it."""
    return MARK + b"".join(
        part(data, -1 if sized else None) + (b"\r\n" if ended or not sized else b"") + MARK
        for data, sized, ended in contents
    )


CONTENTS = st.lists(
    st.tuples(
        st.one_of(
            st.binary(max_size=40), st.sampled_from([LOOK_ALIKE, b"", b"{}", b"\r\n", b"--", b"-"])
        ),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)


@given(CONTENTS, st.lists(st.integers(0, 400), max_size=12))
def test_parts_come_out_as_they_went_in_whatever_pieces_they_travel_in(
    contents: list[tuple[bytes, bool, bool]], cuts: list[int]
) -> None:
    # Without a length what reads like a delimiter is one.
    contents = [
        (data if sized else data.replace(b"--b", b"--c"), sized, ended)
        for data, sized, ended in contents
    ]
    raw = stream(*contents)
    edges = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    pieces = [raw[at:until] for at, until in pairwise(edges)]
    assert read(*pieces) == [data for data, _, _ in contents]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_nonsense_is_read_alike_in_any_pieces_and_never_breaks_anything(
    noise: bytes, cuts: list[int]
) -> None:
    raw = MARK + noise.replace(b"\x00", b"\r\n--b\r\n").replace(
        b"\x01", b"Content-Length: 7\r\n\r\n"
    )
    edges = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    pieces = [raw[at:until] for at, until in pairwise(edges)]

    def outcome(*given: bytes) -> tuple[list[bytes], str]:
        reader, found = PartsStream("b", 1000), list[bytes]()
        for one in given:
            found += [part.data for part in reader.feed(one)]
        return found, reader.bad or ""

    assert outcome(*pieces) == outcome(raw) == outcome(*(bytes([one]) for one in raw))


def test_a_part_with_a_length_is_whole_before_the_next_one_begins() -> None:
    assert read(MARK + part(b"{}") + b"\r\n") == [b"{}"]
    assert read(MARK + part(b"{}")) == []
    assert read(MARK + part(b"{}", None) + b"\r\n") == []


@pytest.mark.parametrize("length", [0, 1, 3, 9, 40, 900])
def test_a_wrong_length_costs_nothing_but_the_trust_in_it(length: int) -> None:
    raw = MARK + part(b"{first}", length) + b"\r\n" + MARK + part(b"{second}") + b"\r\n" + MARK
    found = parts(raw + b"x" * 1000)
    # Some firmware counts the line end before the delimiter.
    assert [one.data.strip() for one in found[:2]] == [b"{first}", b"{second}"]
    assert found[0].length_differs == (length != 9)


def test_what_belongs_to_nothing_is_skipped_and_counted() -> None:
    reader = PartsStream("b", 1000)
    raw = b"preamble" + b"\r\n" + MARK + part(b"{}") + b"\r\nstray bytes\r\n" + MARK
    found = reader.feed(raw + part(b"[]") + b"\r\n")
    assert [one.data for one in found] == [b"{}", b"[]"]
    assert reader.skipped == len(b"preamble") + len(b"stray bytes")


def test_a_closing_delimiter_ends_the_stream() -> None:
    reader = PartsStream("b", 1000)
    found = reader.feed(MARK + part(b"{}") + b"\r\n--b--\r\n" + MARK + part(b"[]") + b"\r\n")
    assert [one.data for one in found] == [b"{}"]
    assert reader.ended


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (MARK + part(b"", 1001), "part_too_large"),
        (MARK + part(b"x" * 20_000, None), "part_too_large"),
        (MARK + b"A: " + b"x" * 9000, "part_head_too_large"),
    ],
)
def test_a_part_without_bounds_is_refused(raw: bytes, code: str) -> None:
    reader = PartsStream("b", 1000)
    assert [one.data for one in reader.feed(MARK + part(b"{}") + b"\r\n" + raw)] == [b"{}"]
    assert reader.bad == code


@pytest.mark.parametrize("boundary", [None, "", "b" * 71])
def test_a_stream_needs_a_boundary(boundary: str | None) -> None:
    with pytest.raises(BadParts):
        PartsStream(boundary, 1000)


def test_noise_without_a_delimiter_takes_no_memory() -> None:
    reader = PartsStream("b", 1000)
    for _ in range(100):
        assert reader.feed(b"x" * 10_000) == []
    assert len(reader._buffer) < 100
