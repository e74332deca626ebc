"""ONNX's machine-learning operators: sizes of results, and checks of attributes.

Only operators whose result is no larger than their input or their list of classes are allowed:
scikit-learn's scalers, linear models, discriminants, support vector machines and trees. The runtime
is written in C++, so indices in the attributes are checked before a model is run.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

_DOMAIN = "ai.onnx.ml"
_AS_INPUT = ("Scaler", "Normalizer", "Imputer", "Binarizer")
_CLASSIFIERS = ("LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier")
_COLUMNS = "ArrayFeatureExtractor"
_MOST_STEPS = 100


def with_ml_shapes(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """Make a copy of a model that states the result sizes of its machine-learning steps.

    If there are such steps, sizes stated in the file are discarded, because they may be wrong. A
    model without such steps is returned unchanged.

    Raises
    ------
    ValueError
        If it has another machine-learning operator, one with an input of unknown size, or one whose
        attributes do not fit together.
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
    constants = {tensor.name: tensor for tensor in copy.graph.initializer}
    for node in steps:
        if node.op_type not in (*_AS_INPUT, *_CLASSIFIERS, _COLUMNS):
            raise ValueError(f"an operator that is not supported: {_DOMAIN}.{node.op_type:.100}")
        known = infer_shapes(copy, data_prop=True).graph
        found = [v for v in (*known.input, *known.value_info) if v.name == node.input[0]]
        dims = [d.dim_value for d in found[0].type.tensor_type.shape.dim] if found else []
        if node.op_type == _COLUMNS and node.input[0] in constants:
            dims = list(constants[node.input[0]].dims)
        if len(dims) not in (1, 2) or not all(dims):
            raise ValueError(f"the step {node.op_type} has an input of unknown size")
        if node.op_type == _COLUMNS:
            own = _columns(node, dims, constants)
        else:
            _require_sound(node, dims[-1])
            own = _outputs(node, dims)
        outputs = {output.name for output in copy.graph.output}
        copy.graph.value_info.extend(v for v in own if v.name not in outputs)
        for output in copy.graph.output:
            output.CopyFrom(next((v for v in own if v.name == output.name), output))
    return copy


def _outputs(node: "onnx.NodeProto", dims: list[int]) -> "list[onnx.ValueInfoProto]":
    from onnx import TensorProto
    from onnx.helper import make_tensor_value_info as described

    if node.op_type in _AS_INPUT:
        return [described(node.output[0], TensorProto.FLOAT, dims)]
    kind = TensorProto.STRING if _labels(node)[1] else TensorProto.INT64
    sizes = (dims[:1], [dims[0], _labels(node)[0]])
    return [
        described(name, of, size)
        for name, of, size in zip(node.output, (kind, TensorProto.FLOAT), sizes, strict=False)
    ]


def _columns(
    node: "onnx.NodeProto", dims: list[int], constants: dict[str, Any]
) -> "list[onnx.ValueInfoProto]":
    """Describe the result of a column selection; the columns must be constants within the input."""
    from onnx import TensorProto, numpy_helper
    from onnx.helper import make_tensor_value_info as described

    if node.input[1] not in constants:
        # A lookup of the likeliest class depends on the data, with one result per row.
        raise ValueError(f"the step {node.op_type} looks up what is not constant")
    chosen = numpy_helper.to_array(constants[node.input[1]])
    if chosen.dtype != np.int64 or not chosen.size or chosen.min() < 0 or chosen.max() >= dims[-1]:
        raise ValueError(f"the step {node.op_type} takes a column that there is not")
    kind = TensorProto.FLOAT
    return [described(node.output[0], kind, [*(dims[:-1] or [1]), int(chosen.size)])]


def _labels(node: "onnx.NodeProto") -> tuple[int, bool]:
    """Return the number of classes that a classifier lists, and True if they are texts."""
    named: list[Any] = [a for a in node.attribute if a.name.startswith("classlabels_")]
    texts = max((len(a.strings) for a in named), default=0)
    return max(texts, *(len(a.ints) for a in named)) if named else 0, texts > 0


