"""The built-in decoders as scikit-learn classifiers."""

from pathlib import Path

import numpy as np
import pytest
from pyriemann.estimation import Covariances
from pyriemann.tangentspace import TangentSpace
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

from bci.errors import ProfileError
from bci.plugins.decoder_offers import classical
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.tasks.image_gallery import Gallery, save_gallery
from bci.training.epochs import cut_epochs
from decoders.sklearn_api import BciClassifier, as_classifier

SKIPPED = {"check_array_api_input"}  # arrays that are not numpy's
# One number is one sample of one channel, which has no covariance.
FAILING = {"check_fit2d_1feature": "one sample has no covariance"}


class OfTables(BciClassifier):
    """A classifier for tables: each row, repeated, becomes 2 channels x 1 s."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = True, False
        tags.classifier_tags.poor_score = True  # since rows of blobs are not signals
        return tags

    def _checked(self, X, y="no_validation"):
        given = validate_data(self, X, y, reset=not isinstance(y, str), dtype=np.float32)
        rows, labels = (given, None) if isinstance(y, str) else given
        n_samples = round(self.sfreq)
        repeats = -(-n_samples // rows.shape[1])
        trials = np.tile(rows[:, None], (1, 2, repeats))[:, :, :n_samples].copy()
        return trials if labels is None else (trials, labels)


def check(name: str, params: dict[str, object] | None = None, sfreq: float = 320.0) -> None:
    classifier = OfTables(name, params, sfreq=sfreq, ch_names=("C3", "C4"))
    failing = FAILING if name in ("tangent-space", "csp-lda") else {}
    results = check_estimator(
        classifier, on_skip=None, on_fail=None, expected_failed_checks=failing
    )
    assert not [each for each in results if each["status"] == "failed"]
    skipped = {each["check_name"] for each in results if each["status"] == "skipped"}
    assert skipped <= SKIPPED
    assert len(results) > 50


@pytest.mark.parametrize(
    "name",
    [
        *(name for name in classical() if name != "tangent-space"),
        "high-gamma-lda",
        pytest.param("tangent-space", marks=pytest.mark.slow),
    ],
)
def test_scikit_learns_own_checks_pass(name: str) -> None:
    check(name)


# One decoder per way of training; `tests/bci` checks every network.
@pytest.mark.long
@pytest.mark.parametrize("name", ["eegnet", "mvcnet"])
def test_scikit_learns_own_checks_pass_for_networks(name: str) -> None:
    check(name, {"epochs": 1}, sfreq=128.0)


def test_trials_in_three_dimensions_are_what_its_tags_say() -> None:
    check_estimator(BciClassifier(), on_skip=None)
    tags = BciClassifier().__sklearn_tags__()
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.two_d_array


@pytest.fixture(scope="module")
def trials() -> tuple[np.ndarray, np.ndarray]:
    """Return 60 trials of 5 channels x 200 samples; each class has a stronger channel."""
    rng = np.random.default_rng(0)
    labels = np.resize(["feet", "left", "right"], 60)
    X = rng.normal(size=(60, 5, 200)) * 10
    for k, label in enumerate(np.unique(labels)):
        X[labels == label, k] *= 1.15
    return X, labels


def pyriemanns() -> Pipeline:
    return make_pipeline(
        Covariances("oas"), TangentSpace("riemann"), LogisticRegression(max_iter=2000)
    )


def same_as_pyriemann(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the scores of the tangent space, and check that pyriemann's are equal."""
    folds = StratifiedKFold(5)
    ours, theirs = BciClassifier("tangent-space"), pyriemanns()
    scores = cross_val_score(ours, X, y, cv=folds, scoring="accuracy")
    np.testing.assert_array_equal(scores, cross_val_score(theirs, X, y, cv=folds))
    found, wanted = (
        cross_val_predict(each, X, y, cv=folds, method="predict_proba") for each in (ours, theirs)
    )
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4)
    return scores


def test_tangent_space_scores_as_pyriemanns_own_pipeline(trials) -> None:
    scores = same_as_pyriemann(*trials)
    assert 0.7 < scores.mean() < 1  # neither trivial nor chance


@pytest.mark.slow
def test_tangent_space_scores_as_pyriemanns_own_pipeline_on_real_people(eegmmidb: Path) -> None:
    profile = load_profile("motor-imagery-eegmmidb")
    runs = [read_recording(eegmmidb / "S007" / f"S007R{run}.edf") for run in ("04", "08")]
    epochs = cut_epochs(runs, profile.pipeline, profile.paradigm).last_of_trials()
    scores = same_as_pyriemann(epochs.windows.astype(np.float64), epochs.labels)
    assert scores.mean() > 0.8


def in_microvolts(volts: np.ndarray) -> np.ndarray:
    return volts * 1e6


