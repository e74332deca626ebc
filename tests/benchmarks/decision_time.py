"""Decisions as soon as an error rate is reached, against decisions at a fixed time after the cue.

``python -m tests.benchmarks.decision_time ../shared/data/eegmmidb`` takes two minutes of CPU.

Each of the runs 04, 08 and 12 of PhysioNet EEGMMIDB (imagined left or right fist) is left out in
turn; ``tangent-space`` learns the other two. Evidence is the mean log odds of a trial's windows so
far, tempered as calibration does. Within a trial the decision is made when the probability of an
error falls to the rate, and at the trial's end at the latest.

Bits a minute are those of a binary symmetric channel with the person's accuracy, over the mean time
from the cue to the decision. Its mean over people is compared with that of decisions at the end.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from threadpoolctl import threadpool_limits

import decoders
from bci.interfaces import Decoder
from bci.models.confidence import fit_temperature
from bci.profiles.profile import Profile, load_profile
from bci.recording.read import read_recording
from bci.training.epochs import Epochs, cut_epochs

_RUNS = ("04", "08", "12")
_ERROR_RATES = (0.05, 0.1, 0.2, 0.3, 0.4)
_N_RESAMPLES = 4000


@dataclass(frozen=True)
class Course:
    """Evidence of a trial after each of its windows: log odds of the true class, and times.

    ``odds`` (n_windows,); ``times_s`` (n_windows,) are seconds after the cue.
    """

    odds: NDArray[np.float64]
    times_s: NDArray[np.float64]

    def decided_at(self, error_rate: float) -> int:
        """Number of the window at which the decision is made."""
        reached = np.flatnonzero(np.abs(self.odds) >= np.log(1 / error_rate - 1))
        return int(reached[0]) if len(reached) else len(self.odds) - 1


def _courses(decoder: Decoder, epochs: Epochs, profile: Profile) -> Iterator[Course]:
    """Evidence of each trial of two classes, without a temperature."""
    first_s = profile.paradigm.start_s + profile.pipeline.window_s
    for trial in np.unique(epochs.trials):
        own = epochs.only(epochs.trials == trial)
        logs = np.log(np.stack([decoder.predict_proba(window) for window in own.windows]))
        true = decoder.classes.index(str(own.labels[0]))
        n = np.arange(len(logs))
        yield Course(
            np.cumsum(logs[:, true] - logs[:, 1 - true]) / (n + 1),
            first_s + n * profile.pipeline.hop_s,
        )


def _trained(epochs: Epochs, profile: Profile) -> Decoder:
    decoder = decoders.create(profile.decoder.name, profile.decoder.params)
    decoder.fit(epochs.windows, epochs.labels, groups=epochs.runs)
    return decoder


def _temperature(epochs: Epochs, profile: Profile) -> float:
    """Temperature of decisions at the end of trials that were held out, one run after another."""
    odds = [
        course.odds[-1]
        for run in np.unique(epochs.runs)
        for course in _courses(
            _trained(epochs.only(epochs.runs != run), profile),
            epochs.only(epochs.runs == run),
            profile,
        )
    ]
    right = 1 / (1 + np.exp(-np.array(odds)))
    return fit_temperature(np.column_stack([right, 1 - right]), np.zeros(len(odds), np.int64))


def _of_person(folder: Path, profile: Profile) -> list[Course]:
    """Evidence of every trial of a person, each run decided by a decoder of the two others."""
    runs = [read_recording(folder / f"{folder.name}R{run}.edf") for run in _RUNS]
    epochs = cut_epochs(runs, profile.pipeline, profile.paradigm)
    found = []
    for run in range(len(runs)):
        others = epochs.only(epochs.runs != run)
        decoder, temperature = _trained(others, profile), _temperature(others, profile)
        for course in _courses(decoder, epochs.only(epochs.runs == run), profile):
            found.append(Course(course.odds / temperature, course.times_s))
    return found


def _bits_per_min(accuracy: float, seconds: float) -> float:
    if accuracy <= 0.5:
        return 0.0
    p = np.clip([accuracy, 1 - accuracy], 1e-12, 1)
    return float((1 + (p * np.log2(p)).sum()) * 60 / seconds)


@dataclass(frozen=True)
class Rule:
    """Mean figures of a rule over people, and ``bits`` a minute of each."""

    name: str
    accuracy: float
    seconds: float
    early: int
    early_wrong: int
    bits: NDArray[np.float64]


def _score(name: str, people: list[list[Course]], windows: list[list[int]]) -> Rule:
    right = [
        [c.odds[k] > 0 for c, k in zip(*own, strict=True)]
        for own in zip(people, windows, strict=True)
    ]
    times = [
        [c.times_s[k] for c, k in zip(*own, strict=True)]
        for own in zip(people, windows, strict=True)
    ]
    early = [
        c.odds[k] > 0
        for courses, chosen in zip(people, windows, strict=True)
        for c, k in zip(courses, chosen, strict=True)
        if k < len(c.odds) - 1
    ]
    accuracy, seconds = [np.mean(each) for each in right], [np.mean(each) for each in times]
    bits = [_bits_per_min(float(a), float(s)) for a, s in zip(accuracy, seconds, strict=True)]
    return Rule(
        name, float(np.mean(accuracy)), float(np.mean(seconds)), len(early),
        len(early) - sum(early), np.array(bits),
    )  # fmt: skip


def _interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the mean, by a seeded bootstrap over people."""
    n = len(differences)
    draws = np.random.default_rng(0).integers(0, n, (_N_RESAMPLES, n))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+", help="EEGMMIDB: folders S001, S002 ...")
    parser.add_argument("--window", type=float, help="length of a window, in seconds")
    given = parser.parse_args()
    profile = load_profile("motor-imagery-eegmmidb")
    if given.window is not None:
        pipeline = profile.pipeline.model_copy(update={"window_s": given.window})
        profile = profile.model_copy(update={"pipeline": pipeline})
    folders = sorted(p for folder in given.folders for p in folder.glob("S[0-9][0-9][0-9]"))
    with threadpool_limits(limits=1):
        people = [_of_person(p, profile) for p in track(folders, "People", transient=True)]
    last = _score("end of the trial", people, [[len(c.odds) - 1 for c in own] for own in people])
    shortest = min(len(course.odds) for own in people for course in own)
    fixed = [
        _score(
            f"{people[0][0].times_s[k]:.1f} s after the cue", people, [[k] * len(p) for p in people]
        )
        for k in range(shortest)
    ]
    best = max(fixed, key=lambda rule: rule.bits.mean())
    rules = [
        _score(f"error rate {rate:g}", people, [[c.decided_at(rate) for c in p] for p in people])
        for rate in _ERROR_RATES
    ]
    table = Table("decision", "accuracy", "s", "early, wrong", "bits/min", "- end [95 %]",
                  title=f"{len(people)} people, {sum(map(len, people))} trials")  # fmt: skip
    for rule in (last, best, *rules):
        low, high = _interval(rule.bits - last.bits)
        table.add_row(
            rule.name + (" (best with hindsight)" if rule is best else ""),
            f"{rule.accuracy:.3f}", f"{rule.seconds:.2f}", f"{rule.early}, {rule.early_wrong}",
            f"{rule.bits.mean():.2f}",
            f"{np.mean(rule.bits - last.bits):+.2f} [{low:.2f}, {high:.2f}]",
        )  # fmt: skip
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
