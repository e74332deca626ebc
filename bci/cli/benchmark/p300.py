"""The P300 benchmark: decoders of flashes on simulated people, or on one recorded person.

The models of a simulated person are trained on its first one, two or three runs. Each is tested by
spelling its last three runs, which are never used for training.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import stats

import decoders
from bci.cli.benchmark.runner import (
    Cell,
    Results,
    first,
    mean_and_sd,
    print_table,
    tracked,
    version,
)
from bci.cli.benchmark.study import Group, fill, seeded
from bci.cli.console import out
from bci.errors import RecordingError
from bci.evaluation.flashes import ScoredFlashes
from bci.evaluation.pseudo_online import Evaluation, evaluate
from bci.evaluation.spelling import SpelledRun, SpellingScore, score_spelling
from bci.jobs.workers import THIS_PROCESS, Workers
from bci.profiles.profile import Profile, load_profile
from bci.recording.formats import recordings_in
from bci.recording.read import read_recording
from bci.signals import Marker, Recording
from bci.spelling.from_settings import Speller
from bci.training.calibrate import Calibration, calibrate

STUDIED = ("erp-lda", "xdawn-tangent")
"""Decoders that are compared by default."""

_VERSION = 1
_TRAINING, _TEST = (1, 2, 3), (4, 5, 6)
_FEWEST_RUNS = 3


class P300Row(NamedTuple):
    """One model of one simulated person, trained on ``runs`` runs of ``minutes`` in total."""

    subject: int
    decoder: str
    runs: int
    shuffled: bool
    minutes: float
    auc: float
    balanced: float
    accuracy: float
    repetitions: float
    selections_per_min: float
    chars_per_min: float
    itr: float
    needed: int | None
    right: str
    n_symbols: int
    n_flashes: int


def _spread(field: str, digits: int = 2) -> Cell:
    return lambda rows: mean_and_sd([getattr(row, field) for row in rows], digits)


def _needed(rows: list[P300Row]) -> str:
    known = sorted(row.needed for row in rows if row.needed is not None)
    listed = [*map(str, known), *["more"] * (len(rows) - len(known))]
    return ", ".join(listed)


def _described(row: P300Row) -> str:
    return f"{row.decoder}, labels shuffled" if row.shuffled else row.decoder


def _n(rows: list[P300Row]) -> str:
    symbols, flashes = sum(row.n_symbols for row in rows), sum(row.n_flashes for row in rows)
    return f"{len(rows)} subjects, {symbols} symbols, {flashes} flashes"


_CELLS: dict[str, Cell] = {
    "decoder": first("decoder"),
    "training": lambda rows: (
        f"{np.mean([row.minutes for row in rows]):.1f} min"
        + (", labels shuffled" if rows[0].shuffled else "")
    ),
    "AUC": _spread("auc"),
    "balanced accuracy": _spread("balanced"),
    "symbols right": _spread("accuracy"),
    "repetitions": _spread("repetitions", 1),
    "characters/min": _spread("chars_per_min", 1),
    "ITR (bit/min)": _spread("itr", 1),
    "n": _n,
}


def p300(
    names: list[str] | None,
    n_subjects: int,
    out_file: Path | None,
    workers: Workers = THIS_PROCESS,
) -> None:
    """Run the P300 benchmark; print one line per decoder and length of training.

    Results in ``out_file`` are kept; only missing ones are trained.
    """
    profile = load_profile("p300")
    results = Results(
        "p300", P300Row, 4, out_file,
        version_of=lambda row: version(_VERSION, profile, row.decoder),
    )  # fmt: skip
    chosen = names or list(STUDIED)
    wanted = [
        (subject, name, n_runs, shuffled)
        for subject in range(1, n_subjects + 1)
        for name in chosen
        for n_runs, shuffled in (*((n, False) for n in _TRAINING), (_TRAINING[-1], True))
    ]
    fill(results, wanted, _run, workers, kind=lambda each: each[1:])
    groups = [
        [
            row
            for row in results.rows
            if (row.decoder, row.runs, row.shuffled) == (name, n, shuffled)
        ]
        for name in chosen
        for n, shuffled in (*((n, False) for n in _TRAINING), (_TRAINING[-1], True))
    ]
    print_table("simulated people, held-out runs", _CELLS, groups)
    whole = [rows for rows in groups if rows and rows[0].runs == _TRAINING[-1]]
    print_table("symbols right after so many repetitions", _by_repetition(), whole)
    symbols = len(Speller(load_profile("p300")).grid.symbols)
    out.print(f"chance of a symbol {1 / symbols:.3f}; of the AUC and balanced accuracy 0.5")


def _by_repetition() -> dict[str, Cell]:
    def share(k: int) -> Cell:
        def cell(rows: list[P300Row]) -> str:
            shares = [int(row.right.split()[k]) / row.n_symbols for row in rows]
            return f"{np.mean(shares):.2f}"

        return cell

    cells: dict[str, Cell] = {"decoder": lambda rows: _described(rows[0])}
    cells |= {str(k + 1): share(k) for k in range(10)}
    return cells | {"repetitions for 4 in 5, by subject": _needed}


def _simulate(subject: int, run: int) -> Recording:
    from devices.simulated.erp import spelling, traits_of
    from devices.simulated.subject import SubjectSettings, simulate_run

    return simulate_run(SubjectSettings(subject, "p300"), run, spelling(run, traits_of(subject)))


@lru_cache(maxsize=1)
def _runs(subject: int) -> list[Recording]:
    """Simulate a person's runs; the last result is cached for consecutive jobs."""
    return [_simulate(subject, run) for run in (*_TRAINING, *_TEST)]


