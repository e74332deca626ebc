"""Export of a network to ONNX, and its execution by ONNX Runtime.

A model bundle may contain its network a second time as ONNX. `decoders.estimator.onnx_checks`
describes what such a file must not contain.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn

from bci.signals import FloatArray
from decoders.estimator.onnx_checks import check, open_session, output_shapes, parse
from decoders.networks.ifnet import Ifnet

if TYPE_CHECKING:
    from onnx import ModelProto

_INPUT, _OUTPUT = "windows", "logits"
_WHAT = "the network's ONNX"


class OnnxNetwork:
    """A network in ONNX Runtime, which runs in the calling thread.

    Parameters
    ----------
    content : bytes
        Content of an ONNX file.
    shape : tuple of int
        Numbers of channels and samples of a window.

    Raises
    ------
    ValueError
        If it is no ONNX file, or fails the checks.
    """

    def __init__(self, content: bytes, shape: tuple[int, int]) -> None:
        model = parse(content, _WHAT)
        check(model, _WHAT)
        _check_ends(model, shape)
        output_shapes(model, _WHAT)
        self._session = open_session(model, _WHAT)
        if {end.type for end in (*self._session.get_inputs(), *self._session.get_outputs())} != {
            "tensor(float)"
        }:
            raise ValueError("the network's ONNX does not turn float32 into float32")

    def __call__(self, windows: FloatArray) -> FloatArray:
        """Logits, shape (1, n_classes), of one window (1, n_channels, n_samples)."""
        try:
            logits: FloatArray = self._session.run([_OUTPUT], {_INPUT: windows})[0]
        except Exception as problem:  # the runtime's exceptions have no common base class
            raise ValueError(f"the network's ONNX cannot be run: {problem}") from problem
        return logits


def export(module: nn.Module, shape: tuple[int, int]) -> bytes:
    """Export a network to ONNX, for one window at a time.

    Raises
    ------
    ImportError
        If onnx or onnxscript is not installed.
    torch.onnx.errors.OnnxExporterError
        If the network cannot be written as ONNX.
    """
    import onnxscript  # noqa: F401 - torch's exporter reports only late that it is missing

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
    # The exporter stores the source file and line of each operator, which are removed.
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input,
                 *model.graph.output, *model.graph.initializer, model.graph, model):  # fmt: skip
        del part.metadata_props[:]
        part.doc_string = ""
    return bytes(model.SerializeToString(deterministic=True))


def _check_ends(model: "ModelProto", shape: tuple[int, int]) -> None:
    graph = model.graph
    inputs = [(i.name, [d.dim_value for d in i.type.tensor_type.shape.dim]) for i in graph.input]
    if inputs != [(_INPUT, [1, *shape])] or [o.name for o in graph.output] != [_OUTPUT]:
        raise ValueError(f"{_WHAT} does not take one window of {shape[0]} x {shape[1]}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's messages about optional or changing parts of torch."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
