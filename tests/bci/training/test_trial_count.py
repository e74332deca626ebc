"""The trials of a recording that the guided calibration shows are those that it trains on."""

from dataclasses import replace
from pathlib import Path

from bci.profiles.profile import Profile
from bci.signals import Marker
from bci.training.run_counts import count_trials
from tests.bci.cli.test_file_streams import SETTINGS, markers, run, sent
from tests.xdf_files import write_xdf


def test_the_profile_names_the_signal_and_the_markers_that_count(tmp_path: Path) -> None:
    one, other = run(n_trials=4), run(n_trials=10, seed=2)
    file = write_xdf(
        tmp_path / "several.xdf", sent(one, "A"), sent(other, "B"), markers(one, "first"),
        markers(other, "second"),
    )  # fmt: skip
    named = {"stream": {"name": "B"}, "markers": {"name": "second"}}
    found = count_trials(file, Profile.model_validate(SETTINGS | named))
    assert found.info.name == "B"
    assert found.run.counts == "10 trials (left 5, right 5)"


def test_a_trial_that_was_broken_off_is_counted_as_the_training_counts_it(tmp_path: Path) -> None:
    whole = run(n_trials=4)
    cues = [m for m in whole.markers if m.label != "rest"]
    end = Marker(cues[-1].time + 1.0, "interrupted")
    broken = replace(whole, markers=(*(m for m in whole.markers if m.time < end.time), end))
    file = write_xdf(tmp_path / "broken.xdf", sent(broken, "A"), markers(broken, "cues"))
    found = count_trials(file, Profile.model_validate(SETTINGS))
    assert found.run.counts.endswith("of 4 cues; 1 broken off")
