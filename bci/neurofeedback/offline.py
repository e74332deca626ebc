"""Feedback of a recorded session, computed by the same objects as live."""

from collections.abc import Iterator
from dataclasses import replace as changed
from typing import NamedTuple

import numpy as np

from bci.errors import MismatchError, RecordingError
from bci.neurofeedback.baseline import Baseline
from bci.neurofeedback.session import (
    FEEDBACK,
    FIRST_SAMPLE,
    KINDS,
    FeedbackSession,
    RunKind,
    Update,
)
from bci.neurofeedback.sham import DonorRun, Sham
from bci.profiles.profile import Profile
from bci.signals import Marker, Recording
from bci.training.epochs import cue_markers


class Replayed(NamedTuple):
    """Feedback of a recording's runs, its last baseline, and the time between windows."""

    updates: list[Update]
    baseline: Baseline | None
    hop_s: float


def replay(recording: Recording, profile: Profile, baseline: Baseline | None = None) -> Replayed:
    """Compute the feedback of a recorded session.

    Windows end at the same samples as live, because a run begins at a window's last sample.

    Raises `RecordingError` if the recording has no run of the profile's kinds, or a run of feedback
    before any baseline.
    """
    session = FeedbackSession(profile, recording.info, baseline)
    turns = list(run_turns(cue_markers(recording, profile.paradigm), profile))
    first = next((time for time, kind in turns if kind is not None), None)
    if first is None:
        raise RecordingError(
            f"{recording.source}: it has no marker of a run; the profile's paradigm.classes has "
            f"to name those of {', '.join(KINDS)}"
        )
    for time, kind in turns:
        if kind is None:
            session.end(time)
            continue
        try:
            session.begin(kind, time)
        except MismatchError as error:
            raise RecordingError(f"{recording.source}: {error}") from error
    hop = session.pipeline.hop * session.pipeline.chain.decimation
    as_live = _as_live(recording, profile, first, hop)
    updates = [update for chunk in as_live.chunks() for update in session.push(chunk)]
    session.finish()
    if session.problem is not None:
        raise RecordingError(f"{recording.source}: {session.problem}")
    return Replayed(updates, session.baseline, session.hop_s)


def _as_live(recording: Recording, profile: Profile, began: float, hop: int) -> Recording:
    """Return the samples that the live session processed, with the same indices.

    A live session sends a marker with its first sample. Without this marker, the samples are
    numbered so that a window ends at the first run's start, ``began``. The filters may then have
    started at another sample than live. ``hop`` is the number of samples between windows.
    """
    markers = cue_markers(recording, profile.paradigm)
    first = next((marker.time for marker in markers if marker.label == FIRST_SAMPLE), None)
    if first is None:
        row = _row(recording, began)
        shift = -(int(recording.indices[row]) + 1) % hop
        return changed(recording, indices=recording.indices + shift)
    row = _row(recording, first)
    return changed(
        recording,
        data=recording.data[row:],
        timestamps=recording.timestamps[row:],
        indices=recording.indices[row:] - recording.indices[row],
    )


def _row(recording: Recording, time: float) -> int:
    return int(np.abs(recording.timestamps - time).argmin())


def run_turns(
    markers: tuple[Marker, ...], profile: Profile
) -> Iterator[tuple[float, RunKind | None]]:
    """Yield the time and kind of each run's start, and (time, None) for each marker of rest."""
    rest = profile.paradigm.rest_marker
    for marker in markers:
        cue = profile.paradigm.cue_of(marker.label)
        kind = next((each for each in KINDS if cue is not None and cue.label == each), None)
        if kind is not None or marker.label == rest:
            yield marker.time, kind


def sham_of(recording: Recording, profile: Profile, baseline: Baseline | None = None) -> Sham:
    """Make sham feedback for another subject from a recorded session.

    Raises `RecordingError` if the recording has no run of feedback.
    """
    done = replay(recording, profile, baseline)
    runs: dict[int, list[Update]] = {}
    for update in done.updates:
        if update.kind == FEEDBACK:
            runs.setdefault(update.run, []).append(update)
    donors = (
        DonorRun([each.elapsed_s for each in run], [each.own for each in run])
        for run in runs.values()
    )
    if done.baseline is None:
        raise RecordingError(f"{recording.source}: it has no run of feedback to show as sham")
    return Sham(donors, recording.source, done.baseline)
