"""Converters of MNE's ``Vectorizer`` and ``CSP`` to ONNX, which skl2onnx lacks."""

from typing import Any

import numpy as np


def register() -> None:
    """Register both converters with skl2onnx."""
    from mne.decoding import CSP, Vectorizer
    from skl2onnx import update_registered_converter

    update_registered_converter(Vectorizer, "MneVectorizer", _vector_shape, _write_vectorizer)
    update_registered_converter(CSP, "MneCsp", _csp_shape, _write_csp)


def _vector_shape(operator: Any) -> None:
    given = operator.inputs[0]
    operator.outputs[0].type = type(given.type)([1, int(np.prod(given.type.shape[1:]))])


def _write_vectorizer(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.algebra.onnx_ops import OnnxReshape

    size = np.array([1, int(np.prod(operator.inputs[0].type.shape[1:]))], dtype=np.int64)
    opset = container.target_opset
    OnnxReshape(operator.inputs[0], size, op_version=opset, output_names=operator.outputs).add_to(
        scope, container
    )


def _csp_shape(operator: Any) -> None:
    csp = operator.raw_operator
    if csp.transform_into != "average_power":
        raise ValueError("CSP with transform_into='csp_space' is not written as ONNX")
    n = len(csp.filters_[: csp.n_components])
    operator.outputs[0].type = type(operator.inputs[0].type)([1, n])


def _write_csp(scope: Any, operator: Any, container: Any) -> None:
    """Write the log power or the standardised power of each component, as in ``CSP.transform``.

    It is computed in float64, because the filters of correlated channels are large and nearly
    cancel each other.
    """
    from onnx import TensorProto
    from skl2onnx.algebra.onnx_ops import (
        OnnxCast,
        OnnxDiv,
        OnnxLog,
        OnnxMatMul,
        OnnxMul,
        OnnxReduceMean,
        OnnxSub,
    )

    csp, opset = operator.raw_operator, container.target_opset
    filters = csp.filters_[: csp.n_components].astype(np.float64)
    given = OnnxCast(operator.inputs[0], to=TensorProto.DOUBLE, op_version=opset)
    components = OnnxMatMul(filters, given, op_version=opset)
    squares = OnnxMul(components, components, op_version=opset)
    axis = np.array([2], dtype=np.int64)
    power = OnnxReduceMean(squares, axis, keepdims=0, op_version=opset)
    if csp.log is None or csp.log:
        wide = OnnxLog(power, op_version=opset)
    else:
        centred = OnnxSub(power, csp.mean_.astype(np.float64), op_version=opset)
        wide = OnnxDiv(centred, csp.std_.astype(np.float64), op_version=opset)
    OnnxCast(wide, to=TensorProto.FLOAT, op_version=opset, output_names=operator.outputs).add_to(
        scope, container
    )
