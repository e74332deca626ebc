"""Estimators of scikit-learn's kind as decoders: by a profile's name, and as objects."""

from pathlib import Path

import numpy as np
import pytest
from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from pyriemann.tangentspace import TangentSpace
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import decoders
from bci.errors import BciError, DecodingError, PluginError, ProfileError
from bci.types import Decoder
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
