"""A user's own ONNX file as an estimator that is already trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import PluginError, ProfileError
from decoders.estimator.by_onnx import OnnxModel, number_output, one_window
from decoders.estimator.onnx_checks import MOST_BYTES, parse
from decoders.parameters import flag

_KNOWN = ("file", "classes", "logits")


class OnnxFile:
    """An ONNX file with the methods ``fit`` and ``predict_proba``; it is not trained.

    Parameters
    ----------
    content : bytes
    file : str
        Its name, for messages.
    order : tuple of str
        Classes in the order of the file's output; alphabetical if empty.
    logits : bool
        True if the output has scores, which a softmax converts to probabilities.
    """

    def __init__(self, content: bytes, file: str, order: tuple[str, ...], logits: bool) -> None:
        self._given = content
        self._file = file
        self.class_names = order
        self._logits = logits

    def fit(self, X: NDArray[np.floating[Any]], y: NDArray[np.int64]) -> "OnnxFile":
        """Store the shape of the windows and the number of classes; nothing is trained.

        ``X`` has the shape (n_windows, n_channels, n_samples). ``y`` (n_windows,) has the number
        of each window's class.

        Raises
        ------
        PluginError
            If the file does not fit them or fails the checks.
        """
        n_classes = len(np.unique(y))
        shape = X.shape[1], X.shape[2]
        # Position in the output of each class, in alphabetical order.
        places = np.argsort(self.class_names) if self.class_names else np.arange(n_classes)
        try:
            OnnxModel(self._given, shape, n_classes, self._file)
            self.onnx_ = _with_end(self._given, self._file, shape, places, self._logits)
            self._model = OnnxModel(self.onnx_, shape, n_classes, self._file)
        except ValueError as problem:
            raise PluginError(f"decoder onnx: {str(problem).splitlines()[0]:.300}") from problem
        self.classes_ = np.arange(n_classes)
        return self

    def predict_proba(self, X: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Compute probabilities (n_windows, n_classes) of windows.

        ``X`` has the shape (n_windows, n_channels, n_samples).
        """
        return np.stack([self._model.probabilities(window[None]) for window in X])


def own_file(params: Mapping[str, object]) -> OnnxFile:
    """Read the ONNX file that a profile's parameters name.

    Raises
    ------
    ProfileError
        If a parameter is missing or unknown, or the file cannot be read.
    """
    for key in params:
        if key not in _KNOWN:
            raise ProfileError(
                f"decoder onnx: params.{key}: there is no such parameter; there are: "
                f"{', '.join(_KNOWN)}"
            )
    if not params.get("file"):
        raise ProfileError("decoder onnx: params.file has to name the ONNX file")
    file = Path(str(params["file"]))
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ProfileError(f"decoder onnx: {file} is larger than {MOST_BYTES >> 20} MiB")
        content = file.read_bytes()
    except OSError as problem:
        raise ProfileError(f"decoder onnx: {file} cannot be read ({problem.strerror})") from problem
    names = [name.strip() for name in str(params.get("classes", "")).split(",")]
    order = tuple(name for name in names if name)
    return OnnxFile(content, str(file), order, flag("logits", params.get("logits", False)))


def _with_end(
    content: bytes,
    what: str,
    shape: tuple[int, int],
    places: NDArray[np.signedinteger[Any]],
    logits: bool,
) -> bytes:
    """Append to a model a softmax if ``logits``, and a selection that sorts its classes."""
    from onnx import TensorProto, helper, numpy_helper

    model = parse(content, what)
    graph = model.graph
    one_window(model, shape, what)
    before = number_output(model, len(places), what)
    names = {name for node in graph.node for name in (*node.input, *node.output)}
    names |= {each.name for each in (*graph.input, *graph.output, *graph.initializer)}
    probabilities, order, ordered = (
        _unused(name, names) for name in ("probabilities", "class_order", "ordered_probabilities")
    )
    if logits:
        graph.node.append(helper.make_node("Softmax", [before], [probabilities], axis=-1))
        before = probabilities
    graph.initializer.append(numpy_helper.from_array(places.astype(np.int64), order))
    graph.node.append(helper.make_node("Gather", [before, order], [ordered], axis=1))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(ordered, TensorProto.FLOAT, [1, len(places)]))
    return bytes(model.SerializeToString(deterministic=True))


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
