"""Cutting labelled trials out of recordings with the very pipeline that serves.

Where cues are missing, or are in several streams, `RecordingError` names what there is.
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
"""Marker of a run that was paused or ended early: the trial under way, if any, is broken off."""

RATING = "rating"
"""Marker of when a person begins to rate what was felt: the trial ends there."""

_MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """One cue: its class and the span, in recording time, in which its windows lie.

    ``item`` is what was shown where the paradigm has items, else the class.
    """

    label: str
    item: str
    onset: float
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class JudgedWindow:
    """Prediction of one window.

    ``decision`` is the decision at its end, None until the evidence is whole; ``first`` is when
    its first sample was taken, in recording time; ``trial`` the trial that it belongs to, if any.
    """

    prediction: Prediction
    decision: Decision | None
    first: float
    trial: Trial | None


OnWindow = Callable[[JudgedWindow], None]
"""Given every window of an evaluation that has a prediction, in order of time."""


@dataclass(frozen=True)
class Epochs:
    """Labelled windows.

    ``windows`` (n, n_channels, n_samples) float32; ``labels``, ``trials`` (index of the
    trial, counted over all recordings) and ``runs`` (index of the recording), each (n,). Where
    the paradigm has items, ``items`` (n,) are theirs. ``signal`` is the rate and the channels.
    ``ends`` (n,) are one past each window's last sample, counted in its recording, and ``hop`` is
    the step between windows, both in samples; None where the windows came without.
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
        """The last window of each trial: what is known at the end of the cue."""
        return self.only(self.are_last_of_trials())

    def are_last_of_trials(self) -> NDArray[np.bool_]:
        """Mark the last window of each trial, (n,)."""
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
    """Join epochs of one pipeline.

    ``apart`` is added to the numbers of trials and runs for each part before, where parts were
    numbered each for itself.
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
    """The markers of a recording among which its cues are, at the times of their stimuli.

    Of several streams of markers see `bci.lsl.cue_streams`. Markers about the frames of the screen
    are left out: they neither begin nor end anything.
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
    """The marker streams of a recording that may be the one of the cues."""
    return choose(
        recording.marker_streams,
        paradigm.asks_window,
        recording.info.name,
    )


def find_trials(recording: Recording, paradigm: Paradigm) -> list[Trial]:
    """Find the trials that a recording's cues begin.

    A trial ends early where the next marker of the paradigm or `RATING` comes early. One that
    `INTERRUPTED` ends early was broken off: it is no trial.
    Rest, where it is a class, has no more trials than the class that has most, evenly chosen.
    """
    trials = [trial for trial, broken_off in _cued(recording, paradigm) if not broken_off]
    if paradigm.rest_class and trials:
        most = max(Counter(trial.label for trial in trials).values())
        rest = rest_trials(recording, paradigm)
        evenly = np.linspace(0, len(rest) - 1, min(most, len(rest))).round().astype(int)
        trials = sorted([*trials, *(rest[k] for k in evenly)], key=lambda t: t.start)
    return trials


def count_cues(recording: Recording, paradigm: Paradigm) -> tuple[int, int]:
    """Count the cues, and those of them whose trial was broken off."""
    broken_off = [broken for _, broken in _cued(recording, paradigm)]
    return len(broken_off), sum(broken_off)


def _cued(recording: Recording, paradigm: Paradigm) -> list[tuple[Trial, bool]]:
    """Each cue as a trial, and whether it was broken off."""
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
    """Marked rest as trials, in order of time: each span in pieces as long as a cued trial.

    A span shorter than that is one trial; what is left of a longer one is dropped.
    """
    length = paradigm.stop_s - paradigm.start_s
    trials = []
    for start, stop in _marked_rest(recording, paradigm):
        for number in range(max(1, int((stop - start) / length + 1e-6))):
            begin = start + number * length
            trials.append(Trial(REST, REST, begin, begin, min(begin + length, stop)))
    return trials


