"""Accuracy by the number of calibration trials."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.errors import RecordingError
from bci.signals import Channel, Signal
from bci.training.epochs import Epochs
from bci.training.learning_curve import Base, learning_curve
from devices.simulated.subject import SubjectSettings, simulate_run, write_run
from tests.commands import bci

SIGNAL = Signal(128.0, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(12)))
WINDOWS_PER_TRIAL = 2


def epochs(n_runs: int = 3, per_class: int = 12, seed: int = 0, gain: float = 1.4) -> Epochs:
    """Return runs of noise in which each class is slightly stronger on its own channel."""
    rng = np.random.default_rng(seed)
    n_trials = 2 * per_class * n_runs
    by_trial = np.concatenate(
        [rng.permutation(np.repeat(["left", "right"], per_class)) for _ in range(n_runs)]
    )
    trials = np.repeat(np.arange(n_trials), WINDOWS_PER_TRIAL)
    labels = by_trial[trials]
    windows = rng.normal(size=(len(trials), 12, 64))
    for k, label in enumerate(("left", "right")):
        windows[labels == label, k] *= gain
    # Random power for each trial and channel, so that few trials give a poor decoder.
    windows *= np.exp(rng.normal(0, 0.3, (n_trials, 12, 1)))[trials]
    return Epochs(windows.astype(np.float32), labels, trials, trials // (2 * per_class))


class Spy:
    """A decoder that stores its training data, and always decides for the first class."""

    seen: list[np.ndarray]

    def __init__(self, seen: list[np.ndarray]) -> None:
        self.classes = ("left", "right")
        self.seen = seen

    def fit(self, windows: np.ndarray, _labels: np.ndarray, **_: object) -> None:
        self.seen.append(windows[:, 0, 0].copy())

    def adapt(self, windows: np.ndarray) -> None:
        self.seen.append(windows[:, 0, 0].copy())

    def predict_proba(self, _window: np.ndarray) -> np.ndarray:
        return np.array([1.0, 0.0])

    def arrays(self) -> dict[str, np.ndarray]:
        return {}


def numbered(whole: Epochs) -> Epochs:
    """Return the epochs with each trial's number in place of its signal."""
    windows = np.zeros_like(whole.windows)
    windows[:] = whole.trials[:, None, None]
    return Epochs(windows, whole.labels, whole.trials, whole.runs)


def test_the_curve_rises_where_there_is_something_to_learn() -> None:
    curves = [
        learning_curve(epochs(seed=seed), lambda: decoders.create("log-power"), SIGNAL)
        for seed in range(3)
    ]
    assert [p.trials_per_class for p in curves[0]] == [4, 8, 12, 16, 20, 24]
    means = np.mean([[p.accuracy.value for p in curve] for curve in curves], axis=0)
    assert means[-1] > means[0] + 0.05
    assert means[-1] > 0.7
    for point in curves[0]:
        assert point.accuracy.n == 72
        assert point.accuracy.low < point.accuracy.value < point.accuracy.high


