"""Converted networks compute what the published ones do, and come out the same everywhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from gateway.matcher.models import graph
from gateway.matcher.models.agreement import check_agreement
from gateway.matcher.models.contract import Model, ModelRefused
from gateway.matcher.models.convert import convert, make_loadable
from gateway.matcher.models.registry import Registry
from gateway.matcher.models.runtime import Network
from gateway.matcher.models.shipped import ORIGINS, SFACE, YUNET
from gateway.matcher.models.source import read_published
from gateway.matcher.pictures.align import align
from gateway.matcher.pictures.detect import Detector, to_batch
from gateway.matcher.pictures.tensor import to_tensor
from onnx import TensorProto, helper, numpy_helper

from tests.support.faces import on_canvas, orl
from tests.support.networks import mean_model, mean_network

Array = npt.NDArray[np.float32]


def published(model: Model) -> bytes:
    return read_published(model, ORIGINS[model.title], None)


def cosine(one: Array, other: Array) -> float:
    a, b = (v.astype(np.float64).ravel() for v in (one, other))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_converted_sface_embeds_faces_as_the_published_one_does(registry: Registry) -> None:
    before = Network(SFACE, make_loadable(SFACE, published(SFACE)))
    after = Network(SFACE, registry.verified(registry.embedder).path)
    detector = Detector(Network(YUNET, registry.verified(registry.detector).path))
    for person in (1, 7, 23, 40):
        image = on_canvas(orl(person, 1))
        (face,) = detector.find(image)
        batch = to_tensor(align(image, face.points), SFACE.input)
        (one,), (other,) = before.run(batch), after.run(batch)
        assert cosine(one, other) > 0.999999
        assert np.abs(one - other).max() < 1e-4 * np.abs(one).max()


def test_converted_yunet_finds_what_the_published_one_does(registry: Registry) -> None:
    before = Network(YUNET, make_loadable(YUNET, published(YUNET)))
    after = Network(YUNET, registry.verified(registry.detector).path)
    batch = to_batch(on_canvas(orl(3, 1), size=(640, 640)))
    for one, other in zip(before.run(batch), after.run(batch), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-4)


def test_conversion_leaves_nothing_quantised_and_no_prelu() -> None:
    made = onnx.load_model_from_string(convert(SFACE, published(SFACE)))
    kinds = {node.op_type for node in made.graph.node}
    assert kinds.isdisjoint({"DequantizeLinear", "PRelu"})
    assert [one.name for one in made.graph.input] == ["data"]
    read = {name for node in made.graph.node for name in node.input}
    assert {one.name for one in made.graph.initializer} <= read


@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_two_implementations_of_protobuf_write_the_pinned_bytes(implementation: str) -> None:
    code = (
        "import hashlib\n"
        "from google.protobuf.internal import api_implementation\n"
        "from gateway.matcher.models.convert import convert\n"
        "from gateway.matcher.models.shipped import ORIGINS, SFACE, YUNET\n"
        "from gateway.matcher.models.source import read_published\n"
        "print(api_implementation.Type())\n"
        "for one in (YUNET, SFACE):\n"
        "    made = convert(one, read_published(one, ORIGINS[one.title], None))\n"
        "    print(hashlib.sha256(made).hexdigest())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == [implementation, YUNET.converted, SFACE.converted]


def test_the_rewritten_prelu_is_exact() -> None:
    slopes = np.array([0.25, -0.5, 1.5], np.float32).reshape(3, 1, 1)
    made = helper.make_graph(
        [helper.make_node("PRelu", ["x", "slopes"], ["y"])],
        "prelu",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 4, 4])],
        [numpy_helper.from_array(slopes, "slopes")],
    )
    graph.rewrite_prelu(made)
    assert [node.op_type for node in made.node] == ["Relu", "Conv", "Conv", "Add"]
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    x = np.random.default_rng(5).normal(size=(1, 3, 4, 4)).astype(np.float32)
    stub = mean_model(b"", side=4, outputs=4, output="y")
    (y,) = Network(stub, model.SerializeToString()).run(x)
    np.testing.assert_allclose(y, np.where(x > 0, x, slopes * x), rtol=2e-7)


def test_a_prelu_with_one_slope_for_all_is_left_alone() -> None:
    made = helper.make_graph(
        [helper.make_node("PRelu", ["x", "slope"], ["y"])],
        "prelu",
        [],
        [],
        [numpy_helper.from_array(np.array([0.25], np.float32), "slope")],
    )
    graph.rewrite_prelu(made)
    assert [node.op_type for node in made.node] == ["PRelu"]


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"not a network at all"])
def test_what_is_no_onnx_file_is_refused(data: bytes) -> None:
    with pytest.raises(ModelRefused) as caught:
        convert(SFACE, data)
    assert caught.value.code == "model.unreadable"
    assert "sface-2021dec" in caught.value.place


def test_a_conversion_that_changes_the_output_is_noticed() -> None:
    data = mean_network()
    model = mean_model(data)
    check_agreement(model, data, convert(model, data))
    proto = onnx.load_model_from_string(data)
    weights = proto.graph.initializer[0]
    spoilt = numpy_helper.to_array(weights) * np.float32(1.001)
    proto.graph.initializer[0].CopyFrom(numpy_helper.from_array(spoilt, weights.name))
    with pytest.raises(ModelRefused) as caught:
        check_agreement(model, data, proto.SerializeToString())
    assert caught.value.code == "model.conversion_differs"


def test_published_files_are_those_that_were_pinned() -> None:
    for model in (YUNET, SFACE):
        assert hashlib.sha256(published(model)).hexdigest() == model.digest
