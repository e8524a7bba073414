"""Small networks, made on the spot, for what the real ones cannot show."""

from __future__ import annotations

import hashlib

import numpy as np
from gateway.matcher.models.contract import Colour, InputContract, Model, Role
from onnx import TensorProto, helper, numpy_helper


def mean_network(
    *, side: int = 32, outputs: int = 3, name: str = "scores", layout: str = "nchw"
) -> bytes:
    """A network that puts out weighted sums of the means of the three channels."""
    shape = [1, 3, side, side] if layout == "nchw" else [1, side, side, 3]
    axes = [2, 3] if layout == "nchw" else [1, 2]
    weights = np.arange(3 * outputs, dtype=np.float32).reshape(3, outputs) / 100
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["picture", "axes"], ["means"], keepdims=0),
            helper.make_node("MatMul", ["means", "weights"], [name]),
        ],
        "mean",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, outputs])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array(axes, np.int64), "axes"),
        ],
    )
    opset = [helper.make_opsetid("", 18)]
    data: bytes = helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()
    return data


def mean_model(data: bytes, *, side: int = 32, outputs: int = 3, output: str = "scores") -> Model:
    return Model(
        role=Role.EMBEDDER,
        name="mean",
        version="1",
        licence="none",
        digest=hashlib.sha256(data).hexdigest(),
        input=InputContract(width=side, height=side, colour=Colour.RGB),
        algorithm=0x1001,
        dimensions=outputs,
        output=output,
    )
