"""The motor-imagery benchmark on PhysioNet EEGMMIDB: decoders times protocols."""

import dataclasses
import json
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.table import Column, Table
from rich.text import Text

import decoders
from bci.cli import events
from bci.cli.benchmark.results_file import check_place, write
from bci.cli.benchmark.trainings import emit_outcome, tracked
from bci.cli.console import note, out
from bci.errors import RecordingError
from bci.evaluation.compare_people import (
    PROTOCOLS,
    Outcome,
    Person,
    ScoredRun,
    compare,
    paired_p,
    run_protocols,
)
from bci.evaluation.scores import exact_interval
from bci.pipeline.pipeline import Pipeline
from bci.plugins.decoder_offers import classical, decoder_traits
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Signal
from bci.training.epochs import cut_epochs

_TRAINING_RUNS = ("04", "08")
_TEST_RUN = "12"
_REFERENCE = ("tangent-space", "within")
# The network that the newer ones have to beat under the same protocol.
_RIVAL = "eegnet"
_NETWORKS = (_RIVAL, "dbconformer", "mvcnet")

Results = dict[str, dict[str, dict[str, list[Outcome]]]]
"""Outcomes of every seed, by decoder, protocol and person."""


def motor_imagery(
    folder: Path,
    names: list[str] | None,
    protocols: list[str] | None,
    n_seeds: int,
    out_file: Path | None,
) -> None:
    """Print one row a decoder and protocol, and one a person; go on where a file left off.

    Raises
    ------
    RecordingError
        If no subject of the folder has the three runs, there is nobody else to learn from, or the
        file holds something else or cannot be written.
    """
    check_place(out_file)
    people, signal = _read(folder)
    asked = protocols or (PROTOCOLS if len(people) > 1 else PROTOCOLS[:1])
    if len(people) < 2 and set(asked) != {"within"}:
        raise RecordingError(
            f"{folder}: {people[0].name} is alone; leave-one-out and transfer learn from other "
            "people, so give a folder with two or more"
        )
    chosen = names or [*classical(), *(_NETWORKS if find_spec("torch") else ())]
    for name in chosen:
        if set(asked) != {"within"} and not decoder_traits(name).carries_over:
            note(f"{name} does not carry over from person to person: within only")
    results = _load(out_file)
    # Seed by seed, so that whenever it is stopped all decoders have as many.
    jobs = [
        (seed, name, person)
        for seed in range(n_seeds)
        for name in chosen
        if seed == 0 or name not in classical()
        for person in people
    ]
    for seed, name, person in tracked(jobs, "Trainings"):
        wanted = [p for p in asked if p == "within" or decoder_traits(name).carries_over]
        done = {
            p: results.setdefault(name, {}).setdefault(p, {}).setdefault(person.name, [])
            for p in wanted
        }
        others = [other for other in people if other is not person]
        # Those of one maker together: they share a base.
        lacking = [p for p in wanted if seed not in {outcome.seed for outcome in done[p]}]
        for params, missing in _by_params(name, seed, lacking):
            make = partial(decoders.create, name, params)
            for protocol, outcome in run_protocols(missing, person, others, make, signal).items():
                done[protocol].append(dataclasses.replace(outcome, seed=seed))
                _emit(name, protocol, person.name, done[protocol][-1])
            if out_file is not None:
                _save(results, out_file)
    if events.wanted():
        return
    _print_people(results, people, chosen)
    _print_comparison(results, people)


def _emit(decoder: str, protocol: str, person: str, outcome: Outcome) -> None:
    figures = dataclasses.asdict(outcome)
    of = {"decoder": decoder, "protocol": protocol, "person": person, "seed": figures.pop("seed")}
    emit_outcome("motor-imagery", of, figures)


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
    subjects = [s for s in sorted(folder.glob("S[0-9][0-9][0-9]")) if _run(s, _TEST_RUN).exists()]
    if not subjects:
        raise RecordingError(f"{folder}: no subject folder like S001 with a run S001R12.edf in it")
    people = []
    for subject in tracked(subjects, "Reading"):
        runs = [read_recording(_run(subject, run)) for run in (*_TRAINING_RUNS, _TEST_RUN)]
        chain = Pipeline(profile.pipeline, runs[0].info).chain
        signal = Signal(chain.sfreq, chain.channels)
        people.append(
            Person(
                subject.name,
                cut_epochs(runs[:-1], profile.pipeline, profile.paradigm),
                cut_epochs(runs[-1:], profile.pipeline, profile.paradigm),
                ScoredRun(runs[-1], profile.pipeline, profile.paradigm),
            )
        )
    return people, signal


def _run(subject: Path, run: str) -> Path:
    return subject / f"{subject.name}R{run}.edf"


