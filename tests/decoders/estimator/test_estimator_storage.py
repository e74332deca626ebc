"""Stored estimators: refusals of a model folder, with reasons."""

import importlib
import inspect
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import skops.io
from onnx import TensorProto, helper, numpy_helper
from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

import decoders
from bci.errors import BundleError, PluginError, ProfileError
from bci.interfaces import Decoder
from decoders.estimator import by_skops, wrap
from decoders.estimator.trusted_types import ESTIMATORS, PLAIN

PATH = "sklearn.pipeline:Pipeline"
CLASSES = ("left", "right")
SHAPE = (4, 80)
Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def epochs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.resize(CLASSES, 40)
    windows = rng.normal(size=(40, *SHAPE)).astype(np.float32) * 20
    windows[labels == "left", 1] *= 2
    return windows, labels


def trained(estimator: object, epochs: tuple[np.ndarray, np.ndarray], *trusted: str) -> Decoder:
    decoder = wrap(estimator, trusted)
    decoder.fit(*epochs)
    return decoder


@pytest.fixture(scope="module")
def riemann(epochs) -> Arrays:
    return trained(make_pipeline(Covariances("oas"), MDM()), epochs).arrays()


def load(arrays: Arrays, *trusted: str) -> Decoder:
    return decoders.load(PATH, {}, CLASSES, arrays, trusted)


