"""An operator's own network: a manifest says everything about it, and mistakes are named by key."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gateway.matcher.models.contract import (
    Colour,
    InputContract,
    Layout,
    LivenessContract,
    ModelRefused,
    Role,
)
from gateway.matcher.models.manifest import read_manifest
from gateway.matcher.models.prepared import Outcome, prepare, verify
from gateway.matcher.models.runtime import Network

from tests.support.networks import mean_network

PLACE = Path("/site/models/mine.toml")
EMBEDDER = """
role = "embedder"
name = "mine"
version = "2"
licence = "bought, contract 17"
file = "mine.onnx"
sha256 = "{digest}"
algorithm = 4097
dimensions = 3
output = "scores"
[input]
width = 32
height = 32
colour = "bgr"
layout = "nchw"
mean = 127.5
scale = [0.01, 0.02, 0.03]
"""
LIVENESS = """
role = "liveness"
name = "alive"
version = "1"
licence = "own"
file = "/opt/alive.onnx"
sha256 = "{digest}"
dimensions = 3
output = "scores"
[input]
width = 128
height = 128
colour = "bgr"
layout = "nhwc"
mean = 0
scale = 1
[liveness]
crop = 2.7
live = 0
softmax = true
"""


def document(text: str = EMBEDDER, digest: str = "0" * 64) -> dict[str, Any]:
    return tomllib.loads(text.format(digest=digest))


def test_an_embedder_is_read_whole() -> None:
    model, file = read_manifest(document(), PLACE, Role.EMBEDDER)
    assert file == Path("/site/models/mine.onnx")
    assert (model.title, model.licence, model.algorithm) == ("mine-2", "bought, contract 17", 4097)
    assert (model.output, model.dimensions, model.converted) == ("scores", 3, None)
    assert model.input == InputContract(
        width=32,
        height=32,
        colour=Colour.BGR,
        layout=Layout.NCHW,
        mean=(127.5, 127.5, 127.5),
        scale=(0.01, 0.02, 0.03),
    )


def test_a_liveness_network_is_read_whole() -> None:
    model, file = read_manifest(document(LIVENESS), PLACE, Role.LIVENESS)
    assert file == Path("/opt/alive.onnx")
    assert model.liveness == LivenessContract(crop=2.7, live=0, softmax=True)
    assert model.algorithm == 0


def inner(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(read: dict[str, Any]) -> None:
        read["input"][key] = value

    return change


def outer(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(read: dict[str, Any]) -> None:
        read[key] = value

    return change


def without(key: str) -> Callable[[dict[str, Any]], None]:
    def change(read: dict[str, Any]) -> None:
        del read[key]

    return change


MISTAKES = [
    (without("licence"), '"licence" is missing'),
    (without("input"), '"input" is missing'),
    (outer("licence", "  "), '"licence" must be a text'),
    (outer("name", "../../etc/x"), '"name" may hold'),
    (outer("sha256", "abc"), '"sha256" must be a SHA-256'),
    (outer("algorithm", 257), '"algorithm" must be a whole number from 4096 to 65535'),
    (outer("algorithm", True), '"algorithm" must be a whole number'),
    (outer("dimensions", 0), '"dimensions" must be a whole number from 1 to 1024'),
    (outer("role", "liveness"), '"role" is "liveness", but a "embedder" is wanted here'),
    (outer("role", "detective"), '"role" must be one of detector, embedder, liveness'),
    (outer("threshold", 0.4), '"threshold" is no key of a manifest'),
    (outer("input", 3), '"input" must be a table'),
    (inner("colour", "grey"), '"input.colour" must be one of rgb, bgr'),
    (inner("mean", [1, 2]), '"input.mean" must be a number, or a list of three'),
    (inner("scale", float("nan")), '"input.scale" must be a number, or a list of three'),
    (inner("width", 32.0), '"input.width" must be a whole number from 16 to 1024'),
    (inner("gamma", 2), '"input.gamma" is no key of a manifest'),
]


@pytest.mark.parametrize(("change", "told"), MISTAKES, ids=[told for _, told in MISTAKES])
def test_a_mistake_is_named_with_its_key(
    change: Callable[[dict[str, Any]], None], told: str
) -> None:
    read = document()
    change(read)
    with pytest.raises(ModelRefused) as caught:
        read_manifest(read, PLACE, Role.EMBEDDER)
    assert caught.value.code == "model.manifest"
    assert caught.value.place == str(PLACE)
    assert told in caught.value.message


def test_it_is_prepared_verified_and_run_like_the_shipped_ones(tmp_path: Path) -> None:
    data = mean_network()
    (tmp_path / "mine.onnx").write_bytes(data)
    read = document(digest=hashlib.sha256(data).hexdigest())
    model, file = read_manifest(read, tmp_path / "mine.toml", Role.EMBEDDER)
    made = prepare(model, file, files=None, folder=tmp_path / "models")
    assert made.outcome is Outcome.CONVERTED
    assert verify(model, tmp_path / "models").digest == made.digest
    assert Network(model, made.path).model is model


def test_another_file_under_the_same_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(mean_network())
    model, file = read_manifest(document(), tmp_path / "mine.toml", Role.EMBEDDER)
    with pytest.raises(ModelRefused) as caught:
        prepare(model, file, files=None, folder=tmp_path / "models")
    assert caught.value.code == "model.source_differs"
    assert not (tmp_path / "models").exists()
