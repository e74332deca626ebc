"""Cutting labelled trials out of recordings with the very pipeline that serves.

Where cues are missing, or are in several streams, `RecordingError` names what there is.
"""

import bisect
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from bci.decisions import Decision
from bci.errors import RecordingError
from bci.lsl.cue_streams import choose, merged, without_notes
from bci.pipeline.pipeline import Pipeline, Window
from bci.profiles.pipeline_settings import PipelineSettings
from bci.profiles.profile import REST, Paradigm
from bci.signals import Chunk, FloatArray, Marker, MarkerStream, Prediction, Recording, Signal

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
    """What was predicted of one window.

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
    """

    windows: FloatArray
    labels: NDArray[np.str_]
    trials: NDArray[np.int64]
    runs: NDArray[np.int64]
    items: NDArray[np.str_] | None = None
    signal: Signal | None = None

    def last_of_trials(self) -> "Epochs":
        """The last window of each trial: what is known at the end of the cue."""
        _, from_behind = np.unique(self.trials[::-1], return_index=True)
        chosen = np.zeros(len(self.trials), dtype=np.bool_)
        chosen[len(self.trials) - 1 - from_behind] = True
        return self.only(chosen)

    def only(self, chosen: NDArray[np.bool_]) -> "Epochs":
        return Epochs(
            self.windows[chosen],
            self.labels[chosen],
            self.trials[chosen],
            self.runs[chosen],
            None if self.items is None else self.items[chosen],
            self.signal,
        )


def join_epochs(parts: Sequence[Epochs], apart: int = 0) -> Epochs:
    """Join epochs of one pipeline.

    ``apart`` is added to the numbers of trials and runs for each part before, where parts were
    numbered each for itself.
    """
    n = range(len(parts))
    items = [part.items for part in parts if part.items is not None]
    return Epochs(
        np.concatenate([part.windows for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([parts[k].trials + apart * k for k in n]),
        np.concatenate([parts[k].runs + apart * k for k in n]),
        np.concatenate(items) if items else None,
        parts[0].signal,
    )


def cue_markers(recording: Recording, paradigm: Paradigm) -> tuple[Marker, ...]:
    """The markers of a recording among which its cues are; see `bci.lsl.cue_streams`."""
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
        lambda label: paradigm.cue_of(label) is not None,
        recording.info.name,
    )


def find_trials(recording: Recording, paradigm: Paradigm) -> list[Trial]:
    """Find the trials that a recording's cues begin.

    A trial ends early where the next marker of the paradigm or `RATING` comes early. One that
    `INTERRUPTED` ends early was broken off: it is no trial.
    Rest, where it is a class, has no more trials than the class that has most: the first ones.
    """
    trials = [trial for trial, broken_off in _cued(recording, paradigm) if not broken_off]
    if paradigm.rest_class and trials:
        most = max(Counter(trial.label for trial in trials).values())
        trials = sorted(trials + rest_trials(recording, paradigm)[:most], key=lambda t: t.start)
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
    ends = (paradigm.rest, INTERRUPTED, RATING)
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
    """Rest as trials, in order of time: each span of it in pieces as long as a cued trial.

    A span shorter than that is one trial; what is left of a longer one is dropped.
    """
    length = paradigm.stop_s - paradigm.start_s
    trials = []
    for start, stop in find_rest(recording, paradigm):
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
    """Spans of rest, in recording time: from each rest marker to the next marker."""
    markers = cue_markers(recording, paradigm)
    spans = []
    for i, marker in enumerate(markers):
        if marker.label == paradigm.rest:
            later = markers[i + 1 :]
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


def chunks_for(pipeline: Pipeline, recording: Recording, trials: list[Trial]) -> Iterator[Chunk]:
    """A recording's chunks; where windows come at cues, each is asked for as its time comes."""
    waiting = deque(trials if pipeline.at_cues else ())
    for chunk in recording.chunks():
        while waiting and waiting[0].start <= chunk.timestamps[-1]:
            pipeline.request_window(waiting.popleft().start)
        yield chunk


def windows_of(
    recording: Recording, settings: PipelineSettings, paradigm: Paradigm
) -> Iterator[Window]:
    """Every sound window of a recording, as the live engine would decode it.

    A window's data are to be used or copied before the next is asked for.
    """
    pipeline = Pipeline(settings, recording.info)
    for chunk in chunks_for(pipeline, recording, find_trials(recording, paradigm)):
        yield from pipeline.windows(chunk)


def trial_of(taken: float, trials: list[Trial], pipeline: Pipeline) -> int | None:
    """Which trial a window belongs to, by the time of its last sample; None if to none.

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
    windows, labels, items, trial_numbers, runs = [], [], [], [], []
    n_trials = 0
    for run, recording in enumerate(recordings):
        trials = find_trials(recording, paradigm)
        pipeline = Pipeline(settings, recording.info)
        for window in (
            window
            for chunk in chunks_for(pipeline, recording, trials)
            for window in pipeline.windows(chunk)
        ):
            number = trial_of(window.taken, trials, pipeline)
            if number is not None:
                windows.append(window.data.copy())
                labels.append(trials[number].label)
                items.append(trials[number].item)
                trial_numbers.append(n_trials + number)
                runs.append(run)
        n_trials += len(trials)
    found = set(labels)
    lacking = [name for name in paradigm.labels if name not in found]
    if lacking or not found:
        counts = Counter(t.label for each in recordings for t in find_trials(each, paradigm))
        text = ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) or "none"
        sources = ", ".join(recording.source for recording in recordings)
        what = f"a trial of {' or '.join(lacking)}" if lacking else "any trial"
        if uncued := [name for name in paradigm.classes if not counts[name]]:
            _refuse(recordings, paradigm, uncued)
        raise RecordingError(
            f"{sources}: no sound window of {settings.window_s:g} s lies within {what} "
            f"(trials: {text}); shorten the window, or widen paradigm.start_s - stop_s"
        )
    return Epochs(
        np.stack(windows), np.array(labels), np.array(trial_numbers), np.array(runs),
        np.array(items) if paradigm.items is not None else None,
        Signal(pipeline.chain.sfreq, pipeline.chain.channels),
    )  # fmt: skip
