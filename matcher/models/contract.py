"""What is known of a network: its identity, its rights, its input and its output."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from gateway.domain.errors import GatepostError
from gateway.domain.values import value


class ModelRefused(GatepostError):
    """A network that cannot be used; ``code`` is ``model.…`` and says why."""


class Role(Enum):
    """What a network is for."""

    DETECTOR = "detector"
    EMBEDDER = "embedder"
    LIVENESS = "liveness"


class Colour(Enum):
    """Order of the channels."""

    RGB = "rgb"
    BGR = "bgr"


class Layout(Enum):
    """Order of the axes of a picture; N is 1."""

    NCHW = "nchw"
    NHWC = "nhwc"


@value
class InputContract:
    """How a picture becomes a network's input: ``(pixel - mean) * scale``, float32."""

    width: int
    height: int
    """Pixels; 0 where the network takes any multiple of 32."""
    colour: Colour
    layout: Layout = Layout.NCHW
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of a pixel from 0 to 255, in the order of ``colour``."""
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)


@value
class LivenessContract:
    """How a liveness network is asked and how its answer reads."""

    crop: float
    """Side of the square it sees, in sides of the face box's longer side."""
    live: int
    """Which of the outputs stands for a live face."""
    softmax: bool
    """Whether the outputs still have to be made into shares of one."""


@value
class Model:
    """One network in one version; what comes out of two versions is never compared."""

    role: Role
    name: str
    version: str
    licence: str
    digest: str
    """SHA-256 of the file as it is published, in hexadecimal."""
    input: InputContract
    algorithm: int = 0
    """Number that its templates carry, 1…65535; 0 where it makes none."""
    dimensions: int = 0
    """Length of what it puts out; 0 for a detector."""
    output: str = ""
    """Name of the output; a detector's are those of YuNet."""
    liveness: LivenessContract | None = None
    converted: str | None = None
    """SHA-256 of what conversion makes of it, where that is pinned."""

    @property
    def title(self) -> str:
        """Name and version, as files and messages have it."""
        return f"{self.name}-{self.version}"


@value
class PackagedFile:
    """A file of an installed distribution whose code is never run."""

    distribution: str
    release: str
    path: str
    """Inside the distribution, with slashes."""

    @property
    def name(self) -> str:
        """Name of the file alone."""
        return self.path.rpartition("/")[2]


Origin = PackagedFile | Path
"""Where the published file of a model lies."""
