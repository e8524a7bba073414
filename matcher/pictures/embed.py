"""Turns an aligned face into a template of length one."""

from __future__ import annotations

import numpy as np
from gateway.matcher.models.runtime import Network
from gateway.matcher.pictures.align import TEMPLATE_SIDE, align
from gateway.matcher.pictures.faces import Face
from gateway.matcher.pictures.tensor import to_tensor
from PIL import Image

from gateway.domain.templates import ElementType, FaceTemplate


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
        vector = output.reshape(-1).astype(np.float64)
        unit = (vector / np.linalg.norm(vector)).astype("<f4")
        return FaceTemplate(
            algorithm=self.algorithm,
            dimensions=unit.size,
            elements=ElementType.FLOAT32,
            normalised=True,
            scale=1.0,
            data=unit.tobytes(),
        )