def require_every_class(recording: Recording, paradigm: Paradigm) -> None:
    """Prove that a recording has a cue of every class."""
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
    """Spans of rest, in recording time: marked ones, and what is left between two cues.

    After a trial rest begins as late as after its marker. Items (films, images) follow one another
    without rest between them.
    """
    spans = _marked_rest(recording, paradigm)
    if paradigm.items is None:
        for marker, following in pairwise(cue_markers(recording, paradigm)):
            start = marker.time + paradigm.stop_s + paradigm.rest_start_s
            if start < following.time and paradigm.cue_of(marker.label) is not None:
                spans.append((start, following.time))
    return sorted(spans)


def _marked_rest(recording: Recording, paradigm: Paradigm) -> list[tuple[float, float]]:
    """Spans of rest: from each rest marker to the next marker, less what does not count."""
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
    """Mark windows, by the times of their last samples, that lie wholly in one of the spans.

    ``window_s`` counts both ends, as do ``n_samples * period``; half a sample of slack.
    """
    first = taken - window_s + period
    found = np.zeros(len(taken), dtype=np.bool_)
    for start, stop in spans:
        found |= (first >= start - period / 2) & (taken <= stop + period / 2)
    return found


def chunks_for(
    pipeline: Pipeline, recording: Recording, trials: list[Trial], unlabelled: Sequence[float] = ()
) -> Iterator[Chunk]:
    """A recording's chunks; where windows come at cues, each is asked for as its time comes.

    ``unlabelled`` are begins of windows without a trial; see `unlabelled_starts`.
    """
    starts = sorted([*(trial.start for trial in trials), *unlabelled])
    waiting = deque(starts if pipeline.at_cues else ())
    for chunk in recording.chunks():
        while waiting and waiting[0] <= chunk.timestamps[-1]:
            pipeline.request_window(waiting.popleft())
        yield chunk


def unlabelled_starts(recording: Recording, paradigm: Paradigm) -> list[float]:
    """Begins of the windows at markers of unknown class, in recording time."""
    if paradigm.unlabelled is None:
        return []
    return [
        marker.time + paradigm.start_s
        for marker in cue_markers(recording, paradigm)
        if paradigm.asks_window(marker.label) and paradigm.cue_of(marker.label) is None
    ]


@dataclass(frozen=True)
class StreamedRun:
    """A recording and its sound windows, as the live engine would decode them.

    ``windows`` share one copy of the filtered signal (`bci.pipeline.kept_windows`); ``pipeline`` is
    the one that they came through.
    """

    recording: Recording
    trials: list[Trial]
    pipeline: Pipeline
    windows: list[Window]


def stream_run(
    recording: Recording, settings: PipelineSettings, paradigm: Paradigm | None
) -> StreamedRun:
    """Stream a recording once; without a paradigm it has no trials."""
    trials = find_trials(recording, paradigm) if paradigm is not None else []
    pipeline = Pipeline(settings, recording.info)
    windows = keep_windows(pipeline, chunks_for(pipeline, recording, trials))
    return StreamedRun(recording, trials, pipeline, windows)


def trial_of(taken: float, trials: list[Trial], pipeline: Pipeline) -> int | None:
    """Trial of a window, by the time of its last sample; None if it has none.

    A window at a cue begins where the trial does; any other lies wholly within it. Half a sample
    of slack for rounding.
    """
    slack = 0.5 / pipeline.chain.sfreq
    first = taken - (pipeline.n_samples - 1) / pipeline.chain.sfreq
    # The last trial that had begun by then.
    number = bisect.bisect_right(trials, first + slack, key=lambda trial: trial.start) - 1
    if number < 0:
        return None
    if pipeline.at_cues:
        return number if first <= trials[number].start + slack else None
    return number if taken <= trials[number].stop + slack else None


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
    return epochs_of([stream_run(each, settings, paradigm) for each in recordings], paradigm)


def epochs_of(runs: Sequence[StreamedRun], paradigm: Paradigm) -> Epochs:
    """`cut_epochs` of recordings that were streamed."""
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
    """Name the classes that have cues, but no window in any trial."""
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