def _load(file: Path | None) -> Results:
    if file is None or not file.exists():
        return {}
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return {
            name: {
                protocol: {
                    # Older files do not tell the seeds; they have all up to the last.
                    person: [Outcome(**{"seed": k, **o}) for k, o in enumerate(outcomes)]
                    for person, outcomes in by_person.items()
                }
                for protocol, by_person in by_protocol.items()
            }
            for name, by_protocol in stored.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordingError(
            f"{file}: not a file of this benchmark's results; give another --out"
        ) from error


def _save(results: Results, file: Path) -> None:
    plain = {
        name: {
            protocol: {
                person: [dataclasses.asdict(outcome) for outcome in outcomes]
                for person, outcomes in by_person.items()
            }
            for protocol, by_person in by_protocol.items()
        }
        for name, by_protocol in results.items()
    }
    write(file, json.dumps(plain, indent=1))


def _accuracies(outcomes: dict[str, list[Outcome]], people: list[Person]) -> np.ndarray:
    return np.array([np.mean([o.accuracy for o in outcomes[p.name]]) for p in people])


def _chance(person: Person) -> float:
    _, counts = np.unique(person.test.last_of_trials().labels, return_counts=True)
    return float(counts.max() / counts.sum())


def _rows(results: Results, people: list[Person]) -> list[tuple[str, str]]:
    return [
        (name, protocol)
        for name, by_protocol in results.items()
        for protocol, outcomes in by_protocol.items()
        if all(outcomes.get(person.name) for person in people)
    ]


def _print_people(results: Results, people: list[Person], names: list[str]) -> None:
    rows = [row for row in _rows(results, people) if row[0] in names]
    table = Table(
        "subject", *(Column(Text(f"{name}\n{protocol}")) for name, protocol in rows),
        "chance", "trials",
        title="accuracy on run 12, end of cue, with its 95 % interval",
    )  # fmt: skip
    for k, person in enumerate(people):
        trials = len(np.unique(person.test.trials))
        cells = [_with_interval(_accuracies(results[n][p], people)[k], trials) for n, p in rows]
        table.add_row(person.name, *cells, f"{_chance(person):.2f}", str(trials))
    out.print(table)


def _with_interval(accuracy: float, n_trials: int) -> str:
    """Of a mean over seeds, the interval is that of one training with as many right."""
    low, high = exact_interval(round(accuracy * n_trials), n_trials)
    return f"{accuracy:.2f} ({low:.2f}-{high:.2f})"


def _print_comparison(results: Results, people: list[Person]) -> None:
    table = Table(
        "decoder", "protocol", "mean ± sd", "n", "seeds", "p (chance)", "p (tangent, within)",
        "p (EEGNet, same)", "training (s)", "p50 (ms)", "p99 (ms)", "numbers", "streamed",
    )  # fmt: skip
    rows = _rows(results, people)
    scores = {(name, p): _accuracies(results[name][p], people) for name, p in rows}
    chance = float(np.mean([_chance(person) for person in people]))
    for name, protocol in rows:
        outcomes = results[name][protocol]
        every = [outcome for person in people for outcome in outcomes[person.name]]
        n_trials = np.array([outcomes[person.name][0].n_trials for person in people])
        own, rival = scores[name, protocol], scores.get((_RIVAL, protocol))
        summed = compare(own, n_trials, chance, scores.get(_REFERENCE))
        p_rival = float("nan") if rival is None else paired_p(own, rival)
        table.add_row(
            name, protocol, f"{summed.mean:.3f} ± {summed.spread:.3f}", str(summed.n_people),
            str(min(len(outcomes[person.name]) for person in people)), f"{summed.p_chance:.2g}",
            _p_value(summed.p_reference), _p_value(p_rival),
            f"{np.mean([o.training_s for o in every]):.1f}",
            f"{np.median([o.inference_p50_ms for o in every]):.2f}",
            f"{np.median([o.inference_p99_ms for o in every]):.2f}",
            str(every[0].n_parameters), _streamed(every),
        )  # fmt: skip
    out.print(table)
    total = sum(len(np.unique(person.test.trials)) for person in people)
    out.print(f"{total} trials, chance {chance:.2f}; seeds are averaged within each person first")
    out.print(
        "p50 and p99: of single windows as they were trained, on one thread, without a runtime"
    )
    out.print(
        "streamed: every window of run 12 through the live pipeline, 10 ms at a time, against "
        "those cut offline; the largest difference of a probability"
    )


def _p_value(p: float) -> str:
    return "" if np.isnan(p) else f"{p:.2g}"


def _streamed(outcomes: list[Outcome]) -> str:
    """How far what was streamed differed; older results do not tell."""
    told = [outcome.streamed for outcome in outcomes if outcome.streamed is not None]
    if not told:
        return ""
    largest = max(told)
    said = "equal" if largest == 0 else f"{largest:.1g}"
    return said if len(told) == len(outcomes) else f"{said} ({len(told)} of {len(outcomes)})"
