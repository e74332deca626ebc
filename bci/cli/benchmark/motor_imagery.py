"""The motor-imagery benchmark on PhysioNet EEGMMIDB: decoders times protocols."""

import dataclasses
from collections import Counter
from functools import partial
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.table import Column, Table
from rich.text import Text

import decoders
from bci.cli import events
from bci.cli.benchmark.runner import Cell, Results, first, mean_and_sd, print_table, tracked
from bci.cli.console import note, out
from bci.errors import RecordingError
from bci.evaluation.compare_people import (
    PROTOCOLS,
    Person,
    ScoredRun,
    paired_p,
    people_p,
    run_protocols,
)
from bci.evaluation.metrics import exact_interval
from bci.plugins.decoder_offers import classical, decoder_traits
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Recording, Signal
from bci.training.epochs import cut_epochs

_TRAINING_RUNS = ("04", "08")
_TEST_RUN = "12"
_REFERENCE = ("tangent-space", "within")
# The network that the newer ones have to beat under the same protocol.
_RIVAL = "eegnet"
_NETWORKS = (_RIVAL, "dbconformer", "mvcnet")


class MotorImageryRow(NamedTuple):
    """One training: its conditions, then the fields of `Outcome`."""

    decoder: str
    protocol: str
    person: str
    seed: int
    accuracy: float
    n_trials: int
    training_s: float
    inference_p50_ms: float
    inference_p99_ms: float
    n_parameters: int
    streamed: float


Conditions = dict[tuple[str, str], list[list[MotorImageryRow]]]
"""Rows of each person, in their order, by decoder and protocol; left out unless of all."""


def motor_imagery(
    folder: Path,
    names: list[str] | None,
    protocols: list[str] | None,
    n_seeds: int,
    out_file: Path | None,
) -> None:
    """Print one row a decoder and protocol, and one a person; go on where a file left off."""
    results = Results("motor-imagery", MotorImageryRow, 4, out_file)
    people, signal = _read(folder)
    wanted_protocols = protocols or (PROTOCOLS if len(people) > 1 else PROTOCOLS[:1])
    if len(people) < 2 and set(wanted_protocols) != {"within"}:
        raise RecordingError(
            f"{folder}: {people[0].name} is alone; leave-one-out and transfer learn from other "
            "people, so give a folder with two or more"
        )
    chosen = names or [*classical(), *(_NETWORKS if find_spec("torch") else ())]
    for name in chosen:
        if set(wanted_protocols) != {"within"} and not decoder_traits(name).carries_over:
            note(f"{name} does not carry over from person to person: within only")
    # Seed by seed, so that whenever it is stopped all decoders have as many.
    jobs = [
        (seed, name, person)
        for seed in range(n_seeds)
        for name in chosen
        if seed == 0 or name not in classical()
        for person in people
    ]
    for seed, name, person in tracked(jobs, "Trainings"):
        wanted = [p for p in wanted_protocols if p == "within" or decoder_traits(name).carries_over]
        others = [other for other in people if other is not person]
        lacking = [p for p in wanted if results.lacks(name, p, person.name, seed)]
        # Those of one maker together: they share a base.
        for params, missing in _by_params(name, seed, lacking):
            make = partial(decoders.create, name, params)
            scored = run_protocols(missing, person, others, make, signal)
            results.add(
                [
                    MotorImageryRow(
                        name, protocol, person.name, seed, *dataclasses.astuple(outcome)
                    )
                    for protocol, outcome in scored.items()
                ]
            )
    if events.wanted():
        return
    complete = _complete(results.rows, people)
    _print_people(complete, people, chosen)
    _print_comparison(complete, people)


def _by_params(
    name: str, seed: int, protocols: list[str]
) -> list[tuple[dict[str, object], list[str]]]:
    """Protocols with the decoder's parameters under them."""
    if name != "tangent-space":
        takes_seed = "seed" in decoders.parameters_of(name)
        return [({"seed": seed} if takes_seed else {}, protocols)]
    # Chosen on runs 04 and 08: trained on one of them, tested on the other.
    across: dict[str, object] = {"align": True, "c": 0.1}
    within = [p for p in protocols if p == "within"]
    return [({}, within), (across, [p for p in protocols if p != "within"])]


def _read(folder: Path) -> tuple[list[Person], Signal]:
    profile = load_profile("motor-imagery-eegmmidb")
    subjects = subject_folders(folder)
    if not subjects:
        raise RecordingError(f"{folder}: no subject folder like S001 with a run S001R12.edf in it")
    people = []
    for subject in tracked(subjects, "Reading"):
        runs = read_runs(subject)
        people.append(
            Person(
                subject.name,
                cut_epochs(runs[:-1], profile.pipeline, profile.paradigm),
                cut_epochs(runs[-1:], profile.pipeline, profile.paradigm),
                ScoredRun(runs[-1], profile.pipeline, profile.paradigm),
            )
        )
    signal = people[-1].test.signal
    assert signal is not None
    return people, signal


