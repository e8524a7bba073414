"""Bits are counted exactly, masks and turns included; numpy's own count is the judge."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.iris.distance import (
    counts,
    half_size,
    halves,
    packed_halves,
    probe,
    unpacked_halves,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.matcher import eyes


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(1, 80),
    rows=st.integers(1, 20),
    copies=st.integers(1, 17),
    share=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
)
def test_counts_are_those_of_xor_and_and(
    seed: int, size: int, rows: int, copies: int, share: float
) -> None:
    """Of any number of bytes, not only whole words; fully masked codes included."""
    rng, bits = np.random.default_rng(seed), 8 * size
    code, mask = (eyes.code(rng, rows * bits), eyes.mask(rng, share, rows * bits))
    asked, usable = (eyes.code(rng, copies * bits), eyes.mask(rng, 0.75, copies * bits))
    code, mask = code.reshape(rows, bits), mask.reshape(rows, bits)
    asked, usable = asked.reshape(copies, bits), usable.reshape(copies, bits)
    different, compared = counts(halves(code, mask), probe(asked, usable))
    a, ma = np.packbits(code, axis=1), np.packbits(mask, axis=1)
    b, mb = np.packbits(asked, axis=1), np.packbits(usable, axis=1)
    common = ma[None] & mb[:, None]
    assert np.array_equal(compared, np.bitwise_count(common).sum(axis=2))
    apart = (a[None] ^ b[:, None]) & common
    assert np.array_equal(different, np.bitwise_count(apart).sum(axis=2))


@pytest.mark.parametrize("bits", [8, 64, 2048, 2056, 16_384])
def test_packed_codes_are_kept_and_given_back(bits: int) -> None:
    rng = np.random.default_rng(bits)
    code, mask = eyes.code(rng, bits), eyes.mask(rng, bits=bits)
    row = halves(code, mask)
    assert row.nbytes == 2 * half_size(bits) <= bits // 4 + 16
    assert np.array_equal(row, packed_halves(np.packbits(code), np.packbits(mask)))
    plain, usable = unpacked_halves(row, bits // 8)
    assert np.array_equal(plain, np.packbits(code & mask))
    assert np.array_equal(usable, np.packbits(mask))


def test_a_probe_knows_its_usable_bits() -> None:
    rng = np.random.default_rng(1)
    code, mask = eyes.code(rng), eyes.mask(rng)
    assert probe(code[None], mask[None]).usable == mask.sum()