class Mean(ClassifierMixin, BaseEstimator):
    """A user's own classifier, by the nearest mean power."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Mean":
        power = np.log(X.var(axis=2))
        self.classes_ = np.unique(y)
        self.means_ = np.stack([power[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        away = np.log(X.var(axis=2))[:, None] - self.means_
        odds = np.exp(-(away**2).sum(axis=2))
        return odds / odds.sum(axis=1, keepdims=True)


MEAN = f"{Mean.__module__}.{Mean.__qualname__}"


def test_a_users_own_type_is_stored_and_loaded_only_where_the_user_trusts_it(epochs) -> None:
    with pytest.raises(PluginError, match=rf"types that are not trusted: {MEAN}. If you trust"):
        trained(Mean(), epochs).arrays()
    decoder = trained(Mean(), epochs, MEAN)
    arrays = decoder.arrays()
    with pytest.raises(BundleError, match=rf"not trusted: {MEAN}.*: --trust {MEAN}$"):
        load(arrays)
    again = load(arrays, MEAN)
    for window in epochs[0][:5]:
        assert again.predict_proba(window).tobytes() == decoder.predict_proba(window).tobytes()


def test_what_the_built_in_list_leaves_out_needs_the_users_word(epochs) -> None:
    # A pipeline from covariances to trees can only be stored by skops.
    matrices = make_pipeline(
        Covariances("oas"), FunctionTransformer(vectors), RandomForestClassifier(5, random_state=0)
    )
    with pytest.raises(PluginError) as refused:
        trained(matrices, epochs).arrays()
    for name in ("sklearn.tree._tree.Tree", "FunctionTransformer", "RandomForestClassifier"):
        assert name in str(refused.value)
    assert "skl2onnx cannot write it" in str(refused.value)


def vectors(matrices: np.ndarray) -> np.ndarray:
    return matrices.reshape(len(matrices), -1)


def test_types_of_the_built_in_list_run_no_code_when_they_are_loaded() -> None:
    for name in sorted(ESTIMATORS):
        module, _, own = name.rpartition(".")
        cls = getattr(importlib.import_module(module), own)
        assert f"{cls.__module__}.{cls.__qualname__}" == name
        source = inspect.getsource(cls)  # it is Python code, where indices are checked
        for text in ("eval(", "exec(", "open(", "import_module", "pickle", "subprocess", " os."):
            assert text not in source, (name, text)
        # Special methods are scikit-learn's, or absent; MNE's makes partials of its own functions.
        for method in ("__setstate__", "__new__", "__setattr__", "__getattr__"):
            holder = next(base for base in cls.__mro__ if method in vars(base) or base is object)
            assert holder.__module__ in (
                "builtins",
                "sklearn.base",
                "mne.decoding.base",
            ), (name, method)
    assert not ESTIMATORS & PLAIN


def rewritten(arrays: Arrays, change: Callable[[dict[str, bytes]], None]) -> Arrays:
    """Return the arrays with a changed skops file."""
    with zipfile.ZipFile(io.BytesIO(arrays["skops"].tobytes())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return arrays | {"skops": np.frombuffer(content.getvalue(), np.uint8)}


def schema(change: Callable[[str], str]) -> Callable[[dict[str, bytes]], None]:
    def changed(members: dict[str, bytes]) -> None:
        members["schema.json"] = change(members["schema.json"].decode()).encode()

    return changed


def an_array(content: bytes) -> Callable[[dict[str, bytes]], None]:
    def changed(members: dict[str, bytes]) -> None:
        members[next(name for name in members if name.endswith(".npy"))] = content

    return changed


def header(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (schema(lambda s: s.replace('"MDM"', '"system"').replace(
            '"pyriemann.classification"', '"os"')), "types that are not trusted: os.system"),
        (schema(lambda s: s.replace('"MDM"', '"SVC"')), "trusted: pyriemann.classification.SVC"),
        (schema(lambda s: s.replace('"ObjectNode"', '"MethodNode"')), "types that are not trusted"),
        (schema(lambda s: s.replace('"ObjectNode"', '"FunctionNode"')), "not trusted"),
        (schema(lambda s: s.replace('"ObjectNode"', '"OperatorFuncNode"')), "not trusted"),
        (schema(lambda s: s.replace('"TypeNode"', '"ReduceNode"')), "not trusted"),
        (schema(lambda s: s[: len(s) // 2]), "cannot be read"),
        (schema(lambda _: "[" * 100_000), "cannot be read"),
        (schema(lambda _: "{}"), "cannot be read"),
        (lambda members: members.pop("schema.json"), "cannot be read"),
        (lambda members: members.update({"x.bin": b""}), "'x.bin', which is no array"),
        (an_array(header((1 << 40,))), "is damaged"),
        (an_array(header((2,), "|O") + bytes(16)), "is damaged"),
        (an_array(b"\x93NUMPY"), "cannot be read|"),
    ],
)  # fmt: skip
def test_a_changed_skops_file_is_refused_before_anything_of_it_runs(
    riemann: Arrays, change: Callable[[dict[str, bytes]], None], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        load(rewritten(riemann, change))


def test_a_skops_file_that_unfolds_to_gigabytes_is_refused(
    riemann: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_skops, "_MOST_BYTES", 1 << 20)
    bomb = rewritten(riemann, lambda members: members.update({"x.npy": bytes(2 << 20)}))
    assert bomb["skops"].size < 1 << 20
    with pytest.raises(BundleError, match="too large"):
        load(bomb)


def test_a_folder_cannot_have_a_module_imported(
    riemann: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_payload.py").write_text("raise SystemExit('imported')\n")
    asked = schema(lambda text: text.replace("pyriemann.classification", "my_payload"))
    with pytest.raises(BundleError, match=r"not trusted: my_payload\.MDM"):
        load(rewritten(riemann, asked))
    again = decoders.load("my_payload:make", {}, CLASSES, riemann)  # the name is not imported
    assert again.classes == CLASSES
    assert "my_payload" not in sys.modules


def test_a_stored_model_that_decodes_otherwise_is_refused(riemann: Arrays) -> None:
    with pytest.raises(BundleError, match=r"a probability differs by 0\.\d+ from when"):
        load(riemann | {"proof": riemann["proof"][:, ::-1]})
    with pytest.raises(BundleError, match="lacks the array 'proof'"):
        load({name: array for name, array in riemann.items() if name != "proof"})
    with pytest.raises(BundleError, match="lacks the array 'onnx'"):
        load({name: array for name, array in riemann.items() if name != "skops"})
    with pytest.raises(BundleError, match="of bytes"):
        load(riemann | {"skops": np.ones(10)})


def test_no_pickle_is_stored(riemann: Arrays) -> None:
    with zipfile.ZipFile(io.BytesIO(riemann["skops"].tobytes())) as archive:
        assert {Path(name).suffix for name in archive.namelist()} == {".npy", ".json"}
        kinds = set(json.loads(archive.read("schema.json")))
    assert "__loader__" in kinds
    assert set(skops.io.get_untrusted_types(data=riemann["skops"].tobytes())) <= ESTIMATORS


def network(
    n_classes: int = 2,
    batch: int | str = 1,
    shape: tuple[int, int] = SHAPE,
    softmax: bool = True,
    weights: np.ndarray | None = None,
) -> onnx.ModelProto:
    """Return a network of one linear layer over all samples."""
    size = shape[0] * shape[1]
    if weights is None:
        weights = np.random.default_rng(0).normal(size=(size, n_classes)) / 1000
    nodes = [
        helper.make_node("Reshape", ["x", "size"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["p"], axis=-1),
    ]
    last = "p" if softmax else "scores"
    graph = helper.make_graph(
        nodes[: 3 if softmax else 2],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *shape])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [batch, n_classes])],
        [
            numpy_helper.from_array(np.array([-1, size]), "size"),
            numpy_helper.from_array(weights.astype(np.float32), "w"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def onnx_file(model: onnx.ModelProto, folder: Path) -> str:
    file = folder / "net.onnx"
    file.write_bytes(model.SerializeToString())
    return str(file)


@pytest.mark.parametrize("batch", [1, "n"])
@pytest.mark.parametrize("logits", [True, False])
def test_a_users_own_onnx_file_decodes(
    epochs, tmp_path: Path, batch: int | str, logits: bool
) -> None:
    windows, labels = epochs
    weights = np.random.default_rng(1).normal(size=(320, 2)) / 1000
    file = onnx_file(network(batch=batch, softmax=not logits, weights=weights), tmp_path)
    params = {"file": file, "classes": "right, left", "logits": logits}
    decoder = decoders.create("onnx", params)
    decoder.fit(windows, labels)
    arrays = decoder.arrays()
    Path(file).unlink()  # the model's folder has a copy
    again = decoders.load("onnx", params, decoder.classes, arrays)
    scores = windows[0].ravel() @ weights
    right, left = np.exp(scores) / np.exp(scores).sum()
    for each in (decoder, again):
        assert each.classes == CLASSES
        np.testing.assert_allclose(each.predict_proba(windows[0]), [left, right], atol=1e-5)


def foreign() -> onnx.ModelProto:
    model = network()
    model.graph.node[1].domain = "com.microsoft"
    return model


def outside() -> onnx.ModelProto:
    model = network()
    tensor = model.graph.initializer[1]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return model


def huge() -> onnx.ModelProto:
    model = network()
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 1 << 40]), "many"))
    model.graph.node.append(helper.make_node("Expand", ["p", "many"], ["more"]))
    return model


def unlisted() -> onnx.ModelProto:
    model = network()
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    node = helper.make_node("StringNormalizer", ["p"], ["q"], domain="ai.onnx.ml")
    model.graph.node.append(node)
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (foreign, r"operators from outside the ONNX standard: com.microsoft.MatMul"),
        (outside, "keeps tensors in other files"),
        (huge, r"net.onnx has a step of 1\d+ numbers|does not fit together"),
        (unlisted, "an operator that is not supported: ai.onnx.ml.StringNormalizer"),
        (
            lambda: network(shape=(4, 90)),
            r"takes x \(1, 4, 90\), not one window of 4 chan",
        ),
        (lambda: network(n_classes=3), r"gives p \(1, 3\); needed is one output \(1, 2\)"),
        (lambda: network(softmax=False), "probabilities have to be from 0 to 1"),
    ],
)
def test_an_onnx_file_that_may_not_be_run_is_named(
    epochs, tmp_path: Path, make: Callable[[], onnx.ModelProto], message: str
) -> None:
    decoder = decoders.create("onnx", {"file": onnx_file(make(), tmp_path)})
    with pytest.raises(PluginError, match=message) as refused:
        decoder.fit(*epochs)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("decoder onnx: ")
    assert ".py, line" not in str(refused.value)


def test_an_onnx_file_that_cannot_be_read_is_named(epochs, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not ONNX at all")
    with pytest.raises(PluginError, match=r"text.onnx cannot be read"):
        decoders.create("onnx", {"file": str(tmp_path / "text.onnx")}).fit(*epochs)
    with pytest.raises(ProfileError, match=r"no.onnx cannot be read \(No such file"):
        decoders.create("onnx", {"file": str(tmp_path / "no.onnx")})
    with pytest.raises(ProfileError, match=r"params.file has to name"):
        decoders.create("onnx")
    with pytest.raises(ProfileError, match=r"params.path: there is no such parameter"):
        decoders.create("onnx", {"path": "x"})
    file = onnx_file(network(), tmp_path)
    with pytest.raises(ProfileError, match=r"params.classes are left, rigth; those of the para"):
        decoders.create("onnx", {"file": file, "classes": "left, rigth"}).fit(*epochs)


def test_a_folders_onnx_is_held_to_the_same_rules(epochs) -> None:
    from mne.decoding import Vectorizer

    arrays = trained(make_pipeline(Vectorizer(), LogisticRegression()), epochs).arrays()
    for make, message in ((foreign, "outside the ONNX standard"), (outside, "in other files")):
        changed = np.frombuffer(make().SerializeToString(), np.uint8)
        with pytest.raises(BundleError, match=message):
            load(arrays | {"onnx": changed})


def ml_model(epochs, estimator: object) -> tuple[Arrays, onnx.ModelProto]:
    from mne.decoding import Vectorizer

    arrays = trained(make_pipeline(Vectorizer(), estimator), epochs).arrays()
    return arrays, onnx.load_from_string(arrays["onnx"].tobytes())


def attribute(model: onnx.ModelProto, name: str) -> onnx.AttributeProto:
    return next(a for node in model.graph.node for a in node.attribute if a.name == name)


def test_attributes_that_would_lead_beyond_their_arrays_are_refused(epochs) -> None:
    def cut(name: str) -> Callable[[onnx.ModelProto], None]:
        return lambda model: attribute(model, name).floats.pop()

    def put(name: str, value: int) -> Callable[[onnx.ModelProto], None]:
        return lambda model: attribute(model, name).ints.__setitem__(0, value)

    for estimator, changes in (
        (LogisticRegression(), [cut("coefficients")]),
        (SVC(probability=True), [
            cut("support_vectors"), cut("rho"), cut("prob_a"), put("vectors_per_class", 10**9),
            put("vectors_per_class", -1),
        ]),
        (RandomForestClassifier(3, random_state=0), [
            put("nodes_featureids", 320), put("nodes_featureids", -1), put("class_ids", 2),
            put("nodes_truenodeids", 0), put("nodes_falsenodeids", 10**6), cut("nodes_values"),
            put("class_nodeids", 10**6), put("nodes_nodeids", 1),
        ]),
    ):  # fmt: skip
        arrays, sound = ml_model(epochs, estimator)
        for change in changes:
            model = onnx.ModelProto()
            model.CopyFrom(sound)
            change(model)
            with pytest.raises(BundleError, match="attributes that do not fit together"):
                load(arrays | {"onnx": np.frombuffer(model.SerializeToString(), np.uint8)})


@pytest.mark.slow
@pytest.mark.parametrize("probabilities", [True, False])
def test_a_torch_module_wrapped_by_skorch_is_stored_as_onnx(epochs, probabilities: bool) -> None:
    torch = pytest.importorskip("torch")
    skorch = pytest.importorskip("skorch")
    layers = [torch.nn.Flatten(), torch.nn.Linear(320, 2)]
    if probabilities:
        layers.append(torch.nn.Softmax(dim=1))
    torch.manual_seed(0)
    net = skorch.NeuralNetClassifier(
        torch.nn.Sequential(*layers),
        criterion=torch.nn.NLLLoss if probabilities else torch.nn.CrossEntropyLoss,
        max_epochs=2, lr=1e-4, train_split=None, verbose=0,
    )  # fmt: skip
    decoder = trained(net, epochs)
    before = np.stack([decoder.predict_proba(window) for window in epochs[0]])
    arrays = decoder.arrays()
    assert "onnx" in arrays
    again = load(arrays)
    found = np.stack([again.predict_proba(window) for window in epochs[0]])
    np.testing.assert_allclose(found, before, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["linear", "trees", "skops"])
def test_damaged_bytes_are_refused_or_decode_as_before(epochs, riemann: Arrays, name: str) -> None:
    forms = {"linear": LogisticRegression(), "trees": RandomForestClassifier(3, random_state=0)}
    arrays = riemann if name == "skops" else ml_model(epochs, forms[name])[0]
    key = "skops" if name == "skops" else "onnx"
    rng = np.random.default_rng(0)
    refused = []
    for _ in range(60):
        content = arrays[key].copy()
        # The first bytes are structure; most later ones are numbers.
        place = rng.integers(min(len(content), 2000 if rng.random() < 0.7 else len(content)))
        content[place] = rng.integers(256)
        try:
            load(arrays | {key: content})
        except BundleError as problem:
            refused.append(str(problem))
    assert len(refused) > 10
    assert not any("\n" in line for line in refused)
