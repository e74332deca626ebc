"""Comparison of decoders of flicker, by window and with dynamic stopping."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import decoders
from bci.errors import RecordingError
from bci.evaluation.compare_flicker import (
    FlickerDecision,
    decide_dynamically,
    decide_windows,
    onsets,
    score_flicker,
)
from bci.profiles.profile import Profile, load_profile
from bci.training.epochs import Trial
from devices.simulated.flicker import ssvep
from devices.simulated.subject import SubjectSettings, simulate_run
from tests.commands import refused


def trial(label: str, onset: float, length_s: float = 1.05) -> Trial:
    return Trial(label, label, onset, onset, onset + length_s)


def test_cycles_that_follow_at_once_are_one_selection() -> None:
    trials = [trial("A", 1.0), trial("A", 2.05), trial("A", 5.0), trial("B", 6.05)]
    found = [(first.onset, stop) for first, stop in onsets(trials)]
    np.testing.assert_allclose(found, [(1.0, 3.1), (5.0, 6.05), (6.05, 7.1)])


def test_rates_count_the_gaze_and_the_errors() -> None:
    decided = ["A", "A", "A", "B"]
    score = score_flicker([FlickerDecision("A", each, 1.5) for each in decided], 4)
    assert score.accuracy.value == 0.75
    assert score.accuracy.chance == 0.25
    assert score.seconds == 2.0
    assert score.chars_per_min == pytest.approx(30 * 0.5)
    bits = 2 + 0.75 * np.log2(0.75) + 0.25 * np.log2(0.25 / 3)
    assert score.itr_bits_per_min == pytest.approx(30 * bits)


def test_selections_end_early_where_the_evidence_is_enough() -> None:
    shipped = load_profile("ssvep")
    assert shipped.paradigm.flicker is not None
    two = {name: shipped.paradigm.flicker.targets[name].model_dump() for name in "AF"}
    paradigm = {"flicker": {"targets": two}, "rest": "rest", "start_s": 0.14, "stop_s": 3.0}
    profile = Profile.model_validate(shipped.model_dump() | {"paradigm": paradigm})
    assert profile.paradigm.flicker is not None
    scenario = ssvep(profile.paradigm.flicker, trial_s=3.0, pause_s=(0.6, 0.8))
    run = simulate_run(SubjectSettings(2, "ssvep", 3), 1, scenario)
    make = partial(decoders.create, "fbcca", stimuli=profile.stimuli)
    whole = decide_windows([run], profile, make, 2.0)
    early = decide_dynamically([run], profile, make, 0.8, 3.0)
    assert len(whole) == len(early) == 6
    assert all(each.truth == each.decided for each in whole)
    assert sum(each.truth == each.decided for each in early) >= 5
    assert min(each.flicker_s for each in early) < 1.5
    trained = partial(decoders.create, "trca", stimuli=profile.stimuli)
    with pytest.raises(RecordingError, match="one run is too few for training and test"):
        decide_windows([run], profile, trained, 1.0)


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    assert "no person found" in refused("benchmark", "ssvep", tmp_path)
