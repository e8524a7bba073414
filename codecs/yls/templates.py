"""Face embeddings and iris codes: read strictly, written plainly (YLS/1 10.8).

Owns both layouts and what makes a template useless. Compares nothing. The declared form is in
`gateway.codecs.yls.layout`.
"""

from __future__ import annotations

from math import fsum, isfinite, nan, sqrt
from struct import Struct
from struct import unpack as unpack_elements

from gateway.codecs.yls.body import BadTemplate, Refused
from gateway.codecs.yls.registers import Result

from gateway.domain.templates import (
    ElementType,
    Eye,
    FaceTemplate,
    IrisTemplate,
    TemplateFault,
)

FACE = Struct(">HHBBf")
IRIS = Struct(">BHHB")
MOST_DIMENSIONS = 1024
MOST_IRIS_BITS = 16384
LEAST_USABLE = 0.25
"""Share of an iris code that must be usable."""
_LENGTHS = (0.5, 2.0)
"""Between these a vector may be that calls itself normalised: quantising moves it, and one that is
further off was scaled wrongly."""

_ELEMENTS = {
    1: (ElementType.FLOAT16, "e", 2),
    2: (ElementType.INT8, "b", 1),
    3: (ElementType.FLOAT32, "f", 4),
}
_CODES = {kind: code for code, (kind, _, _) in _ELEMENTS.items()}
_EYES = {1: Eye.LEFT, 2: Eye.RIGHT}


def read_face(value: bytes) -> FaceTemplate:
    """Return FACE_EMB; raises BadTemplate for one that nobody could compare, else Refused."""
    if len(value) < FACE.size:
        raise Refused(Result.BAD_LENGTH)
    algorithm, dimensions, code, norm, scale = FACE.unpack_from(value)
    data = value[FACE.size :]
    if code not in _ELEMENTS or norm > 1 or not 0 < dimensions <= MOST_DIMENSIONS:
        raise BadTemplate(TemplateFault.FORM)
    kind, letter, width = _ELEMENTS[code]
    if len(data) != dimensions * width:
        raise Refused(Result.BAD_LENGTH)
    step = scale if kind is ElementType.INT8 else 1.0
    if not isfinite(scale):
        raise BadTemplate(TemplateFault.NOT_FINITE)
    if kind is ElementType.INT8 and scale <= 0:
        raise BadTemplate(TemplateFault.FORM)
    length = _length(unpack_elements(f"<{dimensions}{letter}", data)) * step
    if not isfinite(length):
        raise BadTemplate(TemplateFault.NOT_FINITE)
    if not length:
        raise BadTemplate(TemplateFault.ZERO)
    if norm and not _LENGTHS[0] <= length <= _LENGTHS[1]:
        raise BadTemplate(TemplateFault.LENGTH)
    return FaceTemplate(
        algorithm=algorithm,
        dimensions=dimensions,
        elements=kind,
        normalised=norm == 1,
        scale=scale,
        data=data,
    )


def _length(elements: tuple[float, ...]) -> float:
    if not all(map(isfinite, elements)):
        return nan
    return sqrt(fsum(element * element for element in elements))


def write_face(face: FaceTemplate) -> bytes:
    """Return the value of FACE_EMB."""
    code = _CODES[face.elements]
    head = FACE.pack(face.algorithm, face.dimensions, code, face.normalised, face.scale)
    return head + face.data


def read_iris(value: bytes) -> IrisTemplate:
    """Return IRIS_CODE; raises BadTemplate where too little of it can be used, else Refused."""
    if len(value) < IRIS.size:
        raise Refused(Result.BAD_LENGTH)
    eye, algorithm, bits, masked = IRIS.unpack_from(value)
    if eye not in _EYES or masked > 1 or bits % 8 or not 0 < bits <= MOST_IRIS_BITS:
        raise BadTemplate(TemplateFault.FORM)
    size = bits // 8
    if len(value) != IRIS.size + size * (1 + masked):
        raise Refused(Result.BAD_LENGTH)
    code, mask = value[IRIS.size : IRIS.size + size], value[IRIS.size + size :]
    if masked and int.from_bytes(mask, "big").bit_count() < LEAST_USABLE * bits:
        raise BadTemplate(TemplateFault.TOO_MASKED)
    return IrisTemplate(
        eye=_EYES[eye], algorithm=algorithm, bits=bits, code=code, mask=mask if masked else None
    )


def read_irises(values: list[bytes]) -> tuple[IrisTemplate, ...]:
    """Return one code for each eye at most; raises Refused."""
    found = tuple(map(read_iris, values))
    if len({one.eye for one in found}) < len(found):
        raise BadTemplate(TemplateFault.TWICE)
    return found


def write_iris(iris: IrisTemplate) -> bytes:
    """Return the value of IRIS_CODE."""
    eye = 1 if iris.eye is Eye.LEFT else 2
    head = IRIS.pack(eye, iris.algorithm, iris.bits, iris.mask is not None)
    return head + iris.code + (iris.mask or b"")
