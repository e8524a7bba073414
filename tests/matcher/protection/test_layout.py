"""Protected templates are read back exactly, or refused."""

from __future__ import annotations

import numpy as np
import pytest
from gateway.matcher.protection.layout import (
    SealedFace,
    SealedIris,
    read,
    write_face,
    write_iris,
)

from gateway.domain.matching import ProtectedTemplate, TemplateRefused, Trait
from gateway.domain.templates import Eye

TAG = b"12345678"
FACE = write_face(SealedFace(algorithm=7, tag=TAG, vector=np.array([0.6, 0.8], dtype=np.float32)))
IRIS = write_iris(
    SealedIris(
        algorithm=3,
        tag=TAG,
        eye=Eye.RIGHT,
        bits=16,
        code=np.array([0x0F, 0x80], np.uint8),
        mask=np.array([0xFF, 0x80], np.uint8),
    )
)


def test_a_face_is_read_back() -> None:
    assert FACE.data.hex() == "0101" + TAG.hex() + "0200" + "9a99193fcdcc4c3f"
    found = read(FACE)
    assert isinstance(found, SealedFace)
    assert (found.algorithm, found.tag) == (7, TAG)
    assert found.vector.tolist() == pytest.approx([0.6, 0.8])


def test_an_iris_is_read_back() -> None:
    assert IRIS.data.hex() == "0102" + TAG.hex() + "021000" + "0f80" + "ff80"
    found = read(IRIS)
    assert isinstance(found, SealedIris)
    assert (found.eye, found.bits) == (Eye.RIGHT, 16)
    assert write_iris(found) == IRIS


@pytest.mark.parametrize(
    ("trait", "data"),
    [
        (Trait.FACE, b""),
        (Trait.FACE, FACE.data[:9]),
        (Trait.FACE, FACE.data[:11]),
        (Trait.FACE, FACE.data[:-1]),
        (Trait.FACE, FACE.data + b"\0"),
        (Trait.FACE, b"\2" + FACE.data[1:]),
        (Trait.IRIS, FACE.data),
        (Trait.FACE, IRIS.data),
        (Trait.FACE, FACE.data[:12] + bytes(8)),
        (Trait.FACE, FACE.data[:12] + np.array([np.nan, 1], "<f4").tobytes()),
        (Trait.FACE, FACE.data[:12] + np.array([np.inf, 1], "<f4").tobytes()),
        (Trait.FACE, FACE.data[:10] + b"\0\0"),
        (Trait.IRIS, IRIS.data[:10]),
        (Trait.IRIS, IRIS.data[:-1]),
        (Trait.IRIS, IRIS.data[:10] + b"\3" + IRIS.data[11:]),
        (Trait.IRIS, IRIS.data[:11] + b"\x0f\0" + IRIS.data[13:]),
        (Trait.IRIS, IRIS.data[:-1] + b"\0"),
    ],
)
def test_what_is_damaged_is_refused(trait: Trait, data: bytes) -> None:
    with pytest.raises(TemplateRefused) as caught:
        read(ProtectedTemplate(trait=trait, algorithm=7, data=data))
    assert caught.value.code == "template.damaged"
