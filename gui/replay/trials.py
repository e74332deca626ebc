"""The trials of a recording: true class, and decision of a model."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace

from bci.decisions import reaches
from bci.errors import RecordingError
from bci.lsl.cue_streams import merged, without_notes
from bci.messages import EvaluationEvent
from bci.profiles.paradigm import Paradigm
from bci.signals import Recording, is_frame_note
from bci.training.epochs import find_trials
from gui.decisions.headline import UNDECIDED
from gui.widgets.units import brief, counted

# Length of a trial in seconds without a model's paradigm.
_USUAL_S = 4.0
# Times closer than this, in seconds, count as equal.
_APART_S = 1e-3


@dataclass(frozen=True, slots=True)
class ReplayTrial:
    """One trial: its class ``label``, and its times in seconds of the recording.

    ``decision`` is the class with the most evidence at the trial's end, see
    `bci.messages.EvaluatedTrial`. It is None if no model has run, or no usable window lies in the
    trial. ``is_sure`` is False if its confidence is below the threshold, so that an engine would
    have abstained.
    """

    label: str
    onset: float
    stop: float
    decision: str | None = None
    confidence: float | None = None
    is_sure: bool = True

    @property
    def middle(self) -> float:
        return (self.onset + self.stop) / 2

    @property
    def is_right(self) -> bool | None:
        """True if ``decision`` is the trial's class; None without a decision."""
        return None if self.decision is None else self.decision == self.label


def find_replay_trials(
    recording: Recording, paradigm: Paradigm | None, cue_of: Callable[[str], str | None]
) -> tuple[ReplayTrial, ...]:
    """Return the trials of a recording.

    They are found by the model's ``paradigm`` if the recording has its markers. Else the markers
    for which ``cue_of`` returns a class are the trials. If there are none, every marker is one.
    """
    end = recording.duration
    if paradigm is not None:
        try:
            found = find_trials(recording, paradigm)
        except RecordingError:
            # The recording lacks the model's markers, so its own markers are used below.
            found = []
        if found:
            return tuple(ReplayTrial(t.label, t.onset, min(t.stop, end)) for t in found)
    markers = recording.markers
    if recording.marker_streams:
        markers = merged(without_notes(recording.marker_streams))
    markers = tuple(marker for marker in markers if not is_frame_note(marker.label))
    ends = [*(marker.time for marker in markers[1:]), end]
    stops = [max(m.time, min(e, m.time + _USUAL_S)) for m, e in zip(markers, ends, strict=False)]
    trials = [ReplayTrial(m.label, m.time, stop) for m, stop in zip(markers, stops, strict=True)]
    cued = [replace(t, label=label) for t in trials if (label := cue_of(t.label)) is not None]
    return tuple(cued or trials)


def trials_of(evaluation: EvaluationEvent) -> tuple[ReplayTrial, ...]:
    """Return the trials of an evaluated recording, with their decisions."""
    return tuple(
        ReplayTrial(
            trial.label,
            trial.onset,
            trial.stop,
            trial.decision,
            trial.confidence,
            trial.confidence is None or bool(reaches(trial.confidence, evaluation.threshold)),
        )
        for trial in evaluation.trials
    )


def trial_from(trials: tuple[ReplayTrial, ...], position: float, way: int) -> int | None:
    """Return the index of the next (``way`` +1) or previous (-1) trial by their ends.

    None if there is no further trial.
    """
    stops = [trial.stop for trial in trials]
    if way > 0:
        k = bisect_right(stops, position + _APART_S)
        return k if k < len(trials) else None
    k = bisect_left(stops, position - _APART_S) - 1
    return k if k >= 0 else None


def trial_at(trials: tuple[ReplayTrial, ...], position: float) -> int | None:
    """Return the index of the trial at ``position``; None between trials."""
    k = bisect_right([trial.onset for trial in trials], position + _APART_S) - 1
    return k if k >= 0 and position <= trials[k].stop + _APART_S else None


def describe(trial: ReplayTrial, called: Callable[[str], str] = str) -> str:
    """Return a trial in words: ``asked left, decided right: wrong``.

    Below the threshold: ``asked left, undecided, likeliest right: wrong``. ``called`` returns the
    name to write for a class.
    """
    if trial.decision is None:
        return called(trial.label)
    verdict = "correct" if trial.is_right else "wrong"
    if not trial.is_sure:
        likeliest = called(trial.decision)
        return f"asked {called(trial.label)}, {UNDECIDED}, likeliest {likeliest}: {verdict}"
    return f"asked {called(trial.label)}, decided {called(trial.decision)}: {verdict}"


def describe_place(trials: tuple[ReplayTrial, ...], number: int | None) -> str:
    """Return ``trial 4 of 30: left``; the number of trials if ``number`` is None."""
    if number is None:
        return counted(len(trials), "trial") if trials else "no trials"
    return f"trial {number + 1} of {len(trials)}: {describe(trials[number], brief)}"
