"""Choices of docs/tasks/motor-imagery.md on people of EEGMMIDB, one of three runs left out.

``python -m tests.benchmarks.motor_imagery FOLDER ...`` takes folders with S001, S002 ... and their
runs 04, 08, 12 (imagined) and 03, 07, 11 (executed). Windows are cut once; then a choice takes
seconds to minutes.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression

from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.training.epochs import stream_run, trial_of
from decoders.classical.covariance import covariances, riemannian_mean
from decoders.classical.pooling import Labelled, Others, choose_weight, fit_pooled
from decoders.classical.reference import Reference

IMAGINED, EXECUTED = ("04", "08", "12"), ("03", "07", "11")
SECOND = 10  # windows of evidence
Head = tuple[np.ndarray, float]


@dataclass(frozen=True)
class Run:
    """Covariances of all windows of a run; the trial of each, -1 of none; what each trial asks."""

    covs: np.ndarray
    trials: np.ndarray
    asks: np.ndarray
    hops_per_s: int

    @property
    def cued(self) -> np.ndarray:
        return np.flatnonzero(self.trials >= 0)

    @property
    def labels(self) -> np.ndarray:
        return self.asks[self.trials[self.cued]]

    def mean(self) -> np.ndarray:
        return riemannian_mean(self.covs[self.cued])

    def vectors(self, at: np.ndarray) -> np.ndarray:
        """Tangent vectors of the trials' windows at a reference that stays."""
        return Reference(at).vectors(self.covs[self.cued])

    def followed(self, at: np.ndarray, tau_s: float, longest: float) -> np.ndarray:
        """The same at one that follows: a step a second, after that window was decided."""
        reference, found = Reference(at), []
        for k, cov in enumerate(self.covs):
            if self.trials[k] >= 0:
                found.append(reference.vector(cov))
            if k and k % self.hops_per_s == 0:
                reference = reference.moved(cov, 1 - np.exp(-1 / tau_s), longest)
        return np.stack(found)


Person = dict[str, Run]


def read(file: Path) -> Run:
    profile = load_profile("motor-imagery-eegmmidb")
    run = stream_run(read_recording(file), profile.pipeline, profile.paradigm)
    numbers = [trial_of(window.taken, run.trials, run.pipeline) for window in run.windows]
    return Run(
        covariances([window.data for window in run.windows]),  # type: ignore[arg-type]
        np.array([-1 if number is None else number for number in numbers]),
        np.array([trial.label == "right" for trial in run.trials]).astype(int),
        round(1 / profile.pipeline.hop_s),
    )