def subject_folders(folder: Path) -> list[Path]:
    """Folders of the subjects of EEGMMIDB who have the run that is scored."""
    subjects = sorted(folder.glob("S[0-9][0-9][0-9]"))
    return [subject for subject in subjects if _file(subject, _TEST_RUN).exists()]


def read_runs(subject: Path) -> list[Recording]:
    """Two runs to learn from, and the one that is scored."""
    return [read_recording(_file(subject, run)) for run in (*_TRAINING_RUNS, _TEST_RUN)]


def _file(subject: Path, run: str) -> Path:
    return subject / f"{subject.name}R{run}.edf"


def _chance(person: Person) -> float:
    _, counts = np.unique(person.test.last_of_trials().labels, return_counts=True)
    return float(counts.max() / counts.sum())


def _complete(rows: list[MotorImageryRow], people: list[Person]) -> Conditions:
    by_condition: dict[tuple[str, str], dict[str, list[MotorImageryRow]]] = {}
    # Decoder by decoder, also where one was trained on later.
    order = list(dict.fromkeys(row.decoder for row in rows))
    for row in sorted(rows, key=lambda row: order.index(row.decoder)):
        own = by_condition.setdefault((row.decoder, row.protocol), {})
        own.setdefault(row.person, []).append(row)
    return {
        condition: [own[person.name] for person in people]
        for condition, own in by_condition.items()
        if all(person.name in own for person in people)
    }


def _accuracies(by_person: list[list[MotorImageryRow]]) -> NDArray[np.float64]:
    """Each person's mean over seeds, shape (n_people,)."""
    return np.array([np.mean([row.accuracy for row in rows]) for rows in by_person])


def _print_people(complete: Conditions, people: list[Person], names: list[str]) -> None:
    scores = {each: _accuracies(own) for each, own in complete.items() if each[0] in names}
    table = Table(
        "subject", *(Column(Text(f"{name}\n{protocol}")) for name, protocol in scores),
        "chance", "trials",
        title="accuracy on run 12, end of cue, with its 95 % interval",
    )  # fmt: skip
    for k, person in enumerate(people):
        trials = len(np.unique(person.test.trials))
        cells = [_with_interval(accuracies[k], trials) for accuracies in scores.values()]
        table.add_row(person.name, *cells, f"{_chance(person):.2f}", str(trials))
    out.print(table)


def _with_interval(accuracy: float, n_trials: int) -> str:
    """Of a mean over seeds, the interval is that of one training with as many right."""
    low, high = exact_interval(round(accuracy * n_trials), n_trials)
    return f"{accuracy:.2f} ({low:.2f}-{high:.2f})"


def _print_comparison(complete: Conditions, people: list[Person]) -> None:
    chance = float(np.mean([_chance(person) for person in people]))
    print_table(None, _cells(complete, chance), [list(chain(*own)) for own in complete.values()])
    total = sum(len(np.unique(person.test.trials)) for person in people)
    out.print(f"{total} trials, chance {chance:.2f}; seeds are averaged within each person first")
    out.print(
        "p50 and p99: of single windows as they were trained, on one thread, without a runtime"
    )
    out.print(
        "streamed: every window of run 12 through the live pipeline, 10 ms at a time, against "
        "those cut offline; the largest difference of a probability"
    )


def _cells(complete: Conditions, chance: float) -> dict[str, Cell]:
    scores = {condition: _accuracies(own) for condition, own in complete.items()}

    def own(rows: list[MotorImageryRow]) -> NDArray[np.float64]:
        return scores[rows[0].decoder, rows[0].protocol]

    def p_chance(rows: list[MotorImageryRow]) -> str:
        by_person = complete[rows[0].decoder, rows[0].protocol]
        n_trials = np.array([rows[0].n_trials for rows in by_person])
        return f"{people_p(own(rows), n_trials, chance):.2g}"

    def p_against(rows: list[MotorImageryRow], condition: tuple[str, str]) -> str:
        p = paired_p(own(rows), scores[condition]) if condition in scores else float("nan")
        return "" if np.isnan(p) else f"{p:.2g}"

    def n_seeds(rows: list[MotorImageryRow]) -> str:
        return str(min(Counter(row.person for row in rows).values()))

    return {
        "decoder": first("decoder"),
        "protocol": first("protocol"),
        "mean ± sd": lambda rows: mean_and_sd(own(rows).tolist(), 3),
        "n": lambda rows: str(len(own(rows))),
        "seeds": n_seeds,
        "p (chance)": p_chance,
        "p (tangent, within)": lambda rows: p_against(rows, _REFERENCE),
        "p (EEGNet, same)": lambda rows: p_against(rows, (_RIVAL, rows[0].protocol)),
        "training (s)": lambda rows: f"{np.mean([row.training_s for row in rows]):.1f}",
        "p50 (ms)": lambda rows: f"{np.median([row.inference_p50_ms for row in rows]):.2f}",
        "p99 (ms)": lambda rows: f"{np.median([row.inference_p99_ms for row in rows]):.2f}",
        "numbers": first("n_parameters"),
        "streamed": lambda rows: streamed([row.streamed for row in rows]),
    }


def streamed(differences: list[float]) -> str:
    return "equal" if max(differences) == 0 else f"{max(differences):.1g}"
