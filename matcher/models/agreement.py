"""Compares a converted network with what it was made of, by running both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from gateway.matcher.models.contract import Layout, Model, ModelRefused, Role
from gateway.matcher.models.convert import make_loadable
from gateway.matcher.models.runtime import Network

DETECTOR_SIDE = 640
"""The size at which the detector is published."""
CLOSEST = 1e-4
"""Largest difference allowed, as a share of the largest output; rounding gives below 1e-5."""


def check_agreement(model: Model, published: bytes, converted: bytes) -> None:
    """Raise ModelRefused (``model.conversion_differs``) unless both put out the same."""
    batch = _noise(model)
    pairs = zip(
        Network(model, make_loadable(model, published)).run(batch),
        Network(model, converted).run(batch),
        strict=True,
    )
    worst = max(_difference(before, after) for before, after in pairs)
    if not worst <= CLOSEST:
        raise ModelRefused(
            "model.conversion_differs",
            f"the converted network puts out something else (by {worst:.2g} of its largest value).",
            place=f"model {model.title}",
            remedy="Do not use it, and report it with the digest of the file.",
        )


def _difference(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> float:
    return float(np.abs(before - after).max() / max(1e-9, float(np.abs(before).max())))


def _noise(model: Model) -> npt.NDArray[np.float32]:
    """Return the same picture of noise every time, prepared as the contract says."""
    wanted = model.input
    width, height = wanted.width, wanted.height
    if model.role is Role.DETECTOR:
        width = height = DETECTOR_SIDE
    pixels = np.random.default_rng(1).uniform(0, 255, (1, height, width, 3))
    batch = ((pixels - wanted.mean) * wanted.scale).astype(np.float32)
    return batch if wanted.layout is Layout.NHWC else batch.transpose(0, 3, 1, 2).copy()
