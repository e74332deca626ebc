"""The trials of a recording that the guided calibration shows are those that it trains on."""

from pathlib import Path

from bci.profile import Profile
from gui.calibration.trial_count import count_trials
from tests.bci.test_file_streams import SETTINGS, markers, run, sent
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
    assert found.text == "10 trials (5 left, 5 right)"
