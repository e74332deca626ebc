"""Estimators of scikit-learn as decoders, by name in a profile and as objects."""

import sys
from pathlib import Path

import numpy as np
import pytest
from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from pyriemann.tangentspace import TangentSpace
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

import decoders
from bci.errors import BciError, DecodingError, PluginError, ProfileError
from decoders.estimator import wrap


@pytest.fixture(scope="module")
def epochs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.resize(["left", "rest", "right"], 60)
    windows = rng.normal(size=(60, 4, 80)).astype(np.float32) * 20
    for k, label in enumerate(np.unique(labels)):
        windows[labels == label, k] *= 2
    return windows, labels


def flat(*steps: object) -> Pipeline:
    from mne.decoding import Vectorizer

    return make_pipeline(Vectorizer(), *steps)


def csp() -> Pipeline:
    from mne.decoding import CSP

    return make_pipeline(CSP(3), LinearDiscriminantAnalysis())


def standardised_csp() -> Pipeline:
    from mne.decoding import CSP

    return make_pipeline(CSP(3, log=False), LogisticRegression())


ESTIMATORS = {
    "skops": lambda: make_pipeline(Covariances("oas"), TangentSpace(), LogisticRegression()),
    "skops of MDM": lambda: make_pipeline(Covariances("lwf"), MDM()),
    "onnx": lambda: flat(StandardScaler(), LogisticRegression()),
    "onnx of trees": lambda: flat(RandomForestClassifier(20, random_state=0)),
    "onnx of calibrated margins": lambda: flat(
        CalibratedClassifierCV(LinearDiscriminantAnalysis(), cv=2)
    ),
    "onnx of vector machines": lambda: flat(SVC(probability=True, random_state=0)),
    "onnx of a network": lambda: flat(MLPClassifier(max_iter=5, random_state=0)),
    "skops of calibrated margins": lambda: make_pipeline(
        Covariances("oas"), TangentSpace(), CalibratedClassifierCV(LinearSVC(), cv=2)
    ),
    "onnx of CSP": csp,
    "onnx of standardised CSP": standardised_csp,
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_is_trained_stored_and_loaded(epochs, name: str) -> None:
    windows, labels = epochs
    estimator = ESTIMATORS[name]()
    decoder = wrap(estimator)
    decoder.fit(windows[:45], labels[:45])
    assert decoder.classes == ("left", "rest", "right")
    trained = np.stack([decoder.predict_proba(window) for window in windows])
    arrays = decoder.arrays()
    assert (set(arrays) & {"onnx", "skops"}) == {name.split()[0]}
    again = decoders.load("sklearn.pipeline:Pipeline", {}, decoder.classes, arrays)
    found = np.stack([again.predict_proba(window) for window in windows])
    served = np.stack([decoder.predict_proba(window) for window in windows])
    assert found.tobytes() == served.tobytes()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found, trained, rtol=0, atol=1e-4)
    numbers = np.searchsorted(decoder.classes, labels[:45])
    peer = estimator.fit(windows[:45].astype(np.float64), numbers)
    expected = peer.predict_proba(windows.astype(np.float64))
    np.testing.assert_allclose(trained, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "form"), [("csp", "skops"), ("standardised csp", "onnx")])
def test_csp_of_two_classes_and_nearly_dependent_channels_is_stored(name: str, form: str) -> None:
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(60, 1, 80)) * 20 + rng.normal(size=(60, 4, 80)) * 0.02
    labels = np.resize(["left", "right"], 60)
    windows[labels == "left", 1] += 0.01 * rng.normal(size=(30, 80))
    estimator = csp() if name == "csp" else standardised_csp()
    decoder = wrap(estimator)
    decoder.fit(windows.astype(np.float32), labels)
    unsure = decoder.predict_proba(windows[1].astype(np.float32))
    assert unsure.min() > 0.001
    assert form in decoder.arrays()
    assert np.abs(decoder.predict_proba(windows[1].astype(np.float32)) - unsure).max() < 1e-6


class Odd(ClassifierMixin, BaseEstimator):
    """A classifier that violates one rule of classifiers, chosen by a parameter."""

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Odd":  # noqa: ARG002
        if self.wrong == "exit":
            raise SystemExit(3)
        if self.wrong == "fit":
            raise RuntimeError("no licence\nfor this")
        if self.wrong != "no classes_":
            self.classes_ = np.unique(y) + (self.wrong == "classes_")
        self._n = len(np.unique(y))
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        if self.wrong == "predict_proba":
            raise ZeroDivisionError("division by zero")
        found = np.full((len(X), self._n), 1 / self._n)
        if self.wrong == "shape":
            return found[:, :-1]
        if self.wrong == "sum":
            return found * 2
        if self.wrong == "texts":
            return found.astype(str) + "a"
        if self.wrong == "NaN":
            return found * np.nan
        if self.wrong == "batch":
            found[:, 0] += 0.1 * (len(X) > 1)
            return found / found.sum(axis=1, keepdims=True)
        return found


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("fit", r"fit raised RuntimeError: no licence .test_estimators.py, line"),
        ("exit", "fit raised SystemExit: 3"),
        ("no classes_", "it has no classes_ after fit"),
        ("classes_", r"its classes_ after fit are \[1, 2, 3\], not the labels.* 0 to 2"),
        ("predict_proba", "predict_proba raised ZeroDivisionError: division by zero"),
        ("texts", "predict_proba raised ValueError: could not convert"),
        ("shape", r"predict_proba gave shape \(9, 2\) for 9 windows and 3 classes"),
        ("sum", r"probabilities have to be from 0 to 1 and add up to 1"),
        ("NaN", r"probabilities have to be from 0 to 1 and add up to 1"),
        ("batch", "a window alone has other probabilities than among others .by up to 0.06"),
    ],
)
def test_an_estimator_that_gives_no_probabilities_is_refused(
    epochs, wrong: str, message: str
) -> None:
    decoder = wrap(Odd(wrong))
    with pytest.raises(PluginError, match=message) as refused:
        decoder.fit(*epochs)
    assert "\n" not in str(refused.value)


