"""Serving a network by ONNX Runtime where that is faster and says the same.

A model bundle may hold the network a second time, as ONNX. That is data as the weights are: a
protobuf message that lists which of the runtime's own operators to apply to which numbers. What
could reach beyond is refused before the runtime sees it: operators from outside the standard (the
only way to code of one's own), tensors in other files, and nested graphs and functions, so that
there are no loops and every run ends. A bundle is not trusted to hold the same network twice
either: on loading, both are run on noise.
"""

import logging
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bci.types import FloatArray
from decoders.linear import shaped
from decoders.networks.ifnet import Ifnet

if TYPE_CHECKING:
    from onnx import ModelProto

_ONNX = "onnx"
_MEASURED = "serving"
_INPUT, _OUTPUT = "windows", "logits"
_TOLERANCE = 1e-4
_MOST_BYTES = 256 << 20
_N_COMPARED = 8
_N_WARM_UP = 10
_N_TIMED = 100
_LONGEST_TIMING_S = 5.0


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
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # the runtime's exceptions share no base
            raise ValueError(f"ONNX Runtime cannot take array {_ONNX!r}: {problem}") from problem

    def __call__(self, windows: FloatArray) -> FloatArray:
        """Logits, shape (1, n_classes), of one window (1, n_channels, n_samples)."""
        logits: FloatArray = self._session.run([_OUTPUT], {_INPUT: windows})[0]
        return logits


@dataclass(frozen=True)
class Serving:
    """How a network is served.

    ``torch_ms`` and ``onnx_ms`` are the medians of one window on one thread, ``difference`` is
    the largest between the logits, all of the machine that trained. ``content`` is the network as
    ONNX, None where PyTorch is the better; ``network`` is that in the runtime, None where it is
    not installed.
    """

    torch_ms: float
    onnx_ms: float
    difference: float
    content: NDArray[np.uint8] | None
    network: OnnxNetwork | None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """For the bundle: ``serving`` (PyTorch's ms, ONNX Runtime's ms, difference), ``onnx``."""
        measured = np.array([self.torch_ms, self.onnx_ms, self.difference])
        return {_MEASURED: measured} | ({} if self.content is None else {_ONNX: self.content})


