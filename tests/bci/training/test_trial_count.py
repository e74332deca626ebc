"""The guided calibration shows the number of trials that it trains on."""

from dataclasses import replace
from pathlib import Path

from bci.profiles.profile import Profile
from bci.recording.read import read_recording
from bci.signals import Marker, Recording
from bci.stimulus.frame_labels import dropped_label, summary_label
from bci.stimulus.frame_log import FrameSummary
from bci.stimulus.frames import PacedBy
from bci.training.card import source_card
from bci.training.run_counts import count_trials
from tests.bci.cli.test_file_streams import SETTINGS, markers, run, sent
from tests.commands import bci
from tests.files.xdf_files import write_xdf


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


def shown(whole: Recording, dropped: int) -> Recording:
    """Return the run with the markers of a presenter that dropped ``dropped`` frames."""
    summary = FrameSummary(1200, dropped, 0, 60.0, 0.0002, 0.0006, PacedBy.TIMER)
    end = whole.markers[-1].time
    notes = Marker(end - 0.5, dropped_label(dropped)), Marker(end + 1, summary_label(summary))
    return replace(whole, markers=tuple(sorted((*whole.markers, *notes))))


def test_a_run_with_many_dropped_frames_is_marked_and_keeps_its_trials(tmp_path: Path) -> None:
    for dropped, mark in ((6, ""), (12, "; 1.0 % of frames dropped or late")):
        noted = shown(run(n_trials=4), dropped)
        file = write_xdf(tmp_path / f"{dropped}.xdf", sent(noted, "A"), markers(noted, "cues"))
        found = count_trials(file, Profile.model_validate(SETTINGS))
        assert found.run.counts == f"4 trials (left 2, right 2){mark}"
        assert (source_card(read_recording(file)).lost_frames is not None) == bool(mark)
        done = bci("info", file)
        assert f"frames of cues: 1200 frames, 60.00 Hz by a timer, {dropped} dropped" in done.stdout
        assert ("close other programs" in done.stdout) == bool(mark)
        assert "left x2" in done.stdout
        assert "frames/" not in done.stdout
