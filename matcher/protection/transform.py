"""What one secret does to templates: protect, and take back to carry on to another secret."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from gateway.matcher.protection import derivation
from gateway.matcher.protection.layout import (
    SealedFace,
    SealedIris,
    read,
    write_face,
    write_iris,
)
from gateway.matcher.vectors import Vector, decode, unit
from numpy.typing import NDArray

from gateway.domain.matching import ProtectedTemplate, TemplateRefused
from gateway.domain.templates import FaceTemplate, IrisTemplate

Bits = NDArray[np.uint8]
"""Each 0 or 1, the last axis runs over the bits of a code."""


class Transform:
    """The transform of one gallery; keeps what it derived. Threads may share it."""

    def __init__(self, secret: bytes) -> None:
        """Raises ValueError unless ``secret`` has 32 bytes."""
        self._secret = secret
        self.tag = derivation.tag(secret)
        self._rotations: dict[tuple[int, int], derivation.Matrix] = {}
        self._shuffles: dict[tuple[int, int], tuple[NDArray[np.intp], Bits]] = {}

    def face(self, algorithm: int, vector: Vector) -> Vector:
        """Turn an embedding; inner products stay."""
        return unit(np.einsum("ij,j->i", self._rotation(algorithm, len(vector)), vector))

    def face_back(self, algorithm: int, vector: Vector) -> Vector:
        """Turn it back."""
        return unit(np.einsum("ij,i->j", self._rotation(algorithm, len(vector)), vector))

    def iris(self, algorithm: int, code: Bits, mask: Bits) -> tuple[Bits, Bits]:
        """Shuffle codes and masks, any number of them, and flip; distances stay.

        Codes have to be turned against one another before this: afterwards there are no columns.
        """
        order, pad = self._shuffle(algorithm, code.shape[-1])
        moved = mask[..., order]
        return (code[..., order] ^ pad) & moved, moved

    def iris_back(self, algorithm: int, code: Bits, mask: Bits) -> tuple[Bits, Bits]:
        """Undo it; bits that are masked out come back as zeros."""
        order, pad = self._shuffle(algorithm, code.shape[-1])
        plain, usable = np.empty_like(code), np.empty_like(mask)
        plain[..., order] = (code ^ pad) & mask
        usable[..., order] = mask
        return plain, usable

    def ready(self, sealed: SealedFace | SealedIris) -> None:
        """Derive what a probe of this kind will need, so that the first one need not wait."""
        if isinstance(sealed, SealedFace):
            self._rotation(sealed.algorithm, len(sealed.vector))
        else:
            self._shuffle(sealed.algorithm, sealed.bits)

    def protect(self, template: FaceTemplate | IrisTemplate) -> ProtectedTemplate:
        """Return the stored form of a template; raises TemplateRefused."""
        if isinstance(template, FaceTemplate):
            vector = self.face(template.algorithm, decode(template))
            sealed = SealedFace(algorithm=template.algorithm, tag=self.tag, vector=vector)
            return write_face(sealed)
        code, mask = self.iris(template.algorithm, *unpacked(template))
        return write_iris(
            SealedIris(
                algorithm=template.algorithm,
                tag=self.tag,
                eye=template.eye,
                bits=template.bits,
                code=np.packbits(code),
                mask=np.packbits(mask),
            )
        )

    def open(self, template: ProtectedTemplate) -> SealedFace | SealedIris:
        """Read a protected template of this secret; raises TemplateRefused."""
        sealed = read(template)
        if sealed.tag != self.tag:
            raise foreign_secret()
        return sealed

    def _rotation(self, algorithm: int, dimensions: int) -> derivation.Matrix:
        key = (algorithm, dimensions)
        found = self._rotations.get(key)
        if found is None:
            found = derivation.rotation(self._secret, algorithm, dimensions)
            self._rotations[key] = found
        return found

    def _shuffle(self, algorithm: int, bits: int) -> tuple[NDArray[np.intp], Bits]:
        key = (algorithm, bits)
        found = self._shuffles.get(key)
        if found is None:
            found = (
                derivation.order(self._secret, algorithm, bits),
                derivation.pad(self._secret, algorithm, bits),
            )
            self._shuffles[key] = found
        return found


def unpacked(template: IrisTemplate) -> tuple[Bits, Bits]:
    """Return code and mask bit by bit; raises TemplateRefused."""
    size, mask = template.bits // 8, template.mask
    sizes = {len(template.code), size if mask is None else len(mask)}
    if not template.bits or template.bits % 8 or sizes != {size}:
        raise TemplateRefused(
            "template.dimension", f"The iris code does not have the {template.bits} bits it says."
        )
    code = np.unpackbits(np.frombuffer(template.code, dtype=np.uint8))
    if mask is None:
        return code, np.ones_like(code)
    usable = np.unpackbits(np.frombuffer(mask, dtype=np.uint8))
    if not usable.any():
        raise TemplateRefused("template.too_masked", "No bit of the iris code can be used.")
    return code, usable


def foreign_secret() -> TemplateRefused:
    """Say that a template belongs to another gallery, or to this one before its renewal."""
    return TemplateRefused(
        "template.foreign",
        "The template went through the secret of another gallery.",
        remedy="Open the gallery anew from the store.",
    )


class Protector:
    """Protects under whatever secret it is given; remembers the transforms of the last few."""

    def __init__(self, remembered: int = 4) -> None:
        self._of = lru_cache(maxsize=remembered)(Transform)

    def protect(self, secret: bytes, template: FaceTemplate | IrisTemplate) -> ProtectedTemplate:
        """Transform a template for a gallery; raises TemplateRefused."""
        return self._of(secret).protect(template)

    def reprotect(self, template: ProtectedTemplate, old: bytes, new: bytes) -> ProtectedTemplate:
        """Carry a template from one secret to another; raises TemplateRefused."""
        before, after = self._of(old), self._of(new)
        sealed = before.open(template)
        algorithm = sealed.algorithm
        if isinstance(sealed, SealedFace):
            vector = after.face(algorithm, before.face_back(algorithm, sealed.vector))
            return write_face(SealedFace(algorithm=algorithm, tag=after.tag, vector=vector))
        plain = before.iris_back(algorithm, np.unpackbits(sealed.code), np.unpackbits(sealed.mask))
        code, mask = after.iris(algorithm, *plain)
        return write_iris(
            SealedIris(
                algorithm=algorithm,
                tag=after.tag,
                eye=sealed.eye,
                bits=sealed.bits,
                code=np.packbits(code),
                mask=np.packbits(mask),
            )
        )
