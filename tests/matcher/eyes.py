"""Iris codes: strangers agree by chance, the same eye up to noise, lids and a tilted head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.domain.templates import Eye, IrisTemplate

ALGORITHM = 3
BITS = 2048
Bits = NDArray[np.uint8]


def code(rng: np.random.Generator, bits: int = BITS) -> Bits:
    return rng.integers(0, 2, bits, dtype=np.uint8)


def mask(rng: np.random.Generator, share: float = 0.75, bits: int = BITS) -> Bits:
    return (rng.random(bits) < share).astype(np.uint8)


def again(plain: Bits, rng: np.random.Generator, noise: float = 0.12, columns: int = 0) -> Bits:
    """Return the code of another picture of an eye, tilted by whole columns of 16 bits."""
    seen = plain ^ (rng.random(len(plain)) < noise).astype(np.uint8)
    return np.roll(seen, 16 * columns)


def iris(
    plain: Bits, usable: Bits | None = None, eye: Eye = Eye.LEFT, algorithm: int = ALGORITHM
) -> IrisTemplate:
    return IrisTemplate(
        eye=eye,
        algorithm=algorithm,
        bits=len(plain),
        code=np.packbits(plain).tobytes(),
        mask=None if usable is None else np.packbits(usable).tobytes(),
    )


def distance(one: IrisTemplate, other: IrisTemplate, rotations: int = 8) -> float:
    """Return the fractional Hamming distance as YLS/1 defines it, the slow way."""
    a, ma = bits_of(one)
    b, mb = bits_of(other)
    found = []
    for step in range(-rotations, rotations + 1):
        turned, usable = np.roll(b, 16 * step), np.roll(mb, 16 * step)
        both = ma & usable
        found.append(int(((a ^ turned) & both).sum()) / int(both.sum()))
    return min(found)


def bits_of(template: IrisTemplate) -> tuple[Bits, Bits]:
    plain = np.unpackbits(np.frombuffer(template.code, dtype=np.uint8))
    if template.mask is None:
        return plain, np.ones_like(plain)
    return plain, np.unpackbits(np.frombuffer(template.mask, dtype=np.uint8))
