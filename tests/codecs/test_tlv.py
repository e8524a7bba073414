from __future__ import annotations

import contextlib
from struct import Struct

import pytest
from gateway.codecs.tlv import MOST_TLVS, TlvError, put_tlv, split_tlvs
from hypothesis import given
from hypothesis import strategies as st

ELEMENTS = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=20)), max_size=MOST_TLVS)


@given(ELEMENTS)
def test_what_is_put_is_split_again(elements: list[tuple[int, bytes]]) -> None:
    assert split_tlvs(b"".join(put_tlv(*element) for element in elements)) == elements


@given(ELEMENTS, st.data())
def test_a_cut_body_is_refused_unless_the_cut_is_between_elements(
    elements: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    body = b"".join(put_tlv(*element) for element in elements)
    cut = data.draw(st.integers(0, len(body)))
    edges = {0}
    for _, value in elements:
        edges.add(max(edges) + 4 + len(value))
    if cut in edges:
        assert split_tlvs(body[:cut]) == elements[: sorted(edges).index(cut)]
    else:
        with pytest.raises(TlvError):
            split_tlvs(body[:cut])


@given(st.binary(max_size=300))
def test_arbitrary_bytes_tile_or_are_refused(body: bytes) -> None:
    with contextlib.suppress(TlvError):
        assert b"".join(put_tlv(*element) for element in split_tlvs(body)) == body


@pytest.mark.parametrize(
    ("body", "code", "offset"),
    [
        (b"\x00", "head", 0),
        (b"\x00\x01\x00\x00\x00\x02\x00", "head", 4),
        (b"\x00\x01\xff\xff", "overrun", 0),
        (b"\x00\x01\x00\x01x\x00\x02\x00\x02x", "overrun", 5),
        (put_tlv(1, b"") * (MOST_TLVS + 1), "count", 4 * MOST_TLVS),
    ],
)
def test_a_broken_body_says_what_and_where(body: bytes, code: str, offset: int) -> None:
    with pytest.raises(TlvError) as caught:
        split_tlvs(body)
    assert (caught.value.code, caught.value.offset) == (code, offset)


def test_an_element_may_not_reach_past_the_given_end() -> None:
    body = b"head" + put_tlv(7, b"abc") + b"tail"
    assert split_tlvs(body, 4, 11) == [(7, b"abc")]
    with pytest.raises(TlvError, match="overrun at offset 4"):
        split_tlvs(body, 4, 10)


def test_other_widths_and_byte_orders() -> None:
    head = Struct("<BH")
    body = put_tlv(0xFF, b"ab", head=head)
    assert body == b"\xff\x02\x00ab"
    assert split_tlvs(body, head=head) == [(0xFF, b"ab")]


@pytest.mark.parametrize(("kind", "value"), [(0x10000, b""), (-1, b""), (1, bytes(0x10000))])
def test_what_does_not_fit_is_not_written(kind: int, value: bytes) -> None:
    with pytest.raises(TlvError, match="length"):
        put_tlv(kind, value)
