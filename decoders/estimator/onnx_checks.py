"""Checks of ONNX files before they are run by ONNX Runtime.

An ONNX file is a protobuf message: a list of the runtime's own operators and of the numbers to
which they apply. These parts are refused before the runtime loads the file:

- operators outside the standard, which are the only way to run other code
- tensors in other files
- nested graphs and functions, so that there are no loops and every run ends
- steps whose result has an unknown or huge size
"""

from collections.abc import Collection
from math import prod
from typing import TYPE_CHECKING, Any

from decoders.estimator.onnx_ml import with_ml_shapes

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession

STANDARD = ("", "ai.onnx")
MACHINE_LEARNING = "ai.onnx.ml"
MOST_BYTES = 256 << 20
# This project's largest network has a thousand steps, and 50 million numbers between two steps.
_MOST_NODES = 10_000
_MOST_NUMBERS = 1 << 28


def parse(content: bytes, what: str) -> "ModelProto":
    """Parse the bytes of an ONNX file; ``what`` names it in messages.

    Raises
    ------
    ValueError
        If the bytes are no ONNX file.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load_from_string(content)
    except DecodeError as problem:
        raise ValueError(f"{what} cannot be read: {problem}") from problem


def check(model: "ModelProto", what: str, domains: Collection[str] = STANDARD) -> None:
    """Check that a model can only do arithmetic of a limited size.

    Parameters
    ----------
    model : ModelProto
    what : str
        Its name in messages.
    domains : collection of str
        Operator sets that it may use.

    Raises
    ------
    ValueError
        If it has a forbidden part; the message names the reason.
    """
    from onnx import AttributeProto, TensorProto

    graph = model.graph
    foreign = [f"{n.domain}.{n.op_type}" for n in graph.node if n.domain not in domains]
    foreign += [used.domain for used in model.opset_import if used.domain not in domains]
    if foreign:
        raise ValueError(f"{what} has operators from outside the ONNX standard: {foreign[0]:.100}")
    attributes = [attribute for node in graph.node for attribute in node.attribute]
    nested = (AttributeProto.GRAPH, AttributeProto.GRAPHS)
    if model.functions or any(a.type in nested or a.g.node or a.graphs for a in attributes):
        raise ValueError(f"{what} has graphs within its graph")
    tensors: list[Any] = [*graph.initializer]
    for sparse in (*graph.sparse_initializer, *(s for a in attributes for s in _sparse(a))):
        tensors += [sparse.values, sparse.indices]
    for attribute in attributes:
        tensors += [attribute.t, *attribute.tensors]
    if any(t.data_location == TensorProto.EXTERNAL or t.external_data for t in tensors):
        raise ValueError(f"{what} keeps tensors in other files")


def output_shapes(model: "ModelProto", what: str) -> dict[str, tuple[int, ...]]:
    """Infer the sizes of all results before the model is run; return the shapes of its outputs.

    Raises
    ------
    ValueError
        If a step's result has an unknown or huge size.
    """
    from onnx.shape_inference import InferenceError, infer_shapes

    if len(model.graph.node) > _MOST_NODES:
        raise ValueError(f"{what} has more than {_MOST_NODES} steps")
    try:
        graph = infer_shapes(with_ml_shapes(model), strict_mode=True, data_prop=True).graph
    except InferenceError as problem:
        raise ValueError(f"{what} does not fit together: {problem}") from problem
    shapes = {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*graph.value_info, *graph.output)
        if value.type.tensor_type.HasField("shape")
        and all(dim.HasField("dim_value") for dim in value.type.tensor_type.shape.dim)
    }
    for name in (name for node in graph.node for name in node.output if name):
        if name not in shapes:
            raise ValueError(f"{what} has a step of unknown size: {name:.100}")
        if not 0 <= prod(shapes[name]) <= _MOST_NUMBERS:
            raise ValueError(f"{what} has a step of {prod(shapes[name])} numbers: {name:.100}")
    return {output.name: shapes.get(output.name, ()) for output in graph.output}


def open_session(model: "ModelProto", what: str) -> "InferenceSession":
    """Open a checked model in ONNX Runtime; it will run in the calling thread only.

    Raises
    ------
    ValueError
        If the runtime cannot load it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.log_severity_level = 4  # errors are raised and not printed
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # there is no fallback, and the attempt would print a message
        )
    except Exception as problem:  # the runtime's exceptions have no common base class
        raise ValueError(f"ONNX Runtime cannot take {what}: {problem}") from problem


def _sparse(attribute: Any) -> tuple[Any, ...]:
    return (attribute.sparse_tensor, *attribute.sparse_tensors)
