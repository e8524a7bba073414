"""Rewrites an ONNX graph for the processor; what it computes stays the same.

Each step is exact: a folded weight is the one float32 product that the runtime would make of it,
and the two halves of a rewritten PRelu never both differ from zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

Array = npt.NDArray[np.generic]


def drop_dangling_inputs(graph: GraphProto) -> None:
    """Remove inputs that no node reads, or that an initialiser already provides.

    Quantising renames the weights and leaves their old names as inputs that nobody can give.
    """
    read = {name for node in graph.node for name in node.input}
    given = {tensor.name for tensor in graph.initializer}
    kept = [one for one in graph.input if one.name in read and one.name not in given]
    del graph.input[:]
    graph.input.extend(kept)


def drop_idle_blocks(graph: GraphProto) -> None:
    """Remove block sizes where one scale stands for the whole tensor: the runtime refuses them."""
    single = {one.name for one in graph.initializer if list(one.dims) in ([], [1])}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[1] in single:
            kept = [one for one in node.attribute if one.name not in ("block_size", "axis")]
            del node.attribute[:]
            node.attribute.extend(kept)


def fold_constants(graph: GraphProto) -> None:
    """Compute DequantizeLinear and Reshape of initialisers once, so that no run has to.

    A runtime folds them as well, but after it has decided about layouts: weights known from the
    start let it use its blocked convolutions.
    """
    known = {tensor.name: tensor for tensor in graph.initializer}
    left: list[NodeProto] = []
    for node in graph.node:
        inputs = [known.get(name) for name in node.input]
        operands = [numpy_helper.to_array(one) for one in inputs if one is not None]
        if len(operands) == len(inputs) and node.op_type in _FOLDED:
            result = _FOLDED[node.op_type](node, operands)
            known[node.output[0]] = numpy_helper.from_array(result, node.output[0])
        else:
            left.append(node)
    _replace(graph, left, known.values())


def rewrite_prelu(graph: GraphProto) -> None:
    """Write ``PRelu(x; a)`` as ``a*x + (1-a)*relu(x)``, two 1x1 depthwise convolutions and a sum.

    onnxruntime has no PRelu in its blocked layout (NCHWc), so each one costs two reorderings.
    Left alone are those whose slopes are not one constant for each channel of a 4-D tensor.
    """
    known = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[NodeProto] = []
    for node in graph.node:
        slope = known.get(node.input[1]) if node.op_type == "PRelu" else None
        if slope is None or len(slope.dims) != 3 or list(slope.dims[1:]) != [1, 1]:
            nodes.append(node)
            continue
        for name, weights in _halves(node, slope):
            known[name] = numpy_helper.from_array(weights, name)
        nodes.extend(_prelu_nodes(node, int(slope.dims[0])))
    _replace(graph, nodes, known.values())


def free_picture_size(graph: GraphProto) -> None:
    """Let height and width of the one input be anything; shapes noted for one size are dropped."""
    sizes = graph.input[0].type.tensor_type.shape.dim
    sizes[2].dim_param, sizes[3].dim_param = "height", "width"
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"anchors_{output.name}"
    del graph.value_info[:]


def _dequantize(node: NodeProto, operands: list[Array]) -> Array:
    attributes = {one.name: int(one.i) for one in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    quantised, scale = operands[0], operands[1]
    zero = operands[2] if len(operands) > 2 else np.zeros_like(scale, dtype=np.int32)
    scale, zero = (_spread(one, quantised.shape, axis, block) for one in (scale, zero))
    whole = quantised.astype(np.int32) - zero.astype(np.int32)
    return (whole.astype(np.float32) * scale.astype(np.float32)).astype(np.float32)


def _spread(values: Array, shape: tuple[int, ...], axis: int, block: int) -> Array:
    """Give every element its value, be there one for each block, for each channel, or for all."""
    if block:
        repeated = np.repeat(values, block, axis=axis)
        return np.take(repeated, np.arange(shape[axis]), axis=axis)
    if values.ndim == 1 and values.size > 1:
        return values.reshape([-1 if at == axis else 1 for at in range(len(shape))])
    return values


def _reshape(node: NodeProto, operands: list[Array]) -> Array:
    del node
    return operands[0].reshape(operands[1].astype(np.int64).tolist())


_FOLDED = {"DequantizeLinear": _dequantize, "Reshape": _reshape}


def _halves(node: NodeProto, slope: TensorProto) -> Iterator[tuple[str, Array]]:
    slopes = numpy_helper.to_array(slope).astype(np.float32).reshape(-1, 1, 1, 1)
    yield f"{node.output[0]}_slope", slopes
    yield f"{node.output[0]}_rest", np.float32(1) - slopes


def _prelu_nodes(node: NodeProto, channels: int) -> Iterable[NodeProto]:
    source, result = node.input[0], node.output[0]

    def depthwise(of: str, weights: str, to: str) -> NodeProto:
        return helper.make_node("Conv", [of, weights], [to], group=channels, kernel_shape=[1, 1])

    return (
        helper.make_node("Relu", [source], [f"{result}_relu"]),
        depthwise(source, f"{result}_slope", f"{result}_line"),
        depthwise(f"{result}_relu", f"{result}_rest", f"{result}_bend"),
        helper.make_node("Add", [f"{result}_line", f"{result}_bend"], [result]),
    )


def _replace(graph: GraphProto, nodes: list[NodeProto], tensors: Iterable[TensorProto]) -> None:
    """Put in nodes and those initialisers that they read, in their order."""
    read = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in tensors if tensor.name in read]
    del graph.node[:]
    del graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