def _run(_given: None, group: Group) -> list[P300Row]:
    (job,) = group
    subject, name, n_runs, shuffled = job
    runs = _runs(subject)
    profile = load_profile("p300").with_decoder(name)
    training = runs[:n_runs]
    if shuffled:
        training = [shuffled_flashes(each, subject) for each in training]
    made = calibrate(training, profile, lambda: decoders.create(name, seeded(name, 0, "cpu")), name)
    results, spelled = spell_recordings(made, profile, runs[len(_TRAINING) :])
    assert spelled is not None
    measures = [{m.name: m.value for m in each.measures} for each in results]
    row = P300Row(
        subject,
        name,
        n_runs,
        shuffled,
        minutes=round(sum(each.duration for each in training) / 60, 3),
        auc=float(np.mean([each["AUC"] for each in measures])),
        balanced=float(np.mean([each["balanced accuracy"] for each in measures])),
        accuracy=spelled.accuracy.value,
        repetitions=spelled.repetitions,
        selections_per_min=spelled.selections_per_min,
        chars_per_min=spelled.chars_per_min,
        itr=spelled.itr_bits_per_min,
        needed=spelled.needed,
        right=" ".join(map(str, spelled.right)),
        n_symbols=spelled.n,
        n_flashes=sum(each.trial_accuracy.n for each in results),
    )
    return [row]


def spell_recordings(
    made: Calibration, profile: Profile, recordings: Sequence[Recording]
) -> tuple[list[Evaluation], SpellingScore | None]:
    """Score a model's predictions of flashes, and the symbols that they spell.

    The score of symbols is None if no symbol can be decided.
    """
    speller, results, spelled = Speller(profile), [], []
    for recording in recordings:
        flashes = ScoredFlashes(made.card, speller)
        results.append(evaluate(made.card, made.decoder, recording, 0.5, flashes.take))
        spelled.append(SpelledRun(recording.markers, flashes.predictions))
    windows = speller.windows(made.card.classes, made.card.stream.sfreq)
    return results, score_spelling(speller, windows, spelled)


def shuffled_flashes(recording: Recording, seed: int) -> Recording:
    """Shuffle the labels of a recording's flashes."""
    kinds = ("target/", "nontarget/")
    labels = [m.label for m in recording.markers if m.label.startswith(kinds)]
    random.Random(seed).shuffle(labels)  # noqa: S311
    shuffled = iter(labels)
    markers = tuple(
        Marker(m.time, next(shuffled) if m.label.startswith(kinds) else m.label)
        for m in recording.markers
    )
    return replace(recording, markers=markers)


def recorded(folder: Path, profile: Profile, names: list[str] | None) -> None:
    """Print the AUC of each run of one person, decoded by a model of the other runs.

    ``names`` are the decoders to compare; None means those of `STUDIED`.
    """
    files = recordings_in(folder) if folder.is_dir() else []
    if len(files) < _FEWEST_RUNS:
        raise RecordingError(
            f"{folder}: {len(files)} recordings are too few to leave one out; give a folder with "
            f"{_FEWEST_RUNS} runs of one person or more"
        )
    runs = [read_recording(file) for file in files]
    rows = []
    for name in tracked(names or list(STUDIED), "Training"):
        of_profile = profile.with_decoder(name)
        areas = leave_one_run_out(runs, of_profile)
        mean, low, high = interval(areas)
        rows.append((name, areas, mean, low, high))
    for name, areas, mean, low, high in rows:
        by_run = ", ".join(f"{area:.2f}" for area in areas)
        out.print(
            f"{name}: AUC {mean:.3f} (95 % interval over {len(areas)} runs {low:.3f}-{high:.3f}, "
            f"chance 0.5; by run {by_run})"
        )


def leave_one_run_out(runs: list[Recording], profile: Profile) -> list[float]:
    """Compute the AUC of each run, decoded by a model of the other runs."""
    choice = profile.decoder
    make = partial(decoders.create, choice.name, choice.params)
    areas = []
    for k, held_out in enumerate(runs):
        training = [run for i, run in enumerate(runs) if i != k]
        made = calibrate(training, profile, make, "fold")
        found = evaluate(made.card, made.decoder, held_out, 0.5)
        areas.append(next(m.value for m in found.measures if m.name == "AUC"))
    return areas


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Compute the mean and the ends of its 95 % interval, by Student's t distribution."""
    mean, n = float(np.mean(values)), len(values)
    half = float(stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half