def test_parameters_are_tuned_and_clones_start_afresh(trials) -> None:
    X, y = trials
    grid = {"classifier__params": [{"n_components": n} for n in (1, 5)]}
    steps = [("unit", FunctionTransformer(in_microvolts)),
             ("classifier", as_classifier("csp-lda"))]  # fmt: skip
    search = GridSearchCV(Pipeline(steps), grid, cv=3).fit(X * 1e-6, y)
    assert search.best_params_ == {"classifier__params": {"n_components": 5}}
    best = search.best_estimator_["classifier"]
    assert list(best.classes_) == ["feet", "left", "right"]
    again = clone(best)
    assert again.get_params() == best.get_params()
    assert not hasattr(again, "decoder_")


def test_it_runs_in_a_loop_like_moabbs(trials) -> None:
    # MOABB clones a pipeline for each fold, fits it on numbered labels and scores two classes by
    # the area under the curve, more classes by accuracy.
    X, labels = trials
    two = labels != "feet"
    pipelines = {
        "TS": make_pipeline(as_classifier("tangent-space")),
        "CSP": make_pipeline(as_classifier("csp-lda", n_components=4)),
        "peer": pyriemanns(),
    }
    for chosen, scoring in ((two, "roc_auc"), (labels != "", "accuracy")):
        X_in, y = X[chosen], np.unique(labels[chosen], return_inverse=True)[1]
        scores = {name: [] for name in pipelines}
        for train, test in StratifiedKFold(5, shuffle=True, random_state=42).split(X_in, y):
            for name, pipeline in pipelines.items():
                fitted = clone(pipeline).fit(X_in[train], y[train])
                scores[name].append(get_scorer(scoring)(fitted, X_in[test], y[test]))
        assert scores["TS"] == scores["peer"]
        assert np.mean(scores["CSP"]) > 0.7


def test_numbers_as_labels_keep_their_order() -> None:
    rng = np.random.default_rng(0)
    y = np.resize([10, 9, -2], 30)
    X = rng.normal(size=(30, 3, 100))
    X[y == 10, 0] *= 5
    X[y == 9, 1] *= 5
    fitted = BciClassifier("log-power").fit(X, y)
    assert fitted.classes_.tolist() == [-2, 9, 10]
    assert fitted.predict(X).tolist() == y.tolist()


@pytest.mark.slow
def test_levels_have_a_column_for_every_combination() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(24, 4, 256))
    y = np.resize(["valence-1/arousal-1", "valence-2/arousal-2", "valence-1/arousal-2"], 24)
    for name, params in (("differential-entropy", {}), ("histn", {"epochs": 1})):
        fitted = as_classifier(name, 128.0, ("Fp1", "Fp2", "C3", "O1"), **params).fit(X, y)
        assert fitted.predict_proba(X).shape == (24, 25)
        assert len(fitted.classes_) == 25


def test_images_are_found_in_their_gallery(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = tuple(f"image-{k}" for k in range(4))
    vectors = rng.normal(size=(4, 3)).astype(np.float32)
    save_gallery(Gallery(names, vectors, "simulated"), tmp_path / "gallery.safetensors")
    numbers = np.resize(range(3), 30)
    X = vectors[numbers] @ rng.normal(size=(3, 40)) + rng.normal(size=(30, 40)) / 10
    classifier = as_classifier("image-ridge", gallery=str(tmp_path / "gallery.safetensors"))
    fitted = classifier.fit(X.reshape(30, 4, 10), np.array(names)[numbers])
    assert tuple(fitted.classes_) == names
    assert np.mean(fitted.predict(X.reshape(30, 4, 10)) == np.array(names)[numbers]) > 0.9


@pytest.mark.slow
def test_words_are_decoded_from_depth_electrodes() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 3, 600))
    y = np.resize(["yes", "no"], 12)
    classifier = BciClassifier("duin", {"size": "small", "epochs": 1}, 1000.0, kind="seeg")
    probabilities = classifier.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert classifier.classes_.tolist() == ["no", "yes"]


def test_what_cannot_be_fitted_is_named(trials) -> None:
    X, y = trials
    with pytest.raises(ValueError, match=r"shape \(60, 200\); it has to be \(n_trials, n_ch"):
        BciClassifier().fit(X[:, 0], y)
    with pytest.raises(ValueError, match="y has one class, 'left'"):
        BciClassifier().fit(X[:3], ["left"] * 3)
    with pytest.raises(ProfileError, match="no decoder 'tangentspace'"):
        BciClassifier("tangentspace").fit(X, y)
    with pytest.raises(ProfileError, match="ch_names has 2 names, the trials have 5 channels"):
        BciClassifier(sfreq=100.0, ch_names=("C3", "C4")).fit(X, y)
