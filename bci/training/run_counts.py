"""Count the cues and trials of each run, to print before a training."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bci.profiles.paradigm import Paradigm
from bci.profiles.profile import Profile
from bci.recording.read import read_recording
from bci.signals import Recording, StreamInfo
from bci.stimulus.frame_labels import lost_frames
from bci.training.epochs import Epochs, count_cues, find_trials, streams_with_cues

# Length of the compared stretches of two recordings, in samples; equal stretches are copies.
_RUN_LENGTH = 16
_MOST_PROBED = 2000
_COPIED = 0.5
# Classes are listed up to this number.
_MOST_CLASSES = 8


@dataclass(frozen=True, slots=True)
class RunCount:
    """Counts of the cues and trials of one run.

    ``trials`` counts, by class, the cued trials with a window to train on. ``rest`` counts the
    trials of rest, if rest is a class. ``broken_off`` counts the interrupted cues; other cues
    without a trial lie in gaps, in artifacts or at the file's end. ``stream`` is the name of the
    stream with the cues if the file has several marker streams, else None. ``lost_frames`` is the
    share of dropped or late screen frames if it exceeds the limit of `bci.stimulus.frame_log`,
    else None.
    """

    source: str
    cues: int
    broken_off: int
    trials: dict[str, int]
    rest: int = 0
    stream: str | None = None
    lost_frames: float | None = None

    @property
    def n_trials(self) -> int:
        """Number of cued trials."""
        return sum(self.trials.values())

    @property
    def counts(self) -> str:
        """Counts as text: ``4 trials (left 2, right 2) of 5 cues; 1 broken off``."""
        n, classes = self.n_trials, ", ".join(f"{k} {v}" for k, v in self.trials.items())
        text = f"{n} trial{'s' if n != 1 else ''}"
        text += f" ({classes})" if len(self.trials) <= _MOST_CLASSES and n else ""
        text += f" of {self.cues} cues" if n != self.cues else ""
        text += f" and {self.rest} of rest" if self.rest else ""
        unused = self.cues - self.broken_off - n
        if self.broken_off:
            text += f"; {self.broken_off} broken off"
        if unused > 0:
            text += f"; {unused} without a sound window"
        text += f"; cues from {self.stream!r}" if self.stream else ""
        if self.lost_frames is not None:
            text += f"; {100 * self.lost_frames:.1f} % of frames dropped or late"
        return text

    def __str__(self) -> str:
        return f"{self.source}: {self.counts}"


def count_runs(
    recordings: list[Recording], epochs: Epochs, paradigm: Paradigm
) -> tuple[RunCount, ...]:
    """Count cues and trials of each run."""
    counts = []
    for run, recording in enumerate(recordings):
        own = epochs.only(epochs.runs == run)
        _, firsts = np.unique(own.trials, return_index=True)
        labels = [str(label) for label in own.labels[np.sort(firsts)]]
        counts.append(_counted(recording, paradigm, labels))
    return tuple(counts)


def count_run(recording: Recording, paradigm: Paradigm) -> RunCount:
    """Count cues and trials of a recording, with or without usable windows."""
    labels = [trial.label for trial in find_trials(recording, paradigm)]
    return _counted(recording, paradigm, labels)


def _counted(recording: Recording, paradigm: Paradigm, labels: list[str]) -> RunCount:
    trials = Counter(labels)
    rest = trials.pop(paradigm.quiet, 0) if paradigm.quiet else 0
    cues, broken_off = count_cues(recording, paradigm)
    of_classes, stream = dict(sorted(trials.items())), _stream(recording, paradigm)
    lost = lost_frames(recording)
    return RunCount(recording.source, cues, broken_off, of_classes, rest, stream, lost)


def _stream(recording: Recording, paradigm: Paradigm) -> str | None:
    if len(recording.marker_streams) < 2:
        return None
    holding = streams_with_cues(recording, paradigm)
    return holding[0].name if len(holding) == 1 else None


def without_copies(recordings: list[Recording]) -> tuple[list[Recording], list[tuple[str, str]]]:
    """Leave out recordings of which more than half is a copy of another recording.

    The longer of two recordings stays, so that parts of a file beside the whole are left out.

    Returns
    -------
    kept : list of Recording
        In the given order.
    copies : list of (str, str)
        Source of each recording left out, and of the recording that has its samples.
    """
    kept: list[tuple[int, Recording, NDArray[np.uint64]]] = []
    copies = []
    by_length = sorted(enumerate(recordings), key=lambda pair: -len(pair[1].data))
    for number, recording in by_length:
        marks = _marks(recording)
        probed = np.unique(marks[:: max(1, len(marks) // _MOST_PROBED)])
        held_by = next(
            (other.source for _, other, theirs in kept if _share(probed, theirs) > _COPIED),
            None,
        )
        if held_by is None:
            kept.append((number, recording, np.sort(marks)))
        else:
            copies.append((recording.source, held_by))
    return [recording for _, recording, _ in sorted(kept, key=lambda k: k[0])], copies


def _share(probed: NDArray[np.uint64], ascending: NDArray[np.uint64]) -> float:
    """Return the share of ``probed`` values in the sorted array ``ascending``."""
    if not len(probed) or not len(ascending):
        return 0.0
    places = np.searchsorted(ascending, probed)
    found = ascending[np.minimum(places, len(ascending) - 1)] == probed
    return float(found.mean())


def _marks(recording: Recording) -> NDArray[np.uint64]:
    """Hash each stretch of 16 consecutive samples; equal samples give equal hashes."""
    bits = np.ascontiguousarray(recording.data, dtype=np.float32).view(np.uint32)
    odd = np.random.default_rng(0).integers(1, 1 << 63, (2, 4096), dtype=np.uint64) | np.uint64(1)
    columns = np.resize(odd[0], bits.shape[1])
    rows = np.zeros(len(bits), dtype=np.uint64)
    for k, factor in enumerate(columns):
        rows += bits[:, k] * factor
    n = max(0, len(rows) - _RUN_LENGTH + 1)
    marks = np.zeros(n, dtype=np.uint64)
    for k in range(_RUN_LENGTH):
        marks += rows[k : k + n] * odd[1, k]
    return marks


class TrialCount(NamedTuple):
    """Counts of a recording's trials, and the recorded stream."""

    run: RunCount
    info: StreamInfo


def count_trials(file: Path, profile: Profile) -> TrialCount:
    """Read a recording, as a training with this profile does, and count its trials.

    Raises
    ------
    BciError
        If the recording cannot be read or has no cue of the profile.
    """
    recording = read_recording(file, profile=profile)
    return TrialCount(count_run(recording, profile.paradigm), recording.info)
