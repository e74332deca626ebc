"""The number of trials in each run, and recordings that are copies of others."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.engine.adapt_supervised import Supervised
from bci.errors import RecordingError
from bci.profiles.profile import Profile
from bci.signals import Marker, Recording
from bci.training.calibrate import calibrate
from bci.training.epochs import cut_epochs
from bci.training.run_counts import RunCount, count_runs, without_copies
from tests.signals import stored, two_class_recording

PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {
            "filters": [{"kind": "bandpass", "low_hz": 8, "high_hz": 30}],
            "window_s": 1.0,
        },
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest", "stop_s": 3},
    }
)


def counted(*recordings: Recording, profile: Profile = PROFILE) -> tuple[RunCount, ...]:
    epochs = cut_epochs(list(recordings), profile.pipeline, profile.paradigm)
    return count_runs(list(recordings), epochs, profile.paradigm)


def broken_off(recording: Recording, n_trials: int) -> Recording:
    """Return the run, interrupted in the trial after the first ``n_trials``."""
    cues = [m for m in recording.markers if m.label != "rest"]
    end = cues[n_trials].time + 2.5
    before = tuple(m for m in recording.markers if m.time < end)
    return replace(recording, markers=(*before, Marker(end, "interrupted")))


def test_a_whole_run_has_as_many_trials_as_cues() -> None:
    (run,) = counted(two_class_recording(n_trials=6))
    assert (run.cues, run.broken_off, run.n_trials) == (6, 0, 6)
    assert run.counts == "6 trials (left 3, right 3)"


def test_the_trial_that_was_broken_off_is_reported_and_not_trained_on() -> None:
    (run,) = counted(broken_off(two_class_recording(n_trials=8), 4))
    assert (run.cues, run.broken_off, run.n_trials) == (5, 1, 4)
    assert run.counts.endswith("of 5 cues; 1 broken off")


def test_a_run_whose_trials_lie_in_a_gap_is_reported_beside_the_others() -> None:
    whole, gap = two_class_recording(n_trials=6), two_class_recording(n_trials=6, seed=1)
    # Only one second at its beginning and one at its end are left.
    keep = np.r_[0:128, len(gap.data) - 128 : len(gap.data)]
    holey = replace(
        gap, data=gap.data[keep], timestamps=gap.timestamps[keep], indices=gap.indices[keep],
        source="holey",
    )  # fmt: skip
    first, second = counted(whole, holey)
    assert first.n_trials == 6
    assert str(second) == "holey: 0 trials of 6 cues; 6 without a sound window"


def test_trials_of_rest_are_counted_apart() -> None:
    paradigm = PROFILE.paradigm.model_copy(update={"rest_class": True})
    profile = PROFILE.model_copy(update={"paradigm": paradigm})
    (run,) = counted(two_class_recording(n_trials=6), profile=profile)
    assert (run.cues, run.n_trials, run.rest) == (6, 6, 3)


def test_runs_are_reported_before_anything_is_trained(tmp_path: Path) -> None:
    one = stored(two_class_recording(n_trials=10), tmp_path / "one.bin")
    other = stored(broken_off(two_class_recording(n_trials=10, seed=1), 4), tmp_path / "two.bin")
    told: list[tuple[RunCount, ...]] = []
    steps: list[str] = []

    def progress(doing: str, _done: int, _of: int) -> None:
        steps.append(doing)

    def on_runs(runs: tuple[RunCount, ...]) -> None:
        assert "Cross-validating" not in steps
        told.append(runs)

    card = calibrate(
        [one, other], PROFILE, lambda: decoders.create("log-power"), "me", progress,
        on_runs=on_runs,
    ).card  # fmt: skip
    assert [[run.n_trials for run in runs] for runs in told] == [[10, 4]]
    assert [source.trials for source in card.sources] == [10, 4]
    assert card.score.trials == 14


def test_a_run_with_one_class_only_is_trained_on_beside_others(tmp_path: Path) -> None:
    one = stored(two_class_recording(n_trials=10), tmp_path / "one.bin")
    run = two_class_recording(n_trials=10, seed=1)
    left = replace(run, markers=tuple(m for m in run.markers if m.label != "right"))
    other = stored(left, tmp_path / "two.bin")
    last = stored(two_class_recording(n_trials=10, seed=2), tmp_path / "three.bin")
    card = calibrate([one, other, last], PROFILE, lambda: decoders.create("log-power"), "me").card
    assert [source.trials for source in card.sources] == [10, 5, 10]


def test_a_class_without_cues_is_refused_with_the_found_markers() -> None:
    run = two_class_recording(n_trials=10)
    left = replace(run, markers=tuple(m for m in run.markers if m.label != "right"))
    with pytest.raises(RecordingError, match=r"no marker 'right' \(right\); .*'left' x5"):
        counted(left)


def test_a_copy_and_a_part_of_a_recording_count_once() -> None:
    whole, other = two_class_recording(n_trials=6), two_class_recording(n_trials=6, seed=1)
    part = replace(whole, data=whole.data[700:], source="part")
    again = replace(whole, source="again")
    kept, copies = without_copies([part, whole, other, again])
    assert [each.source for each in kept] == [whole.source, other.source]
    assert sorted(copies) == [("again", whole.source), ("part", whole.source)]


def test_recordings_that_share_no_samples_are_all_kept() -> None:
    recordings = [two_class_recording(n_trials=3, seed=seed) for seed in range(4)]
    assert without_copies(recordings) == (recordings, [])


def test_silence_in_two_recordings_makes_no_copy_of_either() -> None:
    one, other = (two_class_recording(n_trials=3, seed=seed) for seed in (1, 2))
    for each in (one, other):
        each.data[: len(each.data) * 3 // 4] = 0
    assert len(without_copies([one, other])[0]) == 2


def test_live_an_interrupted_trial_is_not_trained_on(tmp_path: Path) -> None:
    from bci.pipeline.pipeline import Pipeline

    runs = [stored(two_class_recording(seed=seed), tmp_path / f"{seed}.bin") for seed in (1, 2)]
    made = calibrate(runs, PROFILE, lambda: decoders.create("log-power"), "me")
    recording = broken_off(two_class_recording(n_trials=6, seed=3), 4)
    pipeline = Pipeline(PROFILE.pipeline, recording.info)
    learning = Supervised(made.decoder, PROFILE.paradigm, pipeline)
    markers = list(recording.markers)
    for chunk in recording.chunks(32):
        while markers and markers[0].time <= chunk.timestamps[-1]:
            learning.on_marker(markers.pop(0))
        for window in pipeline.windows(chunk):
            learning.learn(window)
    assert learning.n_trials == 4
