"""Choice of the runtime for predictions: ONNX Runtime if it is faster and equal."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bci.signals import FloatArray
from decoders.classical.linear_head import shaped
from decoders.neural.one_thread import one_thread
from decoders.neural.onnx_export import OnnxNetwork, export

_ONNX = "onnx"
_MEASURED = "serving"
_TOLERANCE = 1e-4
_MOST_BYTES = 256 << 20
_N_COMPARED = 8
_N_WARM_UP = 10
_N_TIMED = 100
_LONGEST_TIMING_S = 5.0


@dataclass(frozen=True)
class Serving:
    """Chosen runtime of a network, and its measurement on the computer that trained it.

    ``torch_ms`` and ``onnx_ms`` are the median times of one window on one thread. ``difference`` is
    the largest difference of logits. ``content`` is the network as ONNX; None if PyTorch is used.
    ``network`` is the network in ONNX Runtime; None if PyTorch is used or ONNX Runtime is not
    installed.
    """

    torch_ms: float
    onnx_ms: float
    difference: float
    content: NDArray[np.uint8] | None
    network: OnnxNetwork | None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays for the bundle.

        They are ``serving`` (PyTorch's ms, ONNX Runtime's ms, difference) and, if used, ``onnx``.
        """
        measured = np.array([self.torch_ms, self.onnx_ms, self.difference])
        return {_MEASURED: measured} | ({} if self.content is None else {_ONNX: self.content})


def described(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Describe a network's runtime and its gain; empty if nothing was measured."""
    if _MEASURED not in arrays:
        return ""
    torch_ms, onnx_ms, _ = (float(value) for value in arrays[_MEASURED])
    if _ONNX in arrays:
        return f"served by ONNX Runtime in {onnx_ms / torch_ms:.2f} of PyTorch's time"
    return f"served by PyTorch; ONNX Runtime took {onnx_ms / torch_ms:.2f} of its time"


def choose(module: nn.Module, shape: tuple[int, int]) -> Serving | None:
    """Measure a trained network in both runtimes, with single windows on one thread.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode.
    shape : tuple of int
        Numbers of channels and samples of a window.

    Returns
    -------
    serving : Serving or None
        None if ONNX Runtime is not installed, or the network cannot be written as ONNX.
    """
    try:
        content = export(module, shape)
        network = OnnxNetwork(content, shape)
    except (ImportError, torch.onnx.errors.OnnxExporterError, ValueError):
        return None
    torch_ms, onnx_ms = (float(np.median(times)) for times in timed(module, network, shape))
    difference, equal = compared(module, network, shape)
    better = equal and onnx_ms < torch_ms
    return Serving(
        torch_ms,
        onnx_ms,
        difference,
        np.frombuffer(content, dtype=np.uint8) if better else None,
        network if better else None,
    )


def restore(
    arrays: Mapping[str, NDArray[np.generic]], module: nn.Module, shape: tuple[int, int]
) -> Serving | None:
    """Restore the runtime from `Serving.arrays`, with a comparison with the bundle's weights.

    None if the arrays have no measurement.

    Raises
    ------
    ValueError
        If the ONNX file fails the checks or does not agree with the weights.
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
    except ImportError:  # PyTorch gives the same predictions, only slower
        return Serving(torch_ms, onnx_ms, difference, content, None)
    if not compared(module, network, shape, n_windows=1)[1]:
        raise ValueError(f"array {_ONNX!r} is not the network that the weights make")
    return Serving(torch_ms, onnx_ms, difference, content, network)


def serve(module: nn.Module, serving: Serving | None, windows: FloatArray) -> FloatArray:
    """Compute the network's output for a batch, with the chosen runtime.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode.
    serving : Serving or None
    windows : ndarray, shape (n_windows, n_channels, n_samples)
    """
    if serving is not None and serving.network is not None:
        return serving.network(windows)
    with one_thread():
        return _eager(module, windows)


def compared(
    module: nn.Module, network: OnnxNetwork, shape: tuple[int, int], n_windows: int = _N_COMPARED
) -> tuple[float, bool]:
    """Compare logits for windows of noise: largest difference, and whether it is at most 1e-4."""
    largest = 0.0
    for window in _noise(n_windows, shape):
        ours, theirs = _eager(module, window), network(window)
        if ours.shape != theirs.shape:
            return float("inf"), False
        largest = float(np.maximum(largest, np.abs(ours - theirs).max()))  # np.maximum keeps a NaN
    return largest, largest <= _TOLERANCE


def timed(
    module: nn.Module, network: OnnxNetwork, shape: tuple[int, int], n_timed: int = _N_TIMED
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure times of single windows, in ms, in PyTorch and ONNX Runtime, on one thread."""
    windows = _noise(_N_COMPARED, shape)
    times: list[tuple[float, float]] = []
    ends = time.perf_counter() + _LONGEST_TIMING_S
    with one_thread():
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


def _eager(module: nn.Module, windows: FloatArray) -> FloatArray:
    with torch.inference_mode():
        logits: FloatArray = module(torch.from_numpy(windows)).numpy()
    return logits


def _noise(n: int, shape: tuple[int, int]) -> list[FloatArray]:
    """Draw windows of noise with unit variance, like aligned windows."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal((1, *shape), dtype=np.float32) for _ in range(n)]
