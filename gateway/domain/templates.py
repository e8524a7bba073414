"""Biometric templates as they travel: the elements untouched, the layout in words.

A template of one algorithm says nothing to another: ``algorithm`` names model and version, and only
equal ones may be compared.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from gateway.domain.values import value


class ElementType(Enum):
    """How the elements of an embedding are written."""

    FLOAT16 = "float16"
    INT8 = "int8"
    FLOAT32 = "float32"


class Eye(Enum):
    """Which eye an iris code is of."""

    LEFT = "left"
    RIGHT = "right"


class TemplateFault(Enum):
    """Why nobody can compare what a terminal sent as a template; counted and logged by these."""

    NOT_FINITE = "not_finite"
    """An element, or the length of all, is infinite or no number."""
    ZERO = "zero"
    """Every element is zero: it has no direction."""
    LENGTH = "length"
    """It calls itself normalised and is far from length one: it was scaled wrongly."""
    FORM = "form"
    """Element type, size or layout are none that is known."""
    DIMENSION = "dimension"
    """Another size than the others of this algorithm, or than its data."""
    FOREIGN = "foreign"
    """Of a model nobody here is enrolled with."""
    NO_THRESHOLD = "no_threshold"
    """Nobody set what scores of this model must reach."""
    TOO_MASKED = "too_masked"
    """Too little of an iris code can be used."""
    TWICE = "twice"
    """The same eye twice, or templates of several models in one question."""
    PICTURE = "picture"
    """It came as a picture, and is no whole JPEG."""
    OTHER = "other"


@value
class FaceTemplate:
    """A face embedding, checked: finite and not the zero vector."""

    algorithm: int
    dimensions: int
    elements: ElementType
    normalised: bool
    """The sender says that its length is one; quantised ones are only nearly so."""
    scale: float
    """What an INT8 element is multiplied with; no meaning otherwise."""
    data: bytes = field(repr=False)
    """The elements, little-endian."""


@value
class IrisTemplate:
    """An iris code of which at least a quarter of the bits can be used."""

    eye: Eye
    algorithm: int
    bits: int
    code: bytes = field(repr=False)
    mask: bytes | None = field(default=None, repr=False)
    """Bit 1 = usable; None when all bits are."""


class TemplateKind(Enum):
    """What a template is of."""

    FACE = "face"
    IRIS = "iris"
    FINGER = "finger"
    FACE_PHOTO = "face_photo"
    """A picture from which the terminal makes its own template."""


@value
class TemplateRef:
    """A template that travels by itself, named by what it contains."""

    kind: TemplateKind
    algorithm: int
    digest: bytes
    """SHA-256 of the object, 32 bytes."""
