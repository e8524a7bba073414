"""What is derived from a secret never changes: stored templates depend on it."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from gateway.matcher.protection import derivation

SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))


def test_version_1_is_pinned() -> None:
    assert derivation.tag(SECRET).hex() == "df9023a98095c5ec"
    corner = derivation.rotation(SECRET, 7, 128)[:2, :2]
    assert corner.tolist() == [
        pytest.approx(row, abs=1e-7) for row in [[0.0395772, 0.07561063], [0.0584329, -0.05939562]]
    ]
    order = derivation.order(SECRET, 3, 2048)
    assert (
        sha256(order.astype("<u4").tobytes()).hexdigest()
        == "b0408edb0c1de63dcbfebb33adbbc5f5e74f719bcec0475cc135afc29d207b5a"
    )
    pad = derivation.pad(SECRET, 3, 2048)
    assert (
        sha256(pad.tobytes()).hexdigest()
        == "d70ad4f174f35623a96ce684b8142e81ebefdff93138a247999f9039c0abed57"
    )


@pytest.mark.parametrize("dimensions", [1, 3, 128, 512])
def test_a_rotation_is_orthogonal(dimensions: int) -> None:
    matrix = derivation.rotation(SECRET, 7, dimensions).astype(np.float64)
    assert np.abs(matrix @ matrix.T - np.eye(dimensions)).max() < 1e-6


def test_every_purpose_secret_algorithm_and_size_has_its_own() -> None:
    one = derivation.rotation(SECRET, 7, 64)
    assert np.array_equal(one, derivation.rotation(SECRET, 7, 64))
    for other in (derivation.rotation(OTHER, 7, 64), derivation.rotation(SECRET, 8, 64)):
        assert np.abs(one @ other.T).max() < 0.7
    assert np.abs(one[:63, :63] - derivation.rotation(SECRET, 7, 63)).max() > 0.1
    assert derivation.tag(SECRET) != derivation.tag(OTHER)
    assert (derivation.order(SECRET, 3, 2048) != derivation.order(SECRET, 4, 2048)).mean() > 0.9
    assert 0.4 < (derivation.pad(SECRET, 3, 2048) ^ derivation.pad(OTHER, 3, 2048)).mean() < 0.6


def test_rotations_favour_no_direction() -> None:
    """Haar measure: any element is nearly normal with variance 1/d, over secrets."""
    size = 16
    found = np.array([derivation.rotation(bytes([n] * 32), 1, size) for n in range(200)])
    assert np.abs(found.mean(axis=0)).max() < 5 / np.sqrt(200 * size)
    assert found.var(axis=0).mean() == pytest.approx(1 / size, rel=0.05)
    assert 0.3 < (np.linalg.det(found) > 0).mean() < 0.7


def test_an_order_is_a_permutation() -> None:
    assert sorted(derivation.order(SECRET, 3, 256).tolist()) == list(range(256))


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_secret_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        derivation.tag(bytes(size))
