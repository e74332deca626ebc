"""A network as ONNX: written, checked, and run by ONNX Runtime.

A model bundle may hold its network a second time, as ONNX. That is data as the weights are: a
protobuf message that lists which of the runtime's own operators to apply to which numbers. What
could reach beyond is refused before the runtime sees it: operators from outside the standard (the
only way to code of one's own), tensors in other files, and nested graphs and functions, so that
there are no loops and every run ends; and steps whose outcome is of unknown size or huge.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from bci.types import FloatArray
from decoders.networks.ifnet import Ifnet

if TYPE_CHECKING:
    from onnx import ModelProto

_INPUT, _OUTPUT = "windows", "logits"
# Our largest network has a thousand steps, and 50 million numbers between two of them.
_MOST_NODES = 10_000
_MOST_NUMBERS = 1 << 28


class OnnxNetwork:
    """A network in ONNX Runtime, on the thread that calls it.

    Parameters
    ----------
    content : bytes
        Of an ONNX file.
    shape : tuple of int
        Channels and samples of a window.

    Raises
    ------
    ValueError
        If it is no ONNX, or none that a bundle may hold.
    """

    def __init__(self, content: bytes, shape: tuple[int, int]) -> None:
        import onnxruntime

        model = _parsed(content)
        _check(model, shape)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.load_model_format", "ONNX")
        options.log_severity_level = 4  # what is wrong is raised; nothing is printed
        try:
            self._session = onnxruntime.InferenceSession(
                model.SerializeToString(),
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # there is none, and trying it prints
            )
        except Exception as problem:  # the runtime's exceptions share no base
            raise ValueError(f"ONNX Runtime cannot take the network's ONNX: {problem}") from problem
        if {end.type for end in (*self._session.get_inputs(), *self._session.get_outputs())} != {
            "tensor(float)"
        }:
            raise ValueError("the network's ONNX does not turn float32 into float32")

    def __call__(self, windows: FloatArray) -> FloatArray:
        """Logits, shape (1, n_classes), of one window (1, n_channels, n_samples)."""
        try:
            logits: FloatArray = self._session.run([_OUTPUT], {_INPUT: windows})[0]
        except Exception as problem:  # the runtime's exceptions share no base
            raise ValueError(f"the network's ONNX cannot be run: {problem}") from problem
        return logits


def export(module: nn.Module, shape: tuple[int, int]) -> bytes:
    """A network as ONNX, for one window at a time.

    Raises
    ------
    ImportError
        If onnx or onnxscript is not installed.
    torch.onnx.errors.OnnxExporterError
        If the network cannot be written as ONNX.
    """
    import onnxscript  # noqa: F401 - torch's exporter tells only late that it is missing

    written = module.exportable(shape[1]) if isinstance(module, Ifnet) else module
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            written,
            (torch.zeros(1, *shape),),
            input_names=[_INPUT],
            output_names=[_OUTPUT],
            dynamo=True,
            verbose=False,
            external_data=False,
        )
    assert program is not None
    model = program.model_proto
    # The exporter notes where in which source file each operator came from.
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input,
                 *model.graph.output, *model.graph.initializer, model.graph, model):  # fmt: skip
        del part.metadata_props[:]
        part.doc_string = ""
    return bytes(model.SerializeToString(deterministic=True))


def _parsed(content: bytes) -> "ModelProto":
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load_from_string(content)
    except DecodeError as problem:
        raise ValueError(f"the network's ONNX cannot be read: {problem}") from problem


def _check(model: "ModelProto", shape: tuple[int, int]) -> None:
    from onnx import AttributeProto, TensorProto

    graph = model.graph
    if any(used.domain for used in (*model.opset_import, *graph.node)):
        raise ValueError("the network's ONNX has operators from outside the ONNX standard")
    attributes = [attribute for node in graph.node for attribute in node.attribute]
    nested = (AttributeProto.GRAPH, AttributeProto.GRAPHS)
    if model.functions or any(a.type in nested or a.g.node or a.graphs for a in attributes):
        raise ValueError("the network's ONNX has graphs within its graph")
    tensors: list[Any] = [*graph.initializer]
    for sparse in (*graph.sparse_initializer, *(s for a in attributes for s in _sparse(a))):
        tensors += [sparse.values, sparse.indices]
    for attribute in attributes:
        tensors += [attribute.t, *attribute.tensors]
    if any(t.data_location == TensorProto.EXTERNAL or t.external_data for t in tensors):
        raise ValueError("the network's ONNX keeps tensors in other files")
    inputs = [(i.name, [d.dim_value for d in i.type.tensor_type.shape.dim]) for i in graph.input]
    if inputs != [(_INPUT, [1, *shape])] or [o.name for o in graph.output] != [_OUTPUT]:
        raise ValueError(f"the network's ONNX does not take one window of {shape[0]} x {shape[1]}")
    _check_sizes(model)


def _check_sizes(model: "ModelProto") -> None:
    """Refuse what a few bytes of it would blow up, before the runtime computes it."""
    from onnx.shape_inference import InferenceError, infer_shapes

    if len(model.graph.node) > _MOST_NODES:
        raise ValueError(f"the network's ONNX has more than {_MOST_NODES} steps")
    try:
        graph = infer_shapes(model, strict_mode=True, data_prop=True).graph
    except InferenceError as problem:
        raise ValueError(f"the network's ONNX does not fit together: {problem}") from problem
    sizes = {
        value.name: prod(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*graph.value_info, *graph.output)
        if all(dim.HasField("dim_value") for dim in value.type.tensor_type.shape.dim)
    }
    for name in (name for node in graph.node for name in node.output if name):
        if name not in sizes:
            raise ValueError(f"the network's ONNX has a step of unknown size: {name:.100}")
        if not 0 <= sizes[name] <= _MOST_NUMBERS:
            raise ValueError(f"the network's ONNX has a step of {sizes[name]} numbers: {name:.100}")


def _sparse(attribute: Any) -> tuple[Any, ...]:
    return (attribute.sparse_tensor, *attribute.sparse_tensors)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's notes on parts of torch that are not installed or will change."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
