"""A network that does not keep to its contract is refused before it recognises anybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gateway.matcher.models.contract import Colour, InputContract, Layout, Model, ModelRefused
from gateway.matcher.models.runtime import Network

from tests.support.networks import mean_model, mean_network

DATA = mean_network()
MODEL = mean_model(DATA)
NHWC = InputContract(width=32, height=32, colour=Colour.RGB, layout=Layout.NHWC)
SMALLER = InputContract(width=32, height=24, colour=Colour.RGB)


def test_it_runs() -> None:
    picture = np.full((1, 3, 32, 32), 100, np.float32)
    (scores,) = Network(MODEL, DATA).run(picture)
    np.testing.assert_allclose(scores, [[9, 12, 15]], rtol=1e-5)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (replace(MODEL, output="embedding"), 'no output "embedding", but scores'),
        (replace(MODEL, dimensions=4), "puts out 3 numbers, the manifest says 4"),
        (replace(MODEL, input=NHWC), "its input is [3, 32, 32], the manifest says [32, 32, 3]"),
        (replace(MODEL, input=SMALLER), "the manifest says [3, 24, 32]"),
    ],
)
def test_what_the_manifest_gets_wrong_is_told(model: Model, told: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        Network(model, DATA)
    assert caught.value.code == "model.contract"
    assert told in caught.value.message


def test_a_file_the_runtime_cannot_load_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"no network")
    with pytest.raises(ModelRefused) as caught:
        Network(MODEL, tmp_path / "x.onnx")
    assert caught.value.code == "model.not_loaded"
    assert "mean-1" in caught.value.place
