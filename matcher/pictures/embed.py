"""Turns an aligned face into a template of length one."""

from __future__ import annotations

from gateway.matcher.models.runtime import Network
from gateway.matcher.pictures.align import TEMPLATE_SIDE, align
from gateway.matcher.pictures.faces import Face
from gateway.matcher.pictures.tensor import to_tensor
from gateway.matcher.vectors import encode, unit
from PIL import Image

from gateway.domain.templates import FaceTemplate


class Embedder:
    """Thread-safe."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.side = network.model.input.width

    @property
    def algorithm(self) -> int:
        """Number that the templates carry."""
        return self._network.model.algorithm

    def embed(self, image: Image.Image, face: Face, aligned: Image.Image) -> FaceTemplate:
        """Return the template; ``aligned`` is the face at `TEMPLATE_SIDE`, used where it fits."""
        if self.side != TEMPLATE_SIDE:
            aligned = align(image, face.points, self.side)
        (output,) = self._network.run(to_tensor(aligned, self._network.model.input))
        return encode(self.algorithm, unit(output.reshape(-1)))
