"""A stored estimator as ONNX: written from scikit-learn or PyTorch, run by ONNX Runtime."""

import copy
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import DecodingError
from bci.signals import FloatArray
from decoders.estimator.onnx_checks import (
    MACHINE_LEARNING,
    MOST_BYTES,
    STANDARD,
    check,
    open_session,
    output_shapes,
    parse,
)

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["ARRAY", "MOST_BYTES", "OnnxModel", "forms"]

ARRAY = "onnx"
_INPUT = "windows"
_WHAT = "the model's ONNX"


class OnnxModel:
    """A model that computes probabilities of one window by ONNX Runtime, in float32.

    Parameters
    ----------
    content : bytes
        Content of an ONNX file. It has one float32 input (1 or any, n_channels, n_samples) and one
        float32 output (1 or any, n_classes).
    shape : tuple of int
        Numbers of channels and samples of a window.
    n_classes : int
    what : str
        Name of the file in messages.

    Raises
    ------
    ValueError
        If the model has other inputs or outputs, or uses non-standard operators or other files.
    ImportError
        If onnx or onnxruntime is not installed.
    """

    name = "ONNX"
    tolerance = 1e-4

    def __init__(
        self, content: bytes, shape: tuple[int, int], n_classes: int, what: str = _WHAT
    ) -> None:
        import onnxruntime  # noqa: F401 - before any work

        model = parse(content, what)
        check(model, what, (*STANDARD, MACHINE_LEARNING))
        self._input = one_window(model, shape, what)
        self._output = number_output(model, n_classes, what)
        self._session = open_session(model, what)
        self._content = content

    def probabilities(self, window: FloatArray) -> NDArray[np.float64]:
        """Compute the probabilities of one window; see `decoders.estimator.stored.Stored`."""
        given = np.ascontiguousarray(window, dtype=np.float32)
        try:
            found = self._session.run([self._output], {self._input: given})[0]
        except Exception as problem:  # the runtime's exceptions have no common base class
            raise DecodingError(f"{_WHAT} cannot be run: {problem}") from problem
        return np.asarray(found[0], dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {ARRAY: np.frombuffer(self._content, dtype=np.uint8)}


def forms(
    estimator: Any, shape: tuple[int, int], n_classes: int
) -> Iterator[Callable[[], OnnxModel]]:
    """Yield functions that write a trained estimator as ONNX, to be tried in turn.

    Each raises ValueError or ImportError if it cannot.
    """
    if (content := getattr(estimator, "onnx_", None)) is not None:
        yield lambda: OnnxModel(content, shape, n_classes)
        return
    module = _torch_module(estimator)
    if module is None and n_classes == 2 and _is_discriminant(estimator):
        return  # skl2onnx 1.20 doubles its log odds, which is not visible in extreme probabilities
    if module is None:
        yield lambda: OnnxModel(_from_sklearn(estimator, shape), shape, n_classes)
        return
    # The module's outputs may be probabilities, or scores that need a softmax.
    for softmax in (True, False):
        yield lambda softmax=softmax: OnnxModel(  # type: ignore[misc]
            _from_torch(module, shape, softmax), shape, n_classes
        )


def _torch_module(estimator: Any) -> Any:
    """Return the trained network of a torch estimator (skorch's ``module_``), else None."""
    torch = sys.modules.get("torch")
    module = getattr(estimator, "module_", None)
    return module if torch is not None and isinstance(module, torch.nn.Module) else None


def _is_discriminant(estimator: Any) -> bool:
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    return type(last).__name__ == "LinearDiscriminantAnalysis"


def _from_torch(module: Any, shape: tuple[int, int], softmax: bool) -> bytes:
    import torch

    from decoders.neural.onnx_export import export

    served = copy.deepcopy(module).cpu().eval()
    whole = torch.nn.Sequential(served, torch.nn.Softmax(dim=1)) if softmax else served
    try:
        return export(whole, shape)
    except torch.onnx.errors.OnnxExporterError as problem:
        raise ValueError(f"ONNX cannot hold the network ({problem})") from problem


def _from_sklearn(estimator: Any, shape: tuple[int, int]) -> bytes:
    try:
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType
    except ImportError:
        raise ValueError("ONNX needs skl2onnx: pip install 'bci[estimators]'") from None
    from decoders.estimator.mne_onnx import register

    register()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = convert_sklearn(
                estimator,
                initial_types=[(_INPUT, FloatTensorType([1, *shape]))],
                options={"zipmap": False},
            )
    except Exception as problem:  # its exceptions have no common base class
        line = (str(problem).strip().splitlines() or [""])[0]
        raise ValueError(f"skl2onnx cannot write it ({line:.150})") from problem
    _keep(model, "probabilities")
    return bytes(model.SerializeToString(deterministic=True))


def _keep(model: "ModelProto", output: str) -> None:
    """Drop the steps of a model that ``output`` does not need, such as skl2onnx's label lookup."""
    graph = model.graph
    needed = {output}
    kept = []
    for node in reversed(graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    for part, own in (
        (graph.node, kept[::-1]),
        (graph.initializer, [each for each in graph.initializer if each.name in needed]),
        (graph.output, [each for each in graph.output if each.name == output]),
    ):
        copies = [type(each).FromString(each.SerializeToString()) for each in own]
        del part[:]
        part.extend(copies)


def one_window(model: "ModelProto", shape: tuple[int, int], what: str) -> str:
    """Fix the number of windows to 1 and return the input's name."""
    from onnx import TensorProto

    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [given for given in model.graph.input if given.name not in constants]
    dims = inputs[0].type.tensor_type.shape.dim if len(inputs) == 1 else []
    sizes = tuple(dim.dim_value for dim in dims)
    if sizes[1:] != shape or sizes[0] > 1:
        raise ValueError(
            f"{what} takes {' and '.join(_described(each) for each in inputs) or 'nothing'}, not "
            f"one window of {shape[0]} channels x {shape[1]} samples"
        )
    if inputs[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        raise ValueError(f"{what} does not take float32")
    dims[0].dim_value = 1
    return str(inputs[0].name)


def number_output(model: "ModelProto", n_classes: int, what: str) -> str:
    """Find the output with one number per class, in a model for one window.

    Raises
    ------
    ValueError
        If there is none, or several.
    """
    from onnx import TensorProto

    numbers = [
        output.name
        for output in model.graph.output
        if output.type.tensor_type.elem_type == TensorProto.FLOAT
    ]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    shapes = output_shapes(model, what)
    fitting = [name for name in numbers if shapes[name] == (1, n_classes)]
    if len(fitting) != 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"{what} gives {found:.200}; needed is one output (1, {n_classes})")
    return str(fitting[0])


def _described(given: Any) -> str:
    dims = given.type.tensor_type.shape.dim
    return f"{given.name} ({', '.join(str(d.dim_value or d.dim_param or '?') for d in dims)})"
