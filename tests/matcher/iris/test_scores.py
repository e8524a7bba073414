"""Distances: the smallest of all turns, corrected for how many bits were compared."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.iris.distance import BLOCK, halves, probe
from gateway.matcher.iris.layout import default_layout
from gateway.matcher.iris.scores import IrisRules, compare

from tests.matcher import eyes

RULES = IrisRules()
LAYOUT = default_layout(eyes.BITS)


def corrected(different: int, compared: int, rules: IrisRules = RULES) -> float:
    return float(
        rules.corrected(np.array([different], np.int32), np.array([compared], np.int32), 2048)[0]
    )


def test_the_usual_number_of_bits_corrects_nothing() -> None:
    assert corrected(400, 1536) == pytest.approx(400 / 1536)


def test_few_bits_pull_towards_strangers_and_many_away_from_them() -> None:
    assert corrected(96, 384, IrisRules(least_common=0.1)) == pytest.approx(0.45 - 0.2 / 2)
    assert corrected(512, 2048) == pytest.approx(0.45 - 0.2 * np.sqrt(4 / 3))
    assert corrected(1024, 2048) > 0.5


def test_a_distance_stays_between_0_and_1() -> None:
    assert corrected(0, 2048) == 0
    assert corrected(2048, 2048) == 1


@pytest.mark.parametrize(("compared", "says"), [(409, False), (410, True), (0, False)])
def test_below_the_floor_nothing_is_said(compared: int, says: bool) -> None:
    assert np.isfinite(corrected(0, compared)) == says


@pytest.mark.parametrize("columns", range(-10, 11))
def test_a_tilt_of_8_columns_is_found_and_one_of_9_is_not(columns: int) -> None:
    rng = np.random.default_rng(5)
    plain = eyes.code(rng)
    asked = eyes.again(plain, rng, noise=0.1, columns=columns)
    every = np.ones((1, eyes.BITS), np.uint8)
    copies = probe(LAYOUT.turned(asked, 8), LAYOUT.turned(every[0], 8))
    found = compare(halves(plain[None], every), copies, eyes.BITS, RULES)
    raw = found.different[0] / found.compared[0]
    assert raw == eyes.distance(eyes.iris(plain), eyes.iris(asked))
    assert (raw < 0.2) == (abs(columns) <= 8)


def test_more_rows_than_a_block_are_compared_row_by_row() -> None:
    rng = np.random.default_rng(6)
    rows = BLOCK + 3
    code = rng.integers(0, 2, (rows, 64), dtype=np.uint8)
    mask = np.ones_like(code)
    asked = code[BLOCK + 1][None]
    found = compare(halves(code, mask), probe(asked, mask[:1]), 64, RULES)
    assert len(found.distance) == rows
    assert found.different.tolist() == (code ^ asked).sum(axis=1).tolist()
    assert found.different[BLOCK + 1] == 0


def test_strangers_lie_where_the_correction_expects_them() -> None:
    rng = np.random.default_rng(7)
    code = np.array([eyes.code(rng) for _ in range(500)])
    mask = np.array([eyes.mask(rng, 0.87) for _ in range(500)])
    usable = eyes.mask(rng, 0.87)
    copies = probe(LAYOUT.turned(eyes.code(rng), 8), LAYOUT.turned(usable, 8))
    found = compare(halves(code, mask), copies, eyes.BITS, RULES)
    # Bits of a real code hang together, so that of real strangers is some hundredths smaller.
    assert 0.45 < found.distance.mean() < 0.49
    assert found.distance.min() > 0.4
