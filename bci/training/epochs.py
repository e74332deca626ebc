"""Cut labelled windows out of recordings with the same pipeline as live decoding.

`RecordingError` is raised if cues are missing or in several streams; it lists the markers found.
"""

import bisect
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from bci.decisions import Decision
from bci.errors import RecordingError
from bci.lsl.cue_streams import choose, merged, without_notes
from bci.pipeline.kept_windows import keep_windows
from bci.pipeline.pipeline import Pipeline, Window
from bci.profiles.paradigm import REST, Paradigm
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import (
    Chunk,
    FloatArray,
    Marker,
    MarkerStream,
    Prediction,
    Recording,
    Signal,
    is_frame_note,
)

INTERRUPTED = "interrupted"
"""Marker that a run was paused or ended early; it drops the current trial."""

RATING = "rating"
"""Marker that a person starts to rate an emotion; it ends the current trial."""

_MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """One cued trial: its class, and its times in seconds of the recording.

    ``onset`` is the time of the cue; the trial's windows lie in ``start`` to ``stop``. ``item`` is
    the shown item (film, image) if the paradigm has items, else the class.
    """

    label: str
    item: str
    onset: float
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class JudgedWindow:
    """One predicted window of an evaluation.

    ``decision`` is the decision at its end, None until the evidence is complete. ``first`` is the
    time of its first sample in seconds of the recording. ``trial`` is the window's trial, or None.
    """

    prediction: Prediction
    decision: Decision | None
    first: float
    trial: Trial | None


OnWindow = Callable[[JudgedWindow], None]
"""Function that is called with every predicted window of an evaluation, in order of time."""


@dataclass(frozen=True)
class Epochs:
    """Labelled windows.

    ``windows`` has shape (n, n_channels, n_samples), float32. ``labels``, ``trials`` (number of the
    trial over all recordings) and ``runs`` (number of the recording) have shape (n,). ``items``
    (n,) are the shown films or images, None for a paradigm without items. ``signal`` has the rate
    and the channels, or is None. ``ends`` (n,) are one past the index of each window's last sample
    in its recording, or None. ``hop`` is the step between windows, in samples.
    """

    windows: FloatArray
    labels: NDArray[np.str_]
    trials: NDArray[np.int64]
    runs: NDArray[np.int64]
    items: NDArray[np.str_] | None = None
    signal: Signal | None = None
    ends: NDArray[np.int64] | None = None
    hop: int = 1

    def last_of_trials(self) -> "Epochs":
        """Return the epochs with the last window of each trial only."""
        return self.only(self.are_last_of_trials())

    def are_last_of_trials(self) -> NDArray[np.bool_]:
        """Mark the last window of each trial, shape (n,)."""
        _, from_behind = np.unique(self.trials[::-1], return_index=True)
        chosen = np.zeros(len(self.trials), dtype=np.bool_)
        chosen[len(self.trials) - 1 - from_behind] = True
        return chosen

    def only(self, chosen: NDArray[np.bool_]) -> "Epochs":
        return Epochs(
            self.windows[chosen],
            self.labels[chosen],
            self.trials[chosen],
            self.runs[chosen],
            None if self.items is None else self.items[chosen],
            self.signal,
            None if self.ends is None else self.ends[chosen],
            self.hop,
        )