def described(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Which runtime serves a network and what that gains; empty where nothing was measured."""
    if _MEASURED not in arrays:
        return ""
    torch_ms, onnx_ms, _ = (float(value) for value in arrays[_MEASURED])
    if _ONNX in arrays:
        return f"served by ONNX Runtime in {onnx_ms / torch_ms:.2f} of PyTorch's time"
    return f"served by PyTorch; ONNX Runtime took {onnx_ms / torch_ms:.2f} of its time"


def choose(module: nn.Module, shape: tuple[int, int]) -> Serving | None:
    """Measure a trained network in both runtimes, one window at a time on this thread.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode.
    shape : tuple of int
        Channels and samples of a window.

    Returns
    -------
    serving : Serving or None
        None where ONNX Runtime is not installed, or the network cannot be written as ONNX.
    """
    try:
        content = export(module, shape)
        network = OnnxNetwork(content, shape)
    except (ImportError, torch.onnx.errors.OnnxExporterError, ValueError):
        return None
    windows = _noise(_N_COMPARED, shape)
    pairs = [(_eager(module, window), network(window)) for window in windows]
    torch_ms, onnx_ms = (float(np.median(times)) for times in timed(module, network, shape))
    better = onnx_ms < torch_ms and all(_equal(*pair) for pair in pairs)
    return Serving(
        torch_ms,
        onnx_ms,
        max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs),
        np.frombuffer(content, dtype=np.uint8) if better else None,
        network if better else None,
    )


def restore(
    arrays: Mapping[str, NDArray[np.generic]], module: nn.Module, shape: tuple[int, int]
) -> Serving | None:
    """What `Serving.arrays` gave, proved against the network with the bundle's weights.

    Raises
    ------
    ValueError
        If the ONNX is none that a bundle may hold, or does not say what the weights say.
    """
    if _MEASURED not in arrays:
        if _ONNX in arrays:
            raise ValueError(f"there is an array {_ONNX!r} but none {_MEASURED!r}")
        return None
    torch_ms, onnx_ms, difference = (float(value) for value in shaped(arrays, _MEASURED, (3,)))
    if _ONNX not in arrays:
        return Serving(torch_ms, onnx_ms, difference, None, None)
    content = np.asarray(arrays[_ONNX])
    if content.dtype != np.uint8 or content.ndim != 1 or content.size > _MOST_BYTES:
        raise ValueError(
            f"array {_ONNX!r} is {content.dtype} of shape {content.shape}, not at most "
            f"{_MOST_BYTES >> 20} MiB of bytes"
        )
    try:
        network = OnnxNetwork(content.tobytes(), shape)
    except ImportError:  # PyTorch serves as well, only slower
        return Serving(torch_ms, onnx_ms, difference, content, None)
    (window,) = _noise(1, shape)
    try:
        said = network(window)
    except Exception as problem:  # the runtime's exceptions share no base
        raise ValueError(f"array {_ONNX!r} cannot be run: {problem}") from problem
    if not _equal(_eager(module, window), said):
        raise ValueError(f"array {_ONNX!r} is not the network that the weights make")
    return Serving(torch_ms, onnx_ms, difference, content, network)


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


def timed(
    module: nn.Module, network: OnnxNetwork, shape: tuple[int, int], n_timed: int = _N_TIMED
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Milliseconds of single windows in PyTorch and in ONNX Runtime, in turns on one thread."""
    windows = _noise(_N_COMPARED, shape)
    times: list[tuple[float, float]] = []
    ends = time.perf_counter() + _LONGEST_TIMING_S
    with _one_thread():
        for turn in range(_N_WARM_UP + n_timed):
            window = windows[turn % len(windows)]
            began = time.perf_counter()
            _eager(module, window)
            between = time.perf_counter()
            network(window)
            ended = time.perf_counter()
            times.append((1000 * (between - began), 1000 * (ended - between)))
            if ended > ends:
                break
    kept = np.array(times[min(_N_WARM_UP, len(times) - 1) :])
    return kept[:, 0], kept[:, 1]


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _eager(module: nn.Module, windows: FloatArray) -> FloatArray:
    with torch.inference_mode():
        logits: FloatArray = module(torch.from_numpy(windows)).numpy()
    return logits


def _equal(ours: FloatArray, theirs: FloatArray) -> bool:
    return ours.shape == theirs.shape and bool(
        np.allclose(ours, theirs, rtol=_TOLERANCE, atol=_TOLERANCE)
    )


def _noise(n: int, shape: tuple[int, int]) -> list[FloatArray]:
    """Windows as aligned ones are: of unit variance."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal((1, *shape), dtype=np.float32) for _ in range(n)]


def _parsed(content: bytes) -> "ModelProto":
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load_from_string(content)
    except DecodeError as problem:
        raise ValueError(f"array {_ONNX!r} is not ONNX: {problem}") from problem


def _check(model: "ModelProto", shape: tuple[int, int]) -> None:
    from onnx import AttributeProto, TensorProto

    graph = model.graph
    if any(used.domain for used in (*model.opset_import, *graph.node)):
        raise ValueError(f"array {_ONNX!r} has operators from outside the ONNX standard")
    attributes = [attribute for node in graph.node for attribute in node.attribute]
    nested = (AttributeProto.GRAPH, AttributeProto.GRAPHS)
    if model.functions or any(a.type in nested or a.g.node or a.graphs for a in attributes):
        raise ValueError(f"array {_ONNX!r} has graphs within its graph")
    tensors: list[Any] = [*graph.initializer]
    for sparse in (*graph.sparse_initializer, *(s for a in attributes for s in _sparse(a))):
        tensors += [sparse.values, sparse.indices]
    for attribute in attributes:
        tensors += [attribute.t, *attribute.tensors]
    if any(t.data_location == TensorProto.EXTERNAL or t.external_data for t in tensors):
        raise ValueError(f"array {_ONNX!r} keeps tensors in other files")
    inputs = [(i.name, [d.dim_value for d in i.type.tensor_type.shape.dim]) for i in graph.input]
    if inputs != [(_INPUT, [1, *shape])] or [o.name for o in graph.output] != [_OUTPUT]:
        raise ValueError(f"array {_ONNX!r} does not take one window of {shape[0]} x {shape[1]}")


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
