"""Where the columns are, and that turning rolls them."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.iris.layout import IrisLayout, default_layout, fitting

from gateway.domain.matching import TemplateRefused
from tests.matcher import eyes


def test_by_default_a_column_has_two_bytes_and_a_turn_rolls_them() -> None:
    layout = default_layout(2048)
    assert (layout.columns, layout.rows, layout.bits) == (128, 8, 2)
    plain = eyes.code(np.random.default_rng(1))
    turned = layout.turned(plain, 8)
    assert turned.shape == (17, 2048)
    packed = np.packbits(plain)
    for step, copy in zip(range(-8, 9), turned, strict=True):
        assert np.array_equal(np.packbits(copy), np.roll(packed, 2 * step))


def test_a_layout_by_rows_rolls_each_row_in_itself() -> None:
    layout = IrisLayout(columns=4, rows=2, bits=2, by_column=False)
    plain = np.array([0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1], np.uint8)
    turned = layout.turned(plain, 1)
    assert turned[1].tolist() == plain.tolist()
    assert turned[2].tolist() == [1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0]
    assert turned[0].tolist() == [0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0]


def test_the_layout_of_an_algorithm_decides_its_size() -> None:
    open_iris = IrisLayout(columns=256, rows=16, bits=4, by_column=False)
    assert fitting(open_iris, 16_384, 8) is open_iris
    with pytest.raises(TemplateRefused) as caught:
        fitting(open_iris, 2048, 8)
    assert caught.value.code == "template.dimension"


@pytest.mark.parametrize("bits", [8, 2040, 16 * 16])
def test_what_has_no_columns_to_turn_is_refused(bits: int) -> None:
    with pytest.raises(TemplateRefused) as caught:
        fitting(None, bits, 8)
    assert caught.value.code == "template.layout"
