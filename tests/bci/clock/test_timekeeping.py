from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bci.clock.timekeeping import (
    Timekeeping,
    check_losses,
    check_markers_fit,
    findings,
    regular_rate,
    split_loops,
)
from bci.errors import RecordingError
from bci.recording.bids.export import export_bids
from bci.recording.bids.names import Session
from bci.recording.write_fif import write_fif
from bci.signals import Marker, Recording
from tests.signals import eeg_info, noise

GOOD = Timekeeping(250.0, 250.1, 10_000, newest=500.0, ahead_s=-0.02)


def recording(markers: tuple[Marker, ...] = ()) -> Recording:
    index = np.arange(2500)
    return Recording(eeg_info(4, 250.0), noise(2500, 4), index / 250.0, index, markers, "run.xdf")


def test_a_stream_that_keeps_time_has_no_findings() -> None:
    assert findings(GOOD) == ()
    assert findings(replace(GOOD, effective_hz=251.9)) == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ahead_s": 1.7e9, "newest": 1.7e9}, "Unix time, 53.9 years ahead of the LSL clock"),
        ({"ahead_s": -3600.0}, "3,600 s behind the LSL clock"),
        ({"effective_hz": 200.0}, "its nominal rate is 250 Hz, its time stamps show 200 Hz"),
        ({"effective_hz": 250_000.0, "n_samples": 2000}, "show 250000 Hz"),
        ({"nominal_hz": 0.0}, "its samples come regularly at 250.1 Hz"),
        ({"clock_jumps": 1}, "its clock was set once"),
        ({"clock_jumps": 3}, "its clock was set 3 times"),
    ],
)
def test_each_finding_is_a_sentence_with_its_number(changed: dict, words: str) -> None:
    (finding,) = findings(replace(GOOD, **changed))
    assert words in finding


def test_a_rate_is_not_judged_before_enough_was_seen() -> None:
    assert findings(replace(GOOD, effective_hz=200.0, n_samples=99)) == ()
    assert findings(replace(GOOD, effective_hz=200.0, n_samples=300)) == ()


def test_samples_that_come_regularly_show_a_rate_and_events_do_not() -> None:
    even = np.arange(1000) / 256.0
    assert regular_rate(even) == pytest.approx(256.0)
    assert regular_rate(even + np.random.default_rng(0).normal(0, 0.001, 1000)) == pytest.approx(
        256.0, rel=0.01
    )
    events = np.cumsum(np.random.default_rng(0).exponential(1.0, 1000) ** 2)
    assert regular_rate(events) == 0.0
    assert regular_rate(even[:50]) == 0.0


def test_only_gaps_as_long_as_a_seam_are_loops() -> None:
    assert split_loops(np.array([125, 12, 124, 500]), 125) == (2, 249)
    assert split_loops(np.array([125, 12]), 0) == (0, 0)


def test_markers_on_another_clock_than_the_signal_are_refused() -> None:
    check_markers_fit(recording())
    check_markers_fit(recording((Marker(5.0, "left"), Marker(1e6, "right"))))
    with pytest.raises(RecordingError, match=r"run.xdf: all 1 markers .* different clocks"):
        check_markers_fit(recording((Marker(-1.7e9, "left"),)))


def test_no_file_is_written_that_would_be_mostly_zeros(tmp_path: Path) -> None:
    indices = np.arange(2500)
    indices[1000:] += 50_000_000
    hollow = replace(recording(), indices=indices)
    for write in (
        check_losses,
        lambda made: export_bids(made, Session("01", "rest"), tmp_path / "bids"),
        lambda made: write_fif(made, tmp_path / "made.fif"),
    ):
        with pytest.raises(RecordingError, match="50,000,000 samples are lost and only 2,500"):
            write(hollow)
    assert list(tmp_path.iterdir()) == []
