"""Sentences about the frames of a run."""

from math import isfinite

from bci.stimulus.frame_log import MOST_LOST, FrameSummary


def described(summary: FrameSummary) -> str:
    """Describe the frames of a run in one line.

    ``18000 frames, 60.00 Hz by vertical sync, 3 dropped, 1 late (0.02 %), jitter ...``.
    """
    text = f"{summary.shown} frames"
    if isfinite(summary.refresh_hz):
        text += f", {summary.refresh_hz:.2f} Hz by {_pacemaker(summary)}"
    text += f", {summary.dropped} dropped, {summary.late} late ({100 * summary.lost:.2f} %)"
    if isfinite(summary.jitter_sd_s):
        sd_ms, p99_ms = 1000 * summary.jitter_sd_s, 1000 * summary.jitter_p99_s
        text += f", jitter sd {sd_ms:.2f} ms, p99 {p99_ms:.2f} ms"
    return text


def warning_of(summary: FrameSummary) -> str:
    """Return a warning if too many frames were dropped or late; otherwise an empty text."""
    return lost_frames_warning(summary.lost) if summary.is_marked else ""


def lost_frames_warning(lost: float) -> str:
    """Warn of a share of dropped and late frames above the limit."""
    return (
        f"{100 * lost:.1f} % of the frames were dropped or late (limit {100 * MOST_LOST:g} %): "
        "close other programs on this computer."
    )


def _pacemaker(summary: FrameSummary) -> str:
    return summary.paced_by.value if summary.paced_by.value != "timer" else "a timer"
