"""Makes a cut-out the input of a network, as the network's contract says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from gateway.matcher.models.contract import Colour, InputContract, Layout
from PIL import Image

Array = npt.NDArray[np.float32]


def to_tensor(image: Image.Image, contract: InputContract) -> Array:
    """Return ``(pixel - mean) * scale`` of an RGB picture of the contract's size, batch of one."""
    pixels = np.asarray(image)
    if contract.colour is Colour.BGR:
        pixels = pixels[:, :, ::-1]
    values = pixels.astype(np.float32)
    if any(contract.mean):
        values -= np.array(contract.mean, np.float32)
    if contract.scale != (1.0, 1.0, 1.0):
        values *= np.array(contract.scale, np.float32)
    if contract.layout is Layout.NCHW:
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None])
