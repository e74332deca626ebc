"""The motor-imagery benchmark on PhysioNet EEGMMIDB: decoders by protocol."""

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
from bci.cli.console import note, out
from bci.errors import RecordingError
from bci.evaluation.compare_people import (
    PROTOCOLS,
    ComparedPerson,
    paired_p,
    people_p,
    run_protocols,
)
from bci.evaluation.metrics import exact_interval
from bci.jobs.workers import THIS_PROCESS, Workers
from bci.plugins.decoder_offers import classical, decoder_traits
from bci.profiles.profile import Profile, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording, Signal
from bci.training.epochs import epochs_of, stream_run

_RUNS = ("04", "08", "12")
_VERSION = 1
# Rows that were made with other settings are not mixed with these.
_MADE_WITH = {
    "profile": "motor-imagery-eegmmidb",
    "runs": list(_RUNS),
    "folds": "leave one run out",
}
_REFERENCE = ("tangent-space", "within")
# The network with which newer ones are compared under the same protocol.
_RIVAL = "eegnet"
_NETWORKS = (_RIVAL, "ifnet", "dbconformer", "mvcnet")


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
"""Rows per person, by decoder and protocol; only conditions with rows of all people."""


def motor_imagery(
    folder: Path,
    names: list[str] | None,
    protocols: list[str] | None,
    n_seeds: int,
    out_file: Path | None,
    workers: Workers = THIS_PROCESS,
    device: str = "cpu",
) -> None:
    """Run the motor-imagery benchmark; print one row per decoder and protocol, and per person.

    Results in ``out_file`` are kept; only missing ones are trained.
    """
    profile = load_profile("motor-imagery-eegmmidb")

    def version_of(row: MotorImageryRow) -> str:
        return version(_VERSION, profile, row.decoder, device=device)

    results = Results(
        "motor-imagery", MotorImageryRow, 4, out_file, _MADE_WITH, version_of=version_of
    )
    people, signal = _read(folder, profile)
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
    # Seed by seed, so that a stopped benchmark has all decoders equally often.
    wanted = [
        (name, protocol, person.name, seed)
        for seed in range(n_seeds)
        for name in chosen
        if seed == 0 or name not in classical()
        for person in people
        for protocol in wanted_protocols
        if protocol == "within" or decoder_traits(name).carries_over
    ]
    fill(
        results, wanted, _train, workers, lambda _missing: _Given(people, signal, profile, device),
        together=lambda each: (each[0], each[1] == "within", *each[2:]),
        kind=lambda each: (each[0], each[1] == "within"),
    )  # fmt: skip
    if events.wanted():
        return
    complete = _complete(results.rows, people)
    _print_people(complete, people, chosen)
    _print_comparison(complete, people)


class _Given(NamedTuple):
    """Data that all trainings share."""

    people: list[ComparedPerson]
    signal: Signal
    profile: Profile
    device: str


def _train(given: _Given, group: Group) -> list[MotorImageryRow]:
    """Train one decoder, person and seed; the protocols that need a base model share it."""
    name, _, own, seed = group[0]
    person = next(each for each in given.people if each.name == own)
    others = [each for each in given.people if each is not person]
    params = _params(name, seed, given.profile, given.device)
    scored = run_protocols(
        [protocol for _, protocol, *_ in group], person, others,
        partial(decoders.create, name, params), given.signal, given.profile,
    )  # fmt: skip
    return [
        MotorImageryRow(name, protocol, own, seed, *dataclasses.astuple(outcome))
        for protocol, outcome in scored.items()
    ]


def _params(name: str, seed: int, profile: Profile, device: str) -> dict[str, object]:
    if name == profile.decoder.name:
        return dict(profile.decoder.params)
    return seeded(name, seed, device)


def _read(folder: Path, profile: Profile) -> tuple[list[ComparedPerson], Signal]:
    subjects = subject_folders(folder)
    if not subjects:
        raise RecordingError(
            f"{folder}: no subject folder like S001 with the runs S001R04.edf, S001R08.edf and "
            "S001R12.edf in it"
        )
    people = []
    for subject in tracked(subjects, "Reading"):
        streamed = [
            stream_run(each, profile.pipeline, profile.paradigm) for each in read_runs(subject)
        ]
        epochs = epochs_of(streamed, profile.paradigm)
        people.append(ComparedPerson(subject.name, epochs, tuple(streamed)))
    signal = people[-1].epochs.signal
    assert signal is not None
    return people, signal


def subject_folders(folder: Path) -> list[Path]:
    """List the folders of EEGMMIDB's subjects that have all scored runs."""
    subjects = sorted(folder.glob("S[0-9][0-9][0-9]"))
    return [s for s in subjects if all(_file(s, run).exists() for run in _RUNS)]


def read_runs(subject: Path) -> list[Recording]:
    """Read the runs of a subject; the benchmark leaves out each in turn."""
    return [read_recording(_file(subject, run)) for run in _RUNS]


def _file(subject: Path, run: str) -> Path:
    return subject / f"{subject.name}R{run}.edf"


def _chance(person: ComparedPerson) -> float:
    _, counts = np.unique(person.epochs.last_of_trials().labels, return_counts=True)
    return float(counts.max() / counts.sum())


def _complete(rows: list[MotorImageryRow], people: list[ComparedPerson]) -> Conditions:
    by_condition: dict[tuple[str, str], dict[str, list[MotorImageryRow]]] = {}
    # Decoder by decoder, even if some rows were trained later.
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
    """Accuracy of each person, averaged over seeds, shape (n_people,)."""
    return np.array([np.mean([row.accuracy for row in rows]) for rows in by_person])


def _print_people(complete: Conditions, people: list[ComparedPerson], names: list[str]) -> None:
    scores = {each: _accuracies(own) for each, own in complete.items() if each[0] in names}
    table = Table(
        "subject", *(Column(Text(f"{name}\n{protocol}")) for name, protocol in scores),
        "chance", "trials",
        title="accuracy, each run left out in turn, with its 95 % interval",
    )  # fmt: skip
    for k, person in enumerate(people):
        trials = len(np.unique(person.epochs.trials))
        cells = [_with_interval(accuracies[k], trials) for accuracies in scores.values()]
        table.add_row(person.name, *cells, f"{_chance(person):.2f}", str(trials))
    out.print(table)


def _with_interval(accuracy: float, n_trials: int) -> str:
    """Format an accuracy with its 95 % interval.

    For a mean over seeds, it is the interval of one training with as many correct trials.
    """
    low, high = exact_interval(round(accuracy * n_trials), n_trials)
    return f"{accuracy:.2f} ({low:.2f}-{high:.2f})"


def _print_comparison(complete: Conditions, people: list[ComparedPerson]) -> None:
    chance = float(np.mean([_chance(person) for person in people]))
    print_table(None, _cells(complete, chance), [list(chain(*own)) for own in complete.values()])
    total = sum(len(np.unique(person.epochs.trials)) for person in people)
    out.print(f"{total} trials, chance {chance:.2f}; seeds are averaged within each person first")
    out.print(
        "p50 and p99: of single windows as they were trained, on one thread, without a runtime"
    )
    out.print(
        "streamed: every window of each run through the live pipeline, 10 ms at a time, against "
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