def people_in(folders: Sequence[Path]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for folder, run in product(folders, (*IMAGINED, *EXECUTED)):
        for file in sorted(folder.glob(f"S[0-9][0-9][0-9]/*R{run}.edf")):
            people.setdefault(file.parent.name, {})[run] = read(file)
    return {name: runs for name, runs in people.items() if set(IMAGINED) <= set(runs)}


def fit(vectors: np.ndarray, labels: np.ndarray, c: float, weights: np.ndarray) -> Head:
    fitted = LogisticRegression(C=c, max_iter=2000).fit(vectors, labels, weights)
    return fitted.coef_[0], float(fitted.intercept_[0])


def fit_chosen(
    own: Labelled, runs: np.ndarray, theirs: tuple[np.ndarray, np.ndarray, np.ndarray], c: float
) -> Head:
    others = Others(Labelled(theirs[0], theirs[1]), round(theirs[2].mean()))
    head = fit_pooled(own, others, choose_weight(own, runs, others, c), c)
    return head.coef[1] - head.coef[0], float(head.intercept[1] - head.intercept[0])


def own(person: Person, runs: Sequence[str], apart: bool) -> tuple[np.ndarray, np.ndarray]:
    together = riemannian_mean(np.concatenate([person[r].covs[person[r].cued] for r in runs]))
    vectors = [person[r].vectors(person[r].mean() if apart else together) for r in runs]
    return np.concatenate(vectors), np.concatenate([person[r].labels for r in runs])


def others(
    people: dict[str, Person], but: str, runs: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean vector of each trial of other people, its class, and how many windows it stands for."""
    found = []
    for name, person in people.items():
        for each in (person[r] for r in runs if name != but and r in person):
            vectors, trials = each.vectors(each.mean()), each.trials[each.cued]
            for trial in np.unique(trials):
                mine = trials == trial
                found.append((vectors[mine].mean(axis=0), each.asks[trial], mine.sum()))
    vectors, labels, n = zip(*found, strict=True)
    return np.stack(vectors), np.array(labels), np.array(n, dtype=float)


def score(
    people: dict[str, Person],
    c: float = 1.0,
    apart: bool = False,
    tau_s: float | None = None,
    usual: float | None = None,
    n_windows: int = 1,
    base: Sequence[str] = (),
    weight: float | None = 10.0,
    with_own: bool = True,
    also: Sequence[str] = (),
    left: Callable[[str], Sequence[str]] = lambda run: [r for r in IMAGINED if r != run],
) -> np.ndarray:
    """Accuracy of each person; ``also`` are runs learnt from besides those that are ``left``.

    Windows beyond the percentile ``usual`` of distances from the reference draw it no further.
    Without a ``weight`` the person's own runs choose it, as `bci calibrate --base` has it.
    """
    accuracies = []
    for name, person in people.items():
        theirs = others(people, name, base) if base else None
        right = []
        for test in IMAGINED:
            runs = [*left(test), *also]
            vectors, labels = own(person, runs, apart)
            weights, n_of_runs = np.ones(len(labels)), [len(person[r].labels) for r in runs]
            lengths = np.linalg.norm(vectors, axis=1)
            if theirs is not None and weight is not None:
                n_own = len(labels) if with_own else 0
                vectors = np.concatenate([vectors[:n_own], theirs[0]])
                labels = np.concatenate([labels[:n_own], theirs[1]])
                weights = np.concatenate([np.full(n_own, weight), theirs[2]])
            if theirs is not None and weight is None:
                groups = np.repeat(np.arange(len(runs)), n_of_runs)
                coef, intercept = fit_chosen(Labelled(vectors, labels), groups, theirs, c)
            else:
                coef, intercept = fit(vectors, labels, c, weights)
            run = person[test]
            at = riemannian_mean(np.concatenate([person[r].covs[person[r].cued] for r in runs]))
            longest = np.inf if usual is None else float(np.percentile(lengths, usual))
            decided = run.vectors(at) if tau_s is None else run.followed(at, tau_s, longest)
            odds, trials = decided @ coef + intercept, run.trials[run.cued]
            for trial in np.unique(trials):
                right.append((odds[trials == trial][-n_windows:].mean() > 0) == run.asks[trial])
        accuracies.append(np.mean(right))
    return np.array(accuracies)


def line(name: str, found: np.ndarray, before: np.ndarray) -> str:
    text = f"{name:48} {found.mean():.3f} ± {found.std(ddof=1):.3f}"
    change = np.round(found - before, 9)
    if not change.any():
        return text
    low, high = stats.t.interval(0.95, len(change) - 1, change.mean(), stats.sem(change))
    p_value = stats.wilcoxon(change).pvalue
    counts = (
        f"{(change > 0).sum()} better, {(change < 0).sum()} worse, {(change < -0.05).sum()} > 5"
    )
    mean, low, high = 100 * change.mean(), 100 * low, 100 * high
    return f"{text}  {mean:+.1f} [{low:+.1f}, {high:+.1f}] p = {p_value:.2f}; {counts}"


FOLLOWS: dict[str, object] = {"apart": True, "tau_s": 60.0, "n_windows": SECOND}
CHOICES: dict[str, dict[str, object]] = {
    "before: last window": {},
    "evidence of 0.5 s": {"n_windows": 5},
    "evidence of 1 s": {"n_windows": SECOND},
    "evidence of the whole trial": {"n_windows": 11},
    "runs apart, does not follow": {"apart": True},
    "follows, runs together": {"tau_s": 60.0},
    "follows, runs apart": {"apart": True, "tau_s": 60.0},
    "c 0.1": {"c": 0.1},
    "c 0.01": {"c": 0.01},
    "evidence of 1 s, c 0.1": {"c": 0.1, "n_windows": SECOND},
    "evidence of 1 s, c 0.01": {"c": 0.01, "n_windows": SECOND},
    "shipped": FOLLOWS | {"usual": 99},
    "shipped, bounded at 90 %": FOLLOWS | {"usual": 90},
    "not bounded": FOLLOWS,
    "not bounded, c 0.1": FOLLOWS | {"c": 0.1},
    "not bounded, c 0.01": FOLLOWS | {"c": 0.01},
    "not bounded, c 0.01, 30 s": FOLLOWS | {"c": 0.01, "tau_s": 30.0},
    "not bounded, c 0.01, 120 s": FOLLOWS | {"c": 0.01, "tau_s": 120.0},
    "not bounded, c 0.01, runs together": FOLLOWS | {"c": 0.01, "apart": False},
}
BASES = {"imagined": IMAGINED, "imagined and executed": (*IMAGINED, *EXECUTED)}
for _name, _base in BASES.items():
    for _c, _weight in (
        (0.003, 10.0), (0.01, 10.0), (0.1, 10.0), (1.0, 10.0), (0.01, 30.0), (0.1, 30.0),
        (0.01, 100.0),
    ):  # fmt: skip
        pooled = {"c": _c, "base": _base, "weight": _weight}
        CHOICES[f"{_name}, c {_c:g}, w {_weight:g}"] = FOLLOWS | pooled
    CHOICES[f"{_name}, nothing of one's own"] = FOLLOWS | {
        "c": 0.01, "base": _base, "with_own": False,
    }  # fmt: skip
    CHOICES[f"{_name}, chosen by windows"] = FOLLOWS | {"base": _base, "weight": None}
CHOICES["own executed runs too"] = FOLLOWS | {"also": EXECUTED}
CHOICES["own executed runs alone"] = FOLLOWS | {"also": EXECUTED, "left": lambda _run: []}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    people = people_in(parser.parse_args().folders)
    print(f"{len(people)} people: {', '.join(people)}")
    before = score(people)
    for name, choice in CHOICES.items():
        print(line(name, score(people, **choice), before), flush=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
