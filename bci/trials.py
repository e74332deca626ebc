"""Cutting labelled trials out of recordings with the very pipeline that serves."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError
from bci.pipeline import Pipeline, Window
from bci.profile import Paradigm
from bci.settings import PipelineSettings
from bci.types import FloatArray, Recording


@dataclass(frozen=True, slots=True)
class Trial:
    """One cue: its class and the span, in recording time, in which its windows lie."""

    label: str
    onset: float
    start: float
    stop: float


@dataclass(frozen=True)
class Epochs:
    """Labelled windows.

    ``windows`` (n, n_channels, n_samples) float32; ``labels``, ``trials`` (index of the
    trial, counted over all recordings) and ``runs`` (index of the recording), each (n,).
    """

    windows: FloatArray
    labels: NDArray[np.str_]
    trials: NDArray[np.int64]
    runs: NDArray[np.int64]

    def last_of_trials(self) -> "Epochs":
        """The last window of each trial: what is known at the end of the cue."""
        _, from_behind = np.unique(self.trials[::-1], return_index=True)
        chosen = np.zeros(len(self.trials), dtype=np.bool_)
        chosen[len(self.trials) - 1 - from_behind] = True
        return self.only(chosen)

    def only(self, chosen: NDArray[np.bool_]) -> "Epochs":
        return Epochs(
            self.windows[chosen], self.labels[chosen], self.trials[chosen], self.runs[chosen]
        )


def find_trials(recording: Recording, paradigm: Paradigm) -> list[Trial]:
    """The trials that a recording's markers tell of.

    A trial's span ends early where the next marker of the paradigm comes early.

    Raises
    ------
    RecordingError
        If a class has no marker in the recording; the message names those that there are.
    """
    counts: dict[str, int] = {}
    for marker in recording.markers:
        counts[marker.label] = counts.get(marker.label, 0) + 1
    missing = [f"{m!r} ({c})" for c, m in paradigm.classes.items() if m not in counts]
    if missing:
        there = ", ".join(f"{label!r} x{n}" for label, n in list(counts.items())[:20]) or "none"
        raise RecordingError(
            f"{recording.source}: no marker {' or '.join(missing)}; its markers are: {there}. "
            "Set paradigm.classes in the profile to match"
        )
    classes = {marker: name for name, marker in paradigm.classes.items()}
    known = [m for m in recording.markers if m.label in classes or m.label == paradigm.rest]
    trials = []
    for i, marker in enumerate(known):
        if marker.label in classes:
            following = known[i + 1].time if i + 1 < len(known) else np.inf
            stop = min(marker.time + paradigm.stop_s, following)
            start = marker.time + paradigm.start_s
            trials.append(Trial(classes[marker.label], marker.time, start, stop))
    return trials


def find_rest(recording: Recording, paradigm: Paradigm) -> list[tuple[float, float]]:
    """Spans of rest, in recording time: from each rest marker to the next marker."""
    spans = []
    for i, marker in enumerate(recording.markers):
        if marker.label == paradigm.rest:
            later = recording.markers[i + 1 :]
            spans.append((marker.time, later[0].time if later else float(recording.timestamps[-1])))
    return spans


def in_spans(
    taken: NDArray[np.float64], spans: list[tuple[float, float]], window_s: float, period: float
) -> NDArray[np.bool_]:
    """Which windows, by the times of their last samples, lie wholly in one of the spans.

    ``window_s`` counts both ends, as do ``n_samples * period``; half a sample of slack.
    """
    first = taken - window_s + period
    found = np.zeros(len(taken), dtype=np.bool_)
    for start, stop in spans:
        found |= (first >= start - period / 2) & (taken <= stop + period / 2)
    return found


def windows_of(pipeline: Pipeline, recording: Recording) -> Iterator[Window]:
    """Every sound window of a recording, as the live engine would cut it."""
    for chunk in recording.chunks():
        yield from pipeline.windows(chunk)


def lies_within(window: Window, start: float, stop: float, window_s: float, period: float) -> bool:
    """Whether a window's samples all lie in a span; half a sample of slack for rounding."""
    first = window.taken - window_s + period
    return first >= start - period / 2 and window.taken <= stop + period / 2


def cut_epochs(
    recordings: list[Recording], settings: PipelineSettings, paradigm: Paradigm
) -> Epochs:
    """Windows of every trial of every recording, at the offsets that will be served.

    Raises
    ------
    RecordingError
        If a recording lacks a class's markers, or no window fits into any trial.
    MismatchError
        If a recording cannot satisfy the settings.
    """
    windows, labels, trial_numbers, runs = [], [], [], []
    n_trials = 0
    for run, recording in enumerate(recordings):
        trials = find_trials(recording, paradigm)
        pipeline = Pipeline(settings, recording.info)
        period = 1.0 / pipeline.chain.sfreq
        window_s = pipeline.n_samples * period
        current = 0
        for window in windows_of(pipeline, recording):
            while current < len(trials) and window.taken > trials[current].stop + period / 2:
                current += 1
            if current == len(trials):
                break
            trial = trials[current]
            if lies_within(window, trial.start, trial.stop, window_s, period):
                windows.append(window.data.copy())
                labels.append(trial.label)
                trial_numbers.append(n_trials + current)
                runs.append(run)
        n_trials += len(trials)
    found = set(labels)
    lacking = [name for name in paradigm.classes if name not in found]
    if lacking:
        sources = ", ".join(recording.source for recording in recordings)
        raise RecordingError(
            f"{sources}: no sound window of {settings.window_s:g} s lies within a trial of "
            f"{' or '.join(lacking)}; shorten the window, or widen paradigm.start_s - stop_s"
        )
    return Epochs(np.stack(windows), np.array(labels), np.array(trial_numbers), np.array(runs))
