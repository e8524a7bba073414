"""Asks an operator's own network whether a face is a live one; advice, never a decision.

No such network is shipped: none could be had whose rate of missed attacks is known.
"""

from __future__ import annotations

import numpy as np
from gateway.matcher.models.contract import LivenessContract
from gateway.matcher.models.runtime import Network
from gateway.matcher.pictures.faces import Face
from gateway.matcher.pictures.tensor import to_tensor
from PIL import Image


class LivenessJudge:
    """Thread-safe."""

    def __init__(self, network: Network, contract: LivenessContract) -> None:
        self._network = network
        self._contract = contract

    def judge(self, image: Image.Image, face: Face) -> float:
        """Return how likely the face is live, 0…1, as the network sees it."""
        wanted = self._network.model.input
        cut = image.resize(
            (wanted.width, wanted.height),
            Image.Resampling.BILINEAR,
            box=square(image, face, self._contract.crop),
        )
        (output,) = self._network.run(to_tensor(cut, wanted))
        values = output.reshape(-1).astype(np.float64)
        if self._contract.softmax:
            values = np.exp(values - values.max())
            values /= values.sum()
        return float(np.clip(values[self._contract.live], 0, 1))


def square(image: Image.Image, face: Face, crop: float) -> tuple[float, float, float, float]:
    """Return the square around a face, moved and shrunk until the picture holds it."""
    width, height = image.size
    side = min(crop * max(face.width, face.height), width, height)
    left = min(max(0.0, (face.left + face.right - side) / 2), width - side)
    top = min(max(0.0, (face.top + face.bottom - side) / 2), height - side)
    return left, top, left + side, top + side
