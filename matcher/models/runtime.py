"""Opens a network in onnxruntime the way a gateway wants it, and runs it.

One thread for each run and no spinning: `gateway.matcher.pool` spreads requests over the cores, and
with the runtime's own threads waiting busily the slowest runs took two to seven times as long.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from gateway.matcher.models.contract import Layout, Model, ModelRefused, Role

Array = npt.NDArray[np.float32]
QUIET = 3
"""Of the runtime's levels: errors only."""


class Network:
    """A loaded network; ``run`` may be called from several threads at once."""

    def __init__(self, model: Model, source: Path | bytes) -> None:
        """Load it; raises ModelRefused where it cannot be or does not keep to its contract."""
        self.model = model
        self._session = _open(model, source)
        self._input: str = self._session.get_inputs()[0].name
        _check(model, self._session)

    def run(self, batch: Array) -> list[Array]:
        """Return the output of the contract; for a detector all of them, in the file's order."""
        outputs = None if self.model.role is Role.DETECTOR else [self.model.output]
        results: list[Array] = self._session.run(outputs, {self._input: batch})
        return results

    @property
    def outputs(self) -> list[str]:
        """The names of all outputs in the file's order."""
        return [one.name for one in self._session.get_outputs()]


def _open(model: Model, source: Path | bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    where = source if isinstance(source, bytes) else str(source)
    try:
        return onnxruntime.InferenceSession(where, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own classes share no other base
        raise ModelRefused(
            "model.not_loaded",
            f"onnxruntime does not load it: {error}",
            place=f"model {model.title}",
            remedy="Use a file that onnxruntime loads.",
        ) from error


def _check(model: Model, session: Any) -> None:
    inputs, outputs = session.get_inputs(), {one.name: one.shape for one in session.get_outputs()}
    if len(inputs) != 1 or inputs[0].type != "tensor(float)":
        raise _refused(model, f"it has {len(inputs)} inputs; one of float32 is wanted")
    if model.role is Role.DETECTOR:
        return
    wanted = model.input
    size = [wanted.height, wanted.width]
    shape = [3, *size] if wanted.layout is Layout.NCHW else [*size, 3]
    found = inputs[0].shape[1:]
    fixed = [(have, want) for have, want in zip(found, shape, strict=False) if type(have) is int]
    if len(found) != len(shape) or any(have != want for have, want in fixed):
        raise _refused(model, f"its input is {found}, the manifest says {shape}")
    if model.output not in outputs:
        raise _refused(model, f'it has no output "{model.output}", but {", ".join(outputs)}')
    last = outputs[model.output][-1]
    if isinstance(last, int) and last != model.dimensions:
        raise _refused(model, f"it puts out {last} numbers, the manifest says {model.dimensions}")


def _refused(model: Model, what: str) -> ModelRefused:
    return ModelRefused(
        "model.contract",
        f"{what}.",
        place=f"model {model.title}",
        remedy="Correct the manifest, or name the file it belongs to.",
    )
