"""Frame counts and jitter of a run, also when read from a recording's markers."""

import dataclasses
from math import nan

import numpy as np
import pytest

from bci.signals import Marker, is_frame_note
from bci.stimulus.frame_labels import (
    dropped_label,
    frames_of,
    joined,
    lost_frames,
    summaries,
    summary_label,
)
from bci.stimulus.frame_log import FrameLog, FrameSummary
from bci.stimulus.frame_words import described, warning_of
from bci.stimulus.frames import PacedBy, Swap
from tests.signals import two_class_recording

PERIOD = 1 / 60


def log_of(n: int, dropped: int = 0, jitter_s: float = 0.0) -> FrameLog:
    """Return a log of ``n`` frames, one of them after ``dropped`` frames."""
    log, rng = FrameLog(PacedBy.TIMER), np.random.default_rng(0)
    log.add(Swap(0, 0.0, nan, 0, False))
    for k in range(1, n):
        lost = dropped if k == n // 2 else 0
        interval_s = (1 + lost) * (PERIOD + jitter_s * rng.standard_normal())
        log.add(Swap(k, k * PERIOD, interval_s, lost, False))
    return log


def summary_of(dropped: int) -> FrameSummary:
    return log_of(1000, dropped).summary()


def test_rate_and_jitter_are_those_of_the_swaps() -> None:
    summary = log_of(5000, jitter_s=0.001).summary()
    assert summary.refresh_hz == pytest.approx(60, abs=0.1)
    assert summary.jitter_sd_s == pytest.approx(0.001, rel=0.05)
    assert summary.jitter_p99_s == pytest.approx(0.00258, rel=0.1)


def test_a_run_is_marked_above_half_a_percent_of_lost_frames() -> None:
    assert not summary_of(5).is_marked
    assert summary_of(6).is_marked
    assert summary_of(6).lost == pytest.approx(6 / 1006)
    assert warning_of(summary_of(5)) == ""
    assert "0.6 % of the frames were dropped or late" in warning_of(summary_of(6))


def test_a_log_without_frames_is_no_error() -> None:
    summary = FrameLog(PacedBy.TIMER).summary()
    assert described(summary) == "0 frames, 0 dropped, 0 late (0.00 %)"
    (read,) = summaries([Marker(0.0, summary_label(summary))])
    assert (read.shown, read.lost) == (0, 0.0)


def test_a_summary_comes_back_from_its_label() -> None:
    summary = log_of(1000, 3, 0.0005).summary()
    (read,) = summaries([Marker(1.0, "left"), Marker(2.0, summary_label(summary))])
    assert (read.shown, read.dropped, read.late) == (1000, 3, 0)
    assert read.jitter_sd_s == pytest.approx(summary.jitter_sd_s, abs=1e-6)
    assert read.paced_by is PacedBy.TIMER


@pytest.mark.parametrize("label", ["frames/run/", "frames/run/shown=x", "frames/dropped/2"])
def test_a_label_that_is_no_summary_is_passed_over(label: str) -> None:
    assert summaries([Marker(0.0, label)]) == []


def test_runs_of_one_recording_are_added_up() -> None:
    total = joined([summary_of(2), summary_of(4)])
    assert total is not None
    assert (total.shown, total.dropped) == (2000, 6)


def test_a_recording_reports_lost_frames_only_above_the_limit() -> None:
    plain = two_class_recording(n_trials=2)
    assert frames_of(plain) is None
    for dropped, lost in ((2, None), (10, pytest.approx(10 / 1010, abs=1e-5))):
        marker = Marker(plain.markers[-1].time, summary_label(summary_of(dropped)))
        noted = dataclasses.replace(plain, markers=(*plain.markers, marker))
        assert lost_frames(noted) == lost


def test_labels_about_frames_are_notes() -> None:
    assert is_frame_note(dropped_label(2))
    assert is_frame_note(summary_label(summary_of(0)))
    assert not is_frame_note("frame/1")