def _require_sound(node: "onnx.NodeProto", n_features: int) -> None:
    """Check that a step's attributes cannot make it read beyond its arrays or run without end.

    Raises ValueError otherwise.
    """
    lists = {a.name: np.array(a.floats if a.type == a.FLOATS else a.ints) for a in node.attribute}
    if any(name.endswith("_as_tensor") for name in lists):
        raise ValueError(f"the step {node.op_type} has attributes that are tensors")
    n_classes = _labels(node)[0]
    check = {
        "Scaler": lambda: _per_feature(lists, n_features, "scale", "offset"),
        "Imputer": lambda: _per_feature(
            lists, n_features, "imputed_value_floats", "imputed_value_int64s"
        ),
        "LinearClassifier": lambda: _is_linear(lists, n_features, n_classes),
        "SVMClassifier": lambda: _is_vector_machine(lists, n_features, n_classes),
        "TreeEnsembleClassifier": lambda: _are_trees(node, lists, n_features, n_classes),
    }.get(node.op_type)
    if check is not None and not check():
        raise ValueError(f"the step {node.op_type} has attributes that do not fit together")


_Lists = dict[str, Any]


def _size(lists: _Lists, name: str) -> int:
    return len(lists[name]) if name in lists else 0


def _per_feature(lists: _Lists, n_features: int, *names: str) -> bool:
    return all(_size(lists, name) in (0, 1, n_features) for name in names)


def _is_linear(lists: _Lists, n_features: int, n_classes: int) -> bool:
    n_rows = _size(lists, "intercepts") or n_classes
    return (
        n_classes >= 2
        and n_rows in (1, n_classes)
        and _size(lists, "coefficients") in (n_features, n_features * n_rows)
        and (_size(lists, "coefficients") == n_features * n_rows or n_classes == 2)
    )


def _is_vector_machine(lists: _Lists, n_features: int, n_classes: int) -> bool:
    vectors = lists.get("vectors_per_class", np.zeros(0, dtype=int))
    pairs = n_classes * (n_classes - 1) // 2
    if n_classes < 2 or len(vectors) != n_classes or vectors.min() < 0:
        return False
    n_vectors = sum(int(n) for n in vectors)
    return (
        n_vectors > 0
        and _size(lists, "support_vectors") == n_vectors * n_features
        and _size(lists, "coefficients") == n_vectors * (n_classes - 1)
        and _size(lists, "rho") == pairs
        and _size(lists, "prob_a") == _size(lists, "prob_b")
        and _size(lists, "prob_a") in (0, pairs)
        and _size(lists, "kernel_params") in (0, 3)
    )


def _are_trees(node: "onnx.NodeProto", lists: _Lists, n_features: int, n_classes: int) -> bool:
    modes: Sequence[bytes] = next(
        (a.strings for a in node.attribute if a.name == "nodes_modes"), ()
    )
    n_nodes, n_leaves = len(modes), _size(lists, "class_ids")
    of_nodes = ("treeids", "nodeids", "featureids", "truenodeids", "falsenodeids", "values")
    of_leaves = ("treeids", "nodeids", "weights")
    if (
        not n_nodes
        or not n_leaves
        or any(_size(lists, f"nodes_{name}") != n_nodes for name in of_nodes)
        or any(_size(lists, f"class_{name}") != n_leaves for name in of_leaves)
        or _size(lists, "nodes_hitrates") not in (0, n_nodes)
        or _size(lists, "nodes_missing_value_tracks_true") not in (0, n_nodes)
        or _size(lists, "base_values") not in (0, 1, n_classes)
    ):
        return False
    ids, trees = lists["nodes_nodeids"], lists["nodes_treeids"]
    known = set(zip(trees.tolist(), ids.tolist(), strict=True))
    branches = np.array([mode != b"LEAF" for mode in modes])
    for name in ("truenodeids", "falsenodeids"):
        children = lists[f"nodes_{name}"][branches]
        # Each node is later than its parent, so that no path in a tree is a cycle.
        if (children <= ids[branches]).any():
            return False
        if not set(zip(trees[branches].tolist(), children.tolist(), strict=True)) <= known:
            return False
    features, classes = lists["nodes_featureids"], lists["class_ids"]
    leaves = set(zip(lists["class_treeids"].tolist(), lists["class_nodeids"].tolist(), strict=True))
    return bool(
        len(known) == n_nodes
        and leaves <= known
        and features.min() >= 0
        and features.max() < n_features
        and classes.min() >= 0
        and classes.max() < n_classes
    )
