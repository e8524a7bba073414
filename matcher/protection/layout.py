"""The bytes of a protected template, version 1, little-endian.

| Bytes | Face | Iris |
|---|---|---|
| 0 | version, 1 | version, 1 |
| 1 | 1 | 2 |
| 2…9 | tag of the secret | tag of the secret |
| 10… | dimensions u16, float32 elements | eye u8 (1 left, 2 right), bits u16, code, mask |

An iris code is zero where its mask is. Bit 0 is the highest of the first byte.
"""

from __future__ import annotations

from struct import Struct

import numpy as np
from gateway.matcher.vectors import MOST_DIMENSIONS, Vector
from numpy.typing import NDArray

from gateway.domain.matching import ProtectedTemplate, TemplateRefused, Trait
from gateway.domain.templates import Eye
from gateway.domain.values import value

VERSION = 1
HEAD = Struct("<BB8s")
FACE = Struct("<H")
IRIS = Struct("<BH")
KINDS = {Trait.FACE: 1, Trait.IRIS: 2}
EYES = {1: Eye.LEFT, 2: Eye.RIGHT}
EYE_CODES = {eye: code for code, eye in EYES.items()}
LENGTH_SLACK = 1e-4
"""How far from one the length of a stored vector may be; rounding makes it 1e-7."""


@value
class SealedFace:
    """A protected embedding."""

    algorithm: int
    tag: bytes
    vector: Vector


@value
class SealedIris:
    """A protected iris code."""

    algorithm: int
    tag: bytes
    eye: Eye
    bits: int
    code: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def write_face(face: SealedFace) -> ProtectedTemplate:
    """Return the stored form."""
    head = HEAD.pack(VERSION, KINDS[Trait.FACE], face.tag) + FACE.pack(len(face.vector))
    data = head + face.vector.astype("<f4").tobytes()
    return ProtectedTemplate(trait=Trait.FACE, algorithm=face.algorithm, data=data)


def write_iris(iris: SealedIris) -> ProtectedTemplate:
    """Return the stored form."""
    head = HEAD.pack(VERSION, KINDS[Trait.IRIS], iris.tag)
    head += IRIS.pack(EYE_CODES[iris.eye], iris.bits)
    data = head + iris.code.tobytes() + iris.mask.tobytes()
    return ProtectedTemplate(trait=Trait.IRIS, algorithm=iris.algorithm, data=data)


def read(template: ProtectedTemplate) -> SealedFace | SealedIris:
    """Return what is inside; raises TemplateRefused ``template.damaged``."""
    data = template.data
    if len(data) < HEAD.size:
        raise _damaged("it is too short")
    version, kind, tag = HEAD.unpack_from(data)
    if version != VERSION:
        raise _damaged(f"its layout has version {version}, this is version {VERSION}")
    if kind != KINDS[template.trait]:
        raise _damaged(f"it holds no {template.trait.value}")
    body = memoryview(data)[HEAD.size :]
    if template.trait is Trait.FACE:
        return _face(template.algorithm, tag, body)
    return _iris(template.algorithm, tag, body)


def _face(algorithm: int, tag: bytes, body: memoryview) -> SealedFace:
    dimensions = FACE.unpack_from(body)[0] if len(body) >= FACE.size else 0
    if not 0 < dimensions <= MOST_DIMENSIONS or len(body) != FACE.size + 4 * dimensions:
        raise _damaged("its size does not fit its dimensions")
    vector = np.frombuffer(body, dtype="<f4", offset=FACE.size).astype(np.float32)
    length = float(np.einsum("i,i->", vector, vector, dtype=np.float64)) ** 0.5
    if not abs(length - 1) <= LENGTH_SLACK:
        raise _damaged(f"its length is {length:g}, not one")
    return SealedFace(algorithm=algorithm, tag=tag, vector=vector)


def _iris(algorithm: int, tag: bytes, body: memoryview) -> SealedIris:
    eye, bits = IRIS.unpack_from(body) if len(body) >= IRIS.size else (0, 0)
    size = bits // 8
    if eye not in EYES or not bits or bits % 8 or len(body) != IRIS.size + 2 * size:
        raise _damaged("its size does not fit its bits")
    both = np.frombuffer(body, dtype=np.uint8, offset=IRIS.size).reshape(2, size)
    code, mask = both
    if (code & ~mask).any():
        raise _damaged("its code has bits where its mask has none")
    return SealedIris(algorithm=algorithm, tag=tag, eye=EYES[eye], bits=bits, code=code, mask=mask)


def _damaged(why: str) -> TemplateRefused:
    return TemplateRefused(
        "template.damaged",
        f"A protected template cannot be used: {why}.",
        remedy="Enrol the person anew.",
    )
