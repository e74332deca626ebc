"""Windows of other people, stored in a base model and trained on with a person's own."""

from dataclasses import replace

import numpy as np
import pytest

import decoders
from bci.errors import BundleError, ProfileError
from bci.signals import Channel, Signal
from bci.training.others.people import EXECUTED_FROM
from decoders.classical import pooling
from decoders.classical.base_windows import MOST_WINDOWS, BaseWindows
from decoders.classical.linear_head import LinearHead
from decoders.classical.tangent import TangentSpace

NAMES = tuple(f"E{k}" for k in range(6))
SIGNAL = Signal(128.0, tuple(Channel(name, "eeg", "uV") for name in NAMES))
ALIGNED = {"align": True}
Windows = tuple[np.ndarray, np.ndarray, np.ndarray]


def person(seed: int, n_trials: int, n_runs: int = 2, gain: float = 1.3) -> Windows:
    """Return two windows per trial with individual mixing; a class has a stronger source."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.resize(["left", "right"], n_trials), 2)
    sources = rng.normal(size=(2 * n_trials, 6, 48))
    sources[labels == "left", 0] *= gain
    sources[labels == "right", 1] *= gain
    head = np.eye(6) + 0.2 * rng.normal(size=(6, 6))
    runs = np.arange(2 * n_trials) * n_runs // (2 * n_trials)
    return (head @ sources).astype(np.float32), labels, runs


def base_of(people: list[Windows], shuffled: bool = False) -> TangentSpace:
    windows, labels = (np.concatenate([each[k] for each in people]) for k in (0, 1))
    runs = np.concatenate([each[2] + 10 * k for k, each in enumerate(people)])
    if shuffled:
        labels = np.random.default_rng(0).permutation(labels)
    decoder = decoders.create("tangent-space", ALIGNED)
    assert isinstance(decoder, TangentSpace)
    assert decoder.fit_people(windows, labels, runs, SIGNAL) == len(windows)
    return decoder


@pytest.fixture(scope="module")
def base() -> TangentSpace:
    return base_of([person(seed, 20) for seed in range(1, 6)])


def learnt(own: Windows, start: dict | None, signal: Signal = SIGNAL) -> TangentSpace:
    decoder = decoders.create("tangent-space", ALIGNED, start)
    decoder.fit(own[0], own[1], groups=own[2], signal=signal)
    assert isinstance(decoder, TangentSpace)
    return decoder


def accuracy(decoder: TangentSpace, windows: np.ndarray, labels: np.ndarray) -> float:
    decided = [decoder.classes[int(np.argmax(decoder.predict_proba(each)))] for each in windows]
    return float(np.mean(np.array(decided) == labels))


def gains(base: TangentSpace, n_first: int, gain: float) -> list[float]:
    """Return the gain in accuracy by the base model, for later windows of six people."""
    found = []
    for seed in range(20, 26):
        windows, labels, _ = person(seed, 50, gain=gain)
        own = windows[:n_first], labels[:n_first], np.arange(n_first) * 2 // n_first
        pooled, alone = (
            accuracy(learnt(own, start), windows[n_first:], labels[n_first:])
            for start in (base.arrays(), None)
        )
        found.append(pooled - alone)
    return found


def test_other_people_help_where_there_are_few_trials() -> None:
    alike = base_of([person(seed, 20, gain=1.2) for seed in range(1, 6)])
    assert np.mean(gains(alike, 8, 1.2)) > 0.03


def test_a_base_that_knows_nothing_costs_nothing() -> None:
    nothing = base_of([person(seed, 20) for seed in range(1, 6)], shuffled=True)
    assert np.mean(gains(nothing, 40, 1.3)) > -0.02


def test_halves_of_a_single_run_share_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = np.repeat(np.arange(6), 11)[:61]
    own = pooling.Labelled(trials[:, None].astype(float), np.array([0, 1, 0, 0, 1, 1])[trials])
    learnt_from = []

    def note(training: pooling.Labelled, *_: object) -> LinearHead:
        learnt_from.append(set(training.features[:, 0]))
        return LinearHead(np.zeros((2, 1)), np.zeros(2))

    monkeypatch.setattr(pooling, "fit_pooled", note)
    pooling.choose_weight(own, np.zeros(61, dtype=np.int64), pooling.Others(own, 1), 1.0)
    assert learnt_from[:2] == [{2, 3, 4, 5}, {0, 1}]


def test_runs_of_executed_movement_are_never_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = np.repeat([0, 1, EXECUTED_FROM], 4)
    own = pooling.Labelled(runs[:, None].astype(float), np.tile([0, 1], 6))
    parts = []

    def note(training: pooling.Labelled, *_: object) -> LinearHead:
        parts.append(set(training.features[:, 0]))
        return LinearHead(np.zeros((2, 1)), np.zeros(2))

    monkeypatch.setattr(pooling, "fit_pooled", note)
    pooling.choose_weight(own, runs, pooling.Others(own, 1), 1.0)
    assert parts[:2] == [{1, EXECUTED_FROM}, {0, EXECUTED_FROM}]
    assert len(parts) == 2 * len(pooling.WEIGHTS)


@pytest.mark.parametrize("weight", [pooling.ALONE, 10.0])
def test_balanced_classes_weigh_alike_beside_other_people_too(
    base: TangentSpace, weight: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decoders.classical.tangent.choose_weight", lambda *_: weight)
    windows, labels, runs = person(30, 60, gain=1.0)
    kept = (labels == "right") | (np.arange(len(labels)) % 20 < 2)
    n_left = []
    for balanced in (False, True):
        decoder = decoders.create("tangent-space", ALIGNED | {"balanced": balanced}, base.arrays())
        decoder.fit(windows[kept], labels[kept], groups=runs[kept], signal=SIGNAL)
        n_left.append(sum(decoder.predict_proba(each)[0] > 0.5 for each in windows))
    assert n_left[1] > n_left[0] + 10


def test_a_base_alone_decides_for_a_person_by_unlabelled_windows(base: TangentSpace) -> None:
    loaded = decoders.load("tangent-space", ALIGNED, base.classes, base.arrays())
    assert isinstance(loaded, TangentSpace)
    windows, labels, _ = person(40, 60)
    loaded.adapt(windows[:60])
    assert accuracy(loaded, windows[60:], labels[60:]) > 0.75


def test_some_channels_of_a_base_are_those_of_a_recording_with_these_alone() -> None:
    windows, labels, runs = person(3, 30)
    averaged = windows - windows.mean(axis=1, keepdims=True)
    some = windows[:, [4, 0, 2]]
    numbers = (labels == "right").astype(np.int64)
    names = ("e4", "E0", "E2")
    for whole, alone in ((windows, some), (averaged, some - some.mean(axis=1, keepdims=True))):
        of_whole = BaseWindows.of(whole, numbers, runs, NAMES).vectors(names)
        of_some = BaseWindows.of(alone, numbers, runs, names).vectors(names)
        np.testing.assert_allclose(of_whole, of_some, atol=2e-3)


def test_a_headset_with_some_of_the_channels_learns_from_the_base(base: TangentSpace) -> None:
    windows, labels, runs = person(50, 12)
    fewer = replace(SIGNAL, sfreq=250.0, channels=SIGNAL.channels[3::-1])
    decoder = learnt((windows[:, 3::-1], labels, runs), base.arrays(), fewer)
    assert accuracy(decoder, windows[:, 3::-1], labels) > 0.8
    other = replace(SIGNAL, channels=(*SIGNAL.channels[:5], Channel("Oz", "eeg", "uV")))
    with pytest.raises(ValueError, match="has no channel Oz"):
        learnt((windows, labels, runs), base.arrays(), other)


def test_a_base_is_bounded_and_its_windows_stand_for_all() -> None:
    n = 2 * MOST_WINDOWS + 2
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(n, 2, 8)).astype(np.float32)
    kept = BaseWindows.of(windows, np.arange(n) % 2, np.zeros(n, dtype=np.int64), ("a", "b"))
    assert len(kept.numbers) <= MOST_WINDOWS
    assert kept.stands_for == 3
    again = BaseWindows.from_arrays(kept.arrays())
    assert again is not None
    assert again.vectors(("b",)).tobytes() == kept.vectors(("b",)).tobytes()


@pytest.mark.parametrize(
    ("name", "spoil", "sentence"),
    [
        ("base.covariances", lambda a: a[:, :-1], "not of the channels that it names"),
        ("base.covariances", lambda a: np.full_like(a, np.nan), "not finite"),
        ("base.covariances", lambda a: np.tile(a, (20, 1)), "cannot be used"),
        ("base.runs", lambda a: a[:-1], "not one label and one run"),
        ("base.numbers", lambda a: a - 1, "below its least"),
        ("base.channels", lambda a: np.full_like(a, 255), "decode"),
    ],
)
def test_a_damaged_base_is_refused(base: TangentSpace, name: str, spoil, sentence: str) -> None:
    arrays = base.arrays()
    with pytest.raises(ProfileError, match=sentence):
        decoders.create("tangent-space", ALIGNED, arrays | {name: spoil(arrays[name])})


def test_a_base_without_windows_holds_the_weights_as_before(base: TangentSpace) -> None:
    weights = {k: v for k, v in base.arrays().items() if not k.startswith("base.")}
    tight = decoders.create("tangent-space", {"c": 1e-9}, weights)
    windows, labels, runs = person(60, 20)
    tight.fit(windows, labels, groups=runs, signal=SIGNAL)
    np.testing.assert_allclose(tight.arrays()["coef"], weights["coef"], atol=1e-5)


def test_an_artifact_draws_the_reference_no_further_than_calibration_windows_do() -> None:
    windows, labels, runs = person(70, 20)
    loud = windows[0].copy()
    loud[2] *= 1e4
    moved = []
    for window in (windows[1], loud):
        decoder = learnt((windows, labels, runs), None)
        before = decoder.arrays()["reference"]
        decoder.follow(window, 0.02)
        step = np.linalg.eigvals(np.linalg.solve(before, decoder.arrays()["reference"]))
        moved.append(np.linalg.norm(np.log(step.real)))
        usual = float(decoder.arrays()["usual"][0])
    assert 0 < moved[0] <= moved[1] <= 0.02 * usual * (1 + 1e-6)


def test_a_damaged_model_is_refused(base: TangentSpace) -> None:
    arrays = base.arrays() | {"usual": np.array([np.nan])}
    with pytest.raises(BundleError, match="usual"):
        decoders.load("tangent-space", ALIGNED, base.classes, arrays)