def join_epochs(parts: Sequence[Epochs], apart: int = 0) -> Epochs:
    """Concatenate epochs of one pipeline.

    ``apart`` times a part's position is added to its trial and run numbers, so that parts with
    equal numbers stay distinct.
    """
    n = range(len(parts))
    items = [part.items for part in parts if part.items is not None]
    ends = [part.ends for part in parts if part.ends is not None]
    return Epochs(
        np.concatenate([part.windows for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([parts[k].trials + apart * k for k in n]),
        np.concatenate([parts[k].runs + apart * k for k in n]),
        np.concatenate(items) if items else None,
        parts[0].signal,
        np.concatenate(ends) if len(ends) == len(parts) else None,
        parts[0].hop,
    )


def cue_markers(recording: Recording, paradigm: Paradigm) -> tuple[Marker, ...]:
    """Return the markers of the cue stream, shifted to the times of their stimuli.

    The choice among several marker streams is described in `bci.lsl.cue_streams`. Markers about
    screen frames are left out, since they neither start nor end a trial.
    """
    markers = _cue_streams(recording, paradigm)
    return paradigm.at_stimuli(m for m in markers if not is_frame_note(m.label))


def _cue_streams(recording: Recording, paradigm: Paradigm) -> tuple[Marker, ...]:
    if not recording.marker_streams:
        return recording.markers
    holding = streams_with_cues(recording, paradigm)
    if len(holding) > 1:
        listing = ", ".join(
            f"{each.name!r} ({each.type or 'no type'}, {len(each.markers)} markers)"
            for each in holding
        )
        raise RecordingError(
            f"{recording.source}: cues are in {len(holding)} streams: {listing}. Name the one that "
            "counts: --markers NAME, or markers: {name: NAME} in the profile"
        )
    return merged(holding or without_notes(recording.marker_streams))


def streams_with_cues(recording: Recording, paradigm: Paradigm) -> tuple[MarkerStream, ...]:
    """Return the marker streams of a recording that may carry the cues."""
    return choose(
        recording.marker_streams,
        paradigm.asks_window,
        recording.info.name,
    )


def find_trials(recording: Recording, paradigm: Paradigm) -> list[Trial]:
    """Find the trials that start at a recording's cues.

    A trial ends early at the paradigm's next marker or at `RATING`. A trial that `INTERRUPTED` ends
    early is dropped. If rest is a class, evenly spaced trials of rest are added, no more than the
    largest class has.
    """
    trials = [trial for trial, broken_off in _cued(recording, paradigm) if not broken_off]
    if paradigm.rest_class and trials:
        most = max(Counter(trial.label for trial in trials).values())
        rest = rest_trials(recording, paradigm)
        evenly = np.linspace(0, len(rest) - 1, min(most, len(rest))).round().astype(int)
        trials = sorted([*trials, *(rest[k] for k in evenly)], key=lambda t: t.start)
    return trials


def count_cues(recording: Recording, paradigm: Paradigm) -> tuple[int, int]:
    """Count the cues, and the cues whose trial was interrupted."""
    broken_off = [broken for _, broken in _cued(recording, paradigm)]
    return len(broken_off), sum(broken_off)


def _cued(recording: Recording, paradigm: Paradigm) -> list[tuple[Trial, bool]]:
    """Return each cue as a trial, with True if it was interrupted."""
    markers = cue_markers(recording, paradigm)
    cues = [(marker, paradigm.cue_of(marker.label)) for marker in markers]
    if all(cue is None for _, cue in cues):
        _refuse([recording], paradigm, list(paradigm.classes))
    ends = (paradigm.rest_marker, INTERRUPTED, RATING)
    known = [(m, cue) for m, cue in cues if cue is not None or m.label in ends]
    found = []
    for i, (marker, cue) in enumerate(known):
        if cue is not None:
            following = known[i + 1][0] if i + 1 < len(known) else Marker(np.inf, "")
            due = marker.time + paradigm.stop_s
            stop = min(due, following.time)
            trial = Trial(cue.label, cue.item, marker.time, marker.time + paradigm.start_s, stop)
            found.append((trial, following.label == INTERRUPTED and following.time < due))
    return found


def rest_trials(recording: Recording, paradigm: Paradigm) -> list[Trial]:
    """Cut marked rest into trials of the length of a cued trial, in order of time.

    A shorter span of rest is one trial. The remainder of a longer span is dropped.
    """
    length = paradigm.stop_s - paradigm.start_s
    trials = []
    for start, stop in _marked_rest(recording, paradigm):
        for number in range(max(1, int((stop - start) / length + 1e-6))):
            begin = start + number * length
            trials.append(Trial(REST, REST, begin, begin, min(begin + length, stop)))
    return trials


def require_every_class(recording: Recording, paradigm: Paradigm) -> None:
    """Raise RecordingError if a recording lacks a cue of any class."""
    markers = cue_markers(recording, paradigm)
    found = {cue.label for m in markers if (cue := paradigm.cue_of(m.label)) is not None}
    missing = [name for name in paradigm.classes if name not in found]
    if missing or not found:
        _refuse([recording], paradigm, missing)


def _refuse(recordings: list[Recording], paradigm: Paradigm, missing: list[str]) -> NoReturn:
    wanted = [f"{paradigm.classes[name]!r} ({name})" for name in missing]
    lacks = " or ".join(wanted) or f"{paradigm.items!r}..."
    counts = Counter(marker.label for each in recordings for marker in each.markers)
    shown = [f"{label!r:.60} x{n}" for label, n in counts.most_common(_MOST_LABELS)]
    more = f" and {len(counts) - _MOST_LABELS} more" if len(counts) > _MOST_LABELS else ""
    sources = ", ".join(each.source for each in recordings)
    raise RecordingError(
        f"{sources}: no marker {lacks}; its markers are: {', '.join(shown) or 'none'}{more}. "
        f"Set paradigm.{'items' if paradigm.items else 'classes'} in the profile to match"
    )


def find_rest(recording: Recording, paradigm: Paradigm) -> list[tuple[float, float]]:
    """Return the spans of rest as (start, end), in seconds of the recording.

    They are the marked rest, and the time between a trial's end and the next marker. In both cases
    the first ``rest_start_s`` seconds are left out. Between items (films, images) there is no rest.
    """
    spans = _marked_rest(recording, paradigm)
    if paradigm.items is None:
        for marker, following in pairwise(cue_markers(recording, paradigm)):
            start = marker.time + paradigm.stop_s + paradigm.rest_start_s
            if start < following.time and paradigm.cue_of(marker.label) is not None:
                spans.append((start, following.time))
    return sorted(spans)


def _marked_rest(recording: Recording, paradigm: Paradigm) -> list[tuple[float, float]]:
    """Return the marked spans of rest.

    Each starts ``rest_start_s`` after a rest marker and ends at the next marker or its limit.
    """
    markers = cue_markers(recording, paradigm)
    if paradigm.rest is None or not markers:
        return []
    lasts_s = np.inf if paradigm.rest.stop_s is None else paradigm.rest.stop_s
    ends = [*(marker.time for marker in markers[1:]), float(recording.timestamps[-1])]
    spans = [
        (marker.time + paradigm.rest_start_s, min(end, marker.time + lasts_s))
        for marker, end in zip(markers, ends, strict=True)
        if marker.label == paradigm.rest.marker
    ]
    return [(start, stop) for start, stop in spans if start < stop]


def in_spans(
    taken: NDArray[np.float64], spans: list[tuple[float, float]], window_s: float, period: float
) -> NDArray[np.bool_]:
    """Mark the windows that lie wholly in one of ``spans``, shape (n_windows,).

    ``taken`` has the times of the windows' last samples, and ``spans`` are (start, end), all in
    seconds. ``period`` is the time between samples. ``window_s`` is ``n_samples * period``, so the
    first sample is ``window_s - period`` before the last. The tolerance is half a sample.
    """
    first = taken - window_s + period
    found = np.zeros(len(taken), dtype=np.bool_)
    for start, stop in spans:
        found |= (first >= start - period / 2) & (taken <= stop + period / 2)
    return found


def chunks_for(
    pipeline: Pipeline, recording: Recording, trials: list[Trial], unlabelled: Sequence[float] = ()
) -> Iterator[Chunk]:
    """Yield a recording's chunks.

    Request each window from ``pipeline`` if windows come at cues.

    ``unlabelled`` are the start times of further windows without a trial; see `unlabelled_starts`.
    """
    starts = sorted([*(trial.start for trial in trials), *unlabelled])
    waiting = deque(starts if pipeline.at_cues else ())
    for chunk in recording.chunks():
        while waiting and waiting[0] <= chunk.timestamps[-1]:
            pipeline.request_window(waiting.popleft())
        yield chunk


def unlabelled_starts(recording: Recording, paradigm: Paradigm) -> list[float]:
    """Return the start times of windows at cues of unknown class.

    They are in seconds of the recording.
    """
    if paradigm.unlabelled is None:
        return []
    return [
        marker.time + paradigm.start_s
        for marker in cue_markers(recording, paradigm)
        if paradigm.asks_window(marker.label) and paradigm.cue_of(marker.label) is None
    ]


@dataclass(frozen=True)
class StreamedRun:
    """A recording and its usable windows, as the live engine would decode them.

    ``windows`` share one copy of the filtered signal (`bci.pipeline.kept_windows`). ``pipeline`` is
    the pipeline that filtered and cut them.
    """

    recording: Recording
    trials: list[Trial]
    pipeline: Pipeline
    windows: list[Window]


def stream_run(
    recording: Recording, settings: PipelineSettings, paradigm: Paradigm | None
) -> StreamedRun:
    """Filter a recording and cut its windows.

    ``trials`` is empty if ``paradigm`` is None.
    """
    trials = find_trials(recording, paradigm) if paradigm is not None else []
    pipeline = Pipeline(settings, recording.info)
    windows = keep_windows(pipeline, chunks_for(pipeline, recording, trials))
    return StreamedRun(recording, trials, pipeline, windows)


def trial_of(taken: float, trials: list[Trial], pipeline: Pipeline) -> int | None:
    """Return the number of a window's trial, or None without one.

    ``taken`` is the time of the window's last sample. A window at a cue starts with its trial; any
    other window lies wholly in it. The tolerance is half a sample.
    """
    slack = 0.5 / pipeline.chain.sfreq
    first = taken - (pipeline.n_samples - 1) / pipeline.chain.sfreq
    # The last trial that starts before the window.
    number = bisect.bisect_right(trials, first + slack, key=lambda trial: trial.start) - 1
    if number < 0:
        return None
    if pipeline.at_cues:
        return number if first <= trials[number].start + slack else None
    return number if taken <= trials[number].stop + slack else None


def cut_epochs(
    recordings: list[Recording], settings: PipelineSettings, paradigm: Paradigm
) -> Epochs:
    """Cut the windows of all trials, at the same offsets as in live decoding.

    Raises
    ------
    RecordingError
        If a recording lacks the markers of a class, or no window fits into any trial.
    MismatchError
        If a recording cannot satisfy the settings.
    """
    return epochs_of([stream_run(each, settings, paradigm) for each in recordings], paradigm)


def epochs_of(runs: Sequence[StreamedRun], paradigm: Paradigm) -> Epochs:
    """Cut epochs as `cut_epochs` does, from runs that were filtered by `stream_run`."""
    chosen: list[Window] = []
    trials: list[Trial] = []
    trial_numbers, run_numbers = [], []
    n_before = 0
    for number, run in enumerate(runs):
        for window in run.windows:
            trial = trial_of(window.taken, run.trials, run.pipeline)
            if trial is not None:
                chosen.append(window)
                trials.append(run.trials[trial])
                trial_numbers.append(n_before + trial)
                run_numbers.append(number)
        n_before += len(run.trials)
    found = {trial.label for trial in trials}
    if not found or not found.issuperset(paradigm.labels):
        _refuse_lacking(runs, paradigm, found)
    windows = np.empty((len(chosen), *chosen[0].data.shape), dtype=np.float32)
    for row, window in zip(windows, chosen, strict=True):
        row[:] = window.data
    chain = runs[-1].pipeline.chain
    return Epochs(
        windows,
        np.array([trial.label for trial in trials]),
        np.array(trial_numbers),
        np.array(run_numbers),
        np.array([trial.item for trial in trials]) if paradigm.items is not None else None,
        Signal(chain.sfreq, chain.channels),
        np.array([window.end for window in chosen]),
        runs[-1].pipeline.hop,
    )


def _refuse_lacking(runs: Sequence[StreamedRun], paradigm: Paradigm, found: set[str]) -> NoReturn:
    """Raise RecordingError with the classes that have no cue or no window."""
    recordings = [run.recording for run in runs]
    counts = Counter(trial.label for run in runs for trial in run.trials)
    if uncued := [name for name in paradigm.classes if not counts[name]]:
        _refuse(recordings, paradigm, uncued)
    lacking = [name for name in paradigm.labels if name not in found]
    text = ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) or "none"
    sources = ", ".join(recording.source for recording in recordings)
    what = f"a trial of {' or '.join(lacking)}" if lacking else "any trial"
    window_s = runs[0].pipeline.n_samples / runs[0].pipeline.chain.sfreq if runs else 0.0
    raise RecordingError(
        f"{sources}: no sound window of {window_s:g} s lies within {what} "
        f"(trials: {text}); shorten the window, or widen paradigm.start_s - stop_s"
    )
