"""From 32 secret bytes to a rotation, a shuffle of bits, and a tag. Version 1, for ever.

Every value comes from its own SHAKE-256 stream over ``gatepost gallery 1``, the purpose, the
algorithm, the size and the secret, so nothing of one says anything about another.

- Rotation: Box-Muller turns the stream into normal deviates, and those of growing length into
  Householder reflections, each of which sends an axis to a direction drawn evenly. Their product is
  uniform over all rotations and reflections (Diaconis and Shahshahani 1987). No linear algebra
  package is asked: its threads would fight for the cores, and its signs are its own choice.
- Shuffle: the stable sorting order of 64-bit words, and a pad that flips half of the bits.
"""

from __future__ import annotations

from hashlib import shake_256
from struct import pack

import numpy as np
from numpy.typing import NDArray

DOMAIN = b"gatepost gallery 1"
SECRET_BYTES = 32
TAG_BYTES = 8
Matrix = NDArray[np.float32]


def tag(secret: bytes) -> bytes:
    """Name a secret without telling it: 8 bytes."""
    return _stream(secret, b"tag", 0, 0, TAG_BYTES)


def rotation(secret: bytes, algorithm: int, dimensions: int) -> Matrix:
    """Return an orthogonal matrix, ``(dimensions, dimensions)``; protect with ``matrix @ vector``.

    Computed in float64 and rounded to float32: scores move by less than 2e-6.
    """
    turned = np.eye(dimensions)
    normal = _normal(secret, algorithm, dimensions)
    for size in range(1, dimensions + 1):
        begins = size * (size - 1) // 2
        direction = normal[begins : begins + size].copy()
        sign = np.copysign(1.0, direction[0])
        direction[0] += sign * np.sqrt(np.einsum("i,i->", direction, direction))
        corner = turned[-size:, -size:]
        along = np.einsum("i,ij->j", direction, corner)
        along *= 2 / np.einsum("i,i->", direction, direction)
        corner -= direction[:, None] * along
        corner *= -sign
    return turned.astype(np.float32)


def order(secret: bytes, algorithm: int, bits: int) -> NDArray[np.intp]:
    """Return a permutation: bit ``i`` of the result is bit ``order[i]`` of the original."""
    words = np.frombuffer(_stream(secret, b"iris order", algorithm, bits, 8 * bits), dtype="<u8")
    return np.argsort(words, kind="stable")


def pad(secret: bytes, algorithm: int, bits: int) -> NDArray[np.uint8]:
    """Return the bits, 0 or 1, that flip a code after the permutation."""
    size = (bits + 7) // 8
    packed = np.frombuffer(_stream(secret, b"iris pad", algorithm, bits, size), dtype=np.uint8)
    return np.unpackbits(packed, count=bits)


def _normal(secret: bytes, algorithm: int, dimensions: int) -> NDArray[np.float64]:
    """Return as many normal deviates as directions of 1…``dimensions`` elements need, and one."""
    pairs = dimensions * (dimensions + 1) // 4 + 1
    words = np.frombuffer(
        _stream(secret, b"face", algorithm, dimensions, 16 * pairs), dtype="<u8"
    ).reshape(2, pairs)
    uniform = ((words >> np.uint64(11)) + 1.0) / 2.0**53
    radius, angle = np.sqrt(-2 * np.log(uniform[0])), 2 * np.pi * uniform[1]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])


def _stream(secret: bytes, purpose: bytes, algorithm: int, size: int, length: int) -> bytes:
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a gallery's secret has {SECRET_BYTES} bytes, not {len(secret)}")
    head = pack(">B", len(purpose)) + purpose + pack(">HI", algorithm, size)
    return shake_256(DOMAIN + head + secret).digest(length)
