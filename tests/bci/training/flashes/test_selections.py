"""Folds of whole selections; training windows share no sample with tested ones."""

import numpy as np
import pytest

import decoders
from bci.errors import RecordingError
from bci.profiles.profile import load_profile
from bci.training.calibrate import calibrate
from bci.training.cross_validation import split_by_run
from bci.training.epochs import Epochs, cut_epochs, stream_run
from bci.training.flashes.selections import away_from, selections_of, split_by_selection
from tests.spelled import spelled_run

PROFILE = load_profile("p300")


def epochs(ends: list[int], n_samples: int = 100, run: int = 0) -> Epochs:
    n = len(ends)
    return Epochs(
        np.zeros((n, 1, n_samples), dtype=np.float32), np.resize(["a", "b"], n), np.arange(n),
        np.full(n, run), ends=np.array(ends),
    )  # fmt: skip


def test_windows_that_overlap_a_tested_one_train_nothing() -> None:
    made = epochs([100, 140, 200, 240, 299, 300, 400])
    test = np.array([0, 0, 1, 0, 0, 0, 0], dtype=bool)
    assert away_from(made, test).tolist() == [True, False, False, False, False, True, True]


def test_windows_of_other_runs_share_no_sample() -> None:
    made = epochs([100, 140, 180])
    made = Epochs(made.windows, made.labels, made.trials, np.array([0, 1, 1]), ends=made.ends)
    assert away_from(made, np.array([True, False, False])).tolist() == [False, True, True]


def test_folds_of_one_run_hold_out_whole_selections() -> None:
    run = spelled_run("BRAIN", 1, repetitions=1)
    streamed = [stream_run(run, PROFILE.pipeline, PROFILE.paradigm)]
    cut = cut_epochs([run], PROFILE.pipeline, PROFILE.paradigm)
    selections = selections_of(streamed)
    assert selections is not None
    tests, described = split_by_selection(cut, selections)
    assert described == "4 consecutive blocks of the 5 selections of one run"
    for test in tests:
        inside = set(selections[cut.trials[test]])
        assert inside.isdisjoint(selections[cut.trials[~test]])
        # Two selections are separated by a pause, so only the fold itself is left out.
        assert (away_from(cut, test) == ~test).all()


def test_a_run_without_selections_is_split_by_trials() -> None:
    run = spelled_run("BRAIN", 1, repetitions=1)
    bare = tuple(m for m in run.markers if not m.label.startswith("selection"))
    run = type(run)(run.info, run.data, run.timestamps, run.indices, bare, run.source)
    assert selections_of([stream_run(run, PROFILE.pipeline, PROFILE.paradigm)]) is None
    cut = cut_epochs([run], PROFILE.pipeline, PROFILE.paradigm)
    tests, _ = split_by_run(cut)
    assert any((away_from(cut, test) != ~test).any() for test in tests)


def test_too_few_targets_or_selections_are_reported_in_a_sentence() -> None:
    few = spelled_run("ABCD", 1, repetitions=1)
    with pytest.raises(RecordingError, match=r"8 flashes of the class target are too few.*copy"):
        calibrate([few], PROFILE, lambda: decoders.create("erp-lda"), "few")
    short = spelled_run("ABC", 1, repetitions=4)
    with pytest.raises(RecordingError, match=r"3 selections are too few.*at least 4"):
        calibrate([short], PROFILE, lambda: decoders.create("erp-lda"), "short")
