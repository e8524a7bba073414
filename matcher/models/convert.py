"""Makes of a published model the file that is run: from bytes to bytes, always the same ones.

ONNX files have no maps, floats are rounded once by IEEE 754, and nothing depends on an order that
is not in the file: two machines make the same bytes of the same file, whatever implementation of
protobuf they have. That is why the digest of the result can be pinned (`Model.converted`).
"""

from __future__ import annotations

from gateway.matcher.models import graph
from gateway.matcher.models.contract import Model, ModelRefused, Role
from onnx import ModelProto, load_model_from_string


def convert(model: Model, data: bytes) -> bytes:
    """Return the converted file; raises ModelRefused (``model.unreadable``) for no ONNX file."""
    proto = _parse(model, data)
    graph.drop_dangling_inputs(proto.graph)
    graph.fold_constants(proto.graph)
    graph.rewrite_prelu(proto.graph)
    if model.role is Role.DETECTOR:
        graph.free_picture_size(proto.graph)
    return _serialise(proto)


def make_loadable(model: Model, data: bytes) -> bytes:
    """Change only what keeps the runtime from running a published file: the yardstick."""
    proto = _parse(model, data)
    graph.drop_dangling_inputs(proto.graph)
    graph.drop_idle_blocks(proto.graph)
    return _serialise(proto)


def _parse(model: Model, data: bytes) -> ModelProto:
    try:
        proto = load_model_from_string(data)
    except Exception:  # protobuf's, which is no dependency of ours
        proto = ModelProto()
    if not proto.graph.node:
        raise ModelRefused(
            "model.unreadable",
            "the file is no ONNX model.",
            place=f"model {model.title}",
            remedy="Name an .onnx file with its weights inside.",
        )
    return proto


def _serialise(proto: ModelProto) -> bytes:
    data: bytes = proto.SerializeToString(deterministic=True)
    return data