def test_what_is_no_classifier_of_trials_is_refused(epochs) -> None:
    with pytest.raises(PluginError, match="RidgeClassifier has no predict_proba"):
        wrap(RidgeClassifier())
    with pytest.raises(PluginError, match="StandardScaler has no predict_proba"):
        wrap(StandardScaler())
    with pytest.raises(PluginError, match="LogisticRegression is a class; give an object"):
        wrap(LogisticRegression)
    with pytest.raises(PluginError, match=r"Found array with dim 3.*put mne.decoding.Vectorizer"):
        wrap(LogisticRegression()).fit(*epochs)


def test_a_window_without_probabilities_is_counted_not_fatal(epochs) -> None:
    decoder = wrap(make_pipeline(Covariances("oas"), MDM()))
    decoder.fit(*epochs)
    decoder.arrays()
    for window in (np.full((4, 80), np.nan, np.float32), np.full((4, 80), 1e30, np.float32)):
        with pytest.raises(DecodingError):
            decoder.predict_proba(window)


def test_our_own_classifiers_and_decoders_are_taken_as_what_they_are() -> None:
    from decoders.classical.tangent import TangentSpace as Ours
    from decoders.sklearn_api import as_classifier

    ours = wrap(as_classifier("tangent-space", c=0.5))
    assert isinstance(ours, Ours)
    assert wrap(ours) is ours


MODULE = """
from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline

def make(estimator="oas"):
    return make_pipeline(Covariances(estimator), MDM())

def fail():
    raise KeyError("amplifier")

def ridge():
    return RidgeClassifier()

ready = make("lwf")
number = 3
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with a user's own modules."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith("my_")]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "my_decoder.py").write_text(MODULE)
    (tmp_path / "my_broken.py").write_text("x = 1 / 0\n")
    (tmp_path / "my_exit.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "my_import.py").write_text("import no_such_package\n")
    return tmp_path


@pytest.mark.usefixtures("own")
def test_a_profile_names_a_factory_a_class_or_an_estimator(epochs) -> None:
    made = {
        "my_decoder:make": {"estimator": "scm"},
        "my_decoder:ready": {},
        "sklearn.dummy:DummyClassifier": {"strategy": "prior"},
    }
    for path, params in made.items():
        decoder = decoders.create(path, params)
        decoder.fit(*epochs)
        assert decoder.predict_proba(epochs[0][0]).shape == (3,)
    assert str(Path.cwd()) not in sys.path


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("path", "params", "kind", "message"),
    [
        ("my_decoders:make", {}, ProfileError, "there is no module my_decoders, neither inst"),
        ("my_decoder.x:make", {}, ProfileError, "there is no module my_decoder.x"),
        ("my_decoder:mak", {}, ProfileError, "my_decoder has no 'mak'.*make"),
        ("my_decoder:", {}, ProfileError, "my_decoder has no ''"),
        (":make", {}, ProfileError, "write it as module:factory"),
        ("../x:make", {}, ProfileError, "module"),
        ("my_decoder:make", {"x": 1}, PluginError, "make.. raised TypeError.*'x'"),
        ("my_decoder:fail", {}, PluginError, r"raised KeyError: 'amplifier' .my_decoder.py, line"),
        ("my_decoder:ridge", {}, PluginError, "RidgeClassifier has no predict_proba"),
        ("my_decoder:number", {}, PluginError, "int has no fit"),
        ("my_decoder:ready", {"x": 1}, ProfileError, "no function, so it takes no params"),
        ("my_broken:make", {}, PluginError, r"importing my_broken raised ZeroDivisionError: .*"
         r"\(my_broken.py, line 1\)"),
        ("my_exit:make", {}, PluginError, "importing my_exit raised SystemExit: 3"),
        ("my_import:make", {}, PluginError, "No module named 'no_such_package'"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_named(
    path: str, params: dict[str, object], kind: type[BciError], message: str
) -> None:
    with pytest.raises(kind, match=message) as refused:
        decoders.create(path, params)
    assert "\n" not in str(refused.value)


def test_an_estimator_does_not_continue_from_a_base() -> None:
    with pytest.raises(ProfileError, match="cannot start from a base model"):
        decoders.create("sklearn.dummy:DummyClassifier", start={})