def test_the_curve_of_shuffled_labels_stays_at_chance() -> None:
    means = []
    for seed in range(4):
        whole = epochs(seed=seed, gain=2.0)
        order = np.random.default_rng(seed).permutation(len(whole.labels) // WINDOWS_PER_TRIAL)
        # Each run keeps the same number of trials of each class.
        order = order[np.argsort(order // 24, kind="stable")]
        labels = whole.labels[::WINDOWS_PER_TRIAL][order][whole.trials]
        shuffled = Epochs(whole.windows, labels, whole.trials, whole.runs)
        curve = learning_curve(shuffled, lambda: decoders.create("log-power"), SIGNAL)
        means.append([point.accuracy.value for point in curve])
    # 4 x 72 trials: three and a half standard errors, for six points at once.
    np.testing.assert_allclose(np.mean(means, axis=0), 0.5, atol=3.5 * 0.5 / np.sqrt(4 * 72))


def test_a_decoder_learns_from_the_first_trials_of_each_class_outside_the_fold() -> None:
    whole, seen = epochs(n_runs=2, per_class=6), []
    curve = learning_curve(numbered(whole), lambda: Spy(seen), SIGNAL)
    assert [point.trials_per_class for point in curve] == [4, 6]
    by_trial = whole.labels[::WINDOWS_PER_TRIAL]
    for learnt, run in zip(seen[:2], (1, 0), strict=True):
        inside = np.arange(12 * run, 12 * run + 12)
        expected = [inside[by_trial[inside] == label][:4] for label in ("left", "right")]
        assert set(learnt) == set(np.concatenate(expected))
        assert len(learnt) == 8 * WINDOWS_PER_TRIAL
    assert [set(learnt) for learnt in seen[2:]] == [set(range(12, 24)), set(range(12))]


def test_the_last_point_uses_all_trials_though_classes_differ_in_number() -> None:
    whole, seen = epochs(n_runs=2, per_class=8), []
    dropped = np.flatnonzero(whole.labels == "left")[: 2 * WINDOWS_PER_TRIAL]
    uneven = whole.only(~np.isin(np.arange(len(whole.trials)), dropped))
    curve = learning_curve(numbered(uneven), lambda: Spy(seen), SIGNAL)
    assert [point.trials_per_class for point in curve] == [4, 6]
    assert [len(set(learnt)) for learnt in seen[2:]] == [16, 14]


def test_a_base_is_scored_alone_and_beside_each_point() -> None:
    whole = numbered(epochs(n_runs=2, per_class=6))
    alone: list[np.ndarray] = []
    pooled: list[np.ndarray] = []
    own: list[np.ndarray] = []
    names = tuple(channel.name for channel in SIGNAL.channels)
    base = Base(lambda: Spy(pooled), lambda: Spy(alone), names)
    curve = learning_curve(whole, lambda: Spy(own), SIGNAL, base=base)
    points = [(point.trials_per_class, point.with_base) for point in curve]
    assert points == [(0, True), (4, False), (4, True), (6, False), (6, True)]
    assert [set(seen) for seen in alone] == [set(range(12, 24)), set(range(12))]
    assert [seen.tolist() for seen in pooled] == [seen.tolist() for seen in own]
    # A base model with other electrodes can be fine-tuned, but cannot decide alone.
    fewer = Base(base.make, base.alone, (*names, "Oz"))
    assert learning_curve(whole, lambda: Spy(own), SIGNAL, base=fewer)[0].trials_per_class == 4


def test_executed_trials_are_trained_on_at_every_point_and_never_scored() -> None:
    whole, moved = numbered(epochs(n_runs=2, per_class=6)), numbered(epochs(n_runs=1, per_class=2))
    moved = replace(moved, windows=moved.windows - 100)
    seen: list[np.ndarray] = []
    curve = learning_curve(whole, lambda: Spy(seen), SIGNAL, executed=moved)
    assert [(point.trials_per_class, point.accuracy.n) for point in curve] == [(4, 24), (6, 24)]
    assert all({-100, -99, -98, -97} <= set(learnt) for learnt in seen)


def test_progress_is_reported() -> None:
    told = []
    whole = epochs(n_runs=2, per_class=6)
    learning_curve(whole, lambda: Spy([]), SIGNAL, lambda *step: told.append(step))
    assert told == [
        ("Learning from 4 trials a class", 0, 2),
        ("Learning from all trials a class", 1, 2),
    ]


def test_too_few_trials_are_refused() -> None:
    with pytest.raises(RecordingError, match="6 trials are too few"):
        learning_curve(epochs(n_runs=1, per_class=3), lambda: Spy([]), SIGNAL)


@pytest.mark.slow
def test_calibrate_prints_the_curve(tmp_path: Path) -> None:
    for run in (1, 2):
        path = tmp_path / f"run-{run:02d}_eeg.fif"
        write_run(simulate_run(SubjectSettings(trials_per_class=6), run), path)
    runs = sorted(map(str, tmp_path.glob("*.fif")))
    command = ["calibrate", "motor-imagery", *runs, "--decoder", "log-power", "--curve"]
    done = bci(*command, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert "trials a class" in done.stdout
    assert "all (at least 6)" in done.stdout
