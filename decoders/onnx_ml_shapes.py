"""Sizes of what ONNX's operators of machine learning give, which ONNX itself does not infer.

Only operators whose outcome is no larger than their input or than what the file lists of classes
are here: scikit-learn's scalers, linear models, discriminants, vector machines and trees.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

_DOMAIN = "ai.onnx.ml"
_AS_INPUT = ("Scaler", "Normalizer", "Imputer", "Binarizer")
_CLASSIFIERS = ("LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier")
_MOST_STEPS = 100


def with_ml_shapes(model: "ModelProto") -> "ModelProto":
    """Make a copy of a model that states the sizes of its machine-learning steps, if it has any.

    Sizes that the file itself states are left out then, for nothing proves them.

    Raises
    ------
    ValueError
        If it has another operator of that kind, or one whose input is of unknown size.
    """
    import onnx
    from onnx.shape_inference import infer_shapes

    if all(node.domain != _DOMAIN for node in model.graph.node):
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.value_info[:]
    steps = [node for node in copy.graph.node if node.domain == _DOMAIN]
    if len(steps) > _MOST_STEPS:
        raise ValueError(f"more than {_MOST_STEPS} steps of machine learning")
    for node in steps:
        if node.op_type not in (*_AS_INPUT, *_CLASSIFIERS):
            raise ValueError(f"an operator that is not supported: {_DOMAIN}.{node.op_type:.100}")
        known = infer_shapes(copy, data_prop=True).graph
        found = [v for v in (*known.input, *known.value_info) if v.name == node.input[0]]
        dims = [d.dim_value for d in found[0].type.tensor_type.shape.dim] if found else []
        if not dims or not all(dims):
            raise ValueError(f"the step {node.op_type} has an input of unknown size")
        outputs = {output.name for output in copy.graph.output}
        own = [v for v in _outputs(node, dims) if v.name]
        copy.graph.value_info.extend(v for v in own if v.name not in outputs)
        for output in copy.graph.output:
            output.CopyFrom(next((v for v in own if v.name == output.name), output))
    return copy


def _outputs(node: "NodeProto", dims: list[int]) -> "list[ValueInfoProto]":
    from onnx import TensorProto
    from onnx.helper import make_tensor_value_info as described

    if node.op_type in _AS_INPUT:
        return [described(node.output[0], TensorProto.FLOAT, dims)]
    texts, numbers = _listed(node, "strings"), _listed(node, "int")
    kind = TensorProto.STRING if texts else TensorProto.INT64
    sizes = (dims[:1], [dims[0], max(texts, numbers)])
    return [
        described(name, of, size)
        for name, of, size in zip(node.output, (kind, TensorProto.FLOAT), sizes, strict=False)
    ]


def _listed(node: "NodeProto", ending: str) -> int:
    """How many classes a classifier lists, as texts or as numbers."""
    named: list[Any] = [a for a in node.attribute if a.name.startswith("classlabels_")]
    return max((len(a.strings) if ending == "strings" else len(a.ints) for a in named), default=0)
