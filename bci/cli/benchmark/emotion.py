"""The emotion benchmark: decoders of levels times protocols, on simulated or recorded people."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

import decoders
from bci.cli import events
from bci.cli.benchmark.results_file import check_place, write
from bci.cli.benchmark.trainings import emit_outcome, tracked
from bci.cli.console import out
from bci.errors import RecordingError
from bci.evaluation.compare_films import PROTOCOLS, run_protocol, shuffled_films
from bci.evaluation.measures import measures
from bci.pipeline.pipeline import Pipeline
from bci.plugins.decoder_offers import of_task
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Recording, Signal
from bci.training.epochs import Epochs, cut_epochs

# World: whether levels show within a band, rather than in its power.
WORLDS = {"power of bands": False, "within a band": True}
People = dict[str, list[Recording]]
"""Each person's runs."""

_SIMULATED_RUNS = 2
# A group is a run of a person: none has as many runs.
_RUNS = 1000


class Row(NamedTuple):
    """One figure of one person in one training, of ``n`` decisions."""

    world: str
    seed: int
    decoder: str
    protocol: str
    shuffled: bool
    person: str
    name: str
    value: float
    chance: float
    n: int


class Job(NamedTuple):
    """One training, and what it is tested on."""

    seed: int
    decoder: str
    protocol: str
    shuffled: bool


def emotion(
    folder: Path | None,
    names: list[str] | None,
    n_people: int,
    n_seeds: int,
    out_file: Path | None,
) -> None:
    """Print a table a world and protocol; go on where a file left off.

    Raises
    ------
    RecordingError
        If the folder holds no person's recordings, or the file holds something else, or
        cannot be written.
    """
    check_place(out_file)
    rows = _load(out_file)
    chosen = names or list(of_task("emotion"))
    recorded = _read(folder) if folder is not None else {}
    worlds = list(WORLDS) if folder is None else [_world_of(recorded)]
    todo = [(world, job) for world in worlds for job in _jobs(n_seeds, chosen)]
    cut: dict[str, tuple[dict[str, Epochs], Signal]] = {}
    for world, job in tracked(todo, "Training"):
        if any(row[:5] == (world, *job) for row in rows):
            continue
        if world not in cut:
            cut = {world: _cut(recorded or _simulated(n_people, WORLDS[world]))}
        new = _run(world, job, *cut[world])
        rows += new
        for row in new:
            _emit(row)
        if out_file is not None:
            write(out_file, json.dumps(rows, indent=0))
    if events.wanted():
        return
    for world in worlds:
        for protocol in PROTOCOLS:
            own = [row for row in rows if (row.world, row.protocol) == (world, protocol)]
            _print(world, protocol, [row for row in own if row.decoder in chosen])


def _emit(row: Row) -> None:
    of = row._asdict()
    figures = {row.name: of.pop("value"), "chance": of.pop("chance"), "n": of.pop("n")}
    of.pop("name")
    emit_outcome("emotion", of, figures)


def _jobs(n_seeds: int, names: list[str]) -> list[Job]:
    """Seed by seed, so that whenever it is stopped all decoders have as many."""
    return [
        Job(seed, name, protocol, shuffled)
        for seed in range(n_seeds)
        for protocol in PROTOCOLS
        for shuffled in ((False,) if protocol == "leaky" else (False, True))
        for name in names
    ]


def _run(world: str, job: Job, people: dict[str, Epochs], signal: Signal) -> list[Row]:
    seed, name, protocol, shuffled = job
    given = list(people.values())
    if shuffled:
        given = [shuffled_films(each, 1000 * seed + k) for k, each in enumerate(given)]
    params: dict[str, object] = {"seed": seed} if name == "histn" else {}
    make = partial(decoders.create, name, params)
    return [
        Row(world, *job, person, m.name, m.value, m.chance, len(said.truth))
        for person, said in zip(people, run_protocol(protocol, given, make, signal), strict=True)
        for m in measures(said.classes, said.probabilities, said.truth)
    ]  # fmt: skip


def _read(folder: Path) -> People:
    found = {
        person.name: [read_recording(file) for file in sorted(person.glob("*.fif"))]
        for person in sorted(folder.iterdir() if folder.is_dir() else ())
        if person.is_dir() and any(person.glob("*.fif"))
    }
    if len(found) < 2:
        raise RecordingError(
            f"{folder}: fewer than two people; give a folder that holds one with FIF files for "
            "each of them, as 'bci import dreamer' writes it"
        )
    return found


def _world_of(people: People) -> str:
    simulated = any(run.info.simulated for runs in people.values() for run in runs)
    return "recorded, a simulated signal" if simulated else "recorded"


def _simulated(n_people: int, within_band: bool) -> People:
    from devices.simulated.scenarios import emotion as scenario
    from devices.simulated.subject import SubjectSettings, simulate_run

    n_films = len(scenario().labels)
    films = [
        scenario(first_film=k * n_films + 1, within_band=within_band)
        for k in range(_SIMULATED_RUNS)
    ]
    return {
        f"simulated {seed}": [
            simulate_run(SubjectSettings(seed, "emotion"), k + 1, each)
            for k, each in enumerate(films)
        ]
        for seed in range(1, n_people + 1)
    }


def _cut(found: People) -> tuple[dict[str, Epochs], Signal]:
    profile = load_profile("emotion")
    people: dict[str, Epochs] = {}
    for number, (name, runs) in enumerate(found.items()):
        own = cut_epochs(runs, profile.pipeline, profile.paradigm)
        people[name] = replace(own, runs=own.runs + _RUNS * number)
        last = runs[-1].info
    chain = Pipeline(profile.pipeline, last).chain
    return people, Signal(chain.sfreq, chain.channels)


def _print(world: str, protocol: str, own: list[Row]) -> None:
    if not own:
        return
    people = {row.person for row in own}
    title = f"{f'simulated, {world}' if world in WORLDS else world}: {protocol}"
    if protocol == "leaky":
        title += ", windows of the same films in training and test, no measure of anything"
    table = Table(
        "decoder", "figure", "mean ± sd", "chance", "labels shuffled", "n", "seeds",
        title=title,
    )  # fmt: skip
    for decoder in dict.fromkeys(row.decoder for row in own):
        for name in dict.fromkeys(row.name for row in own):
            true = [r for r in own if (r.decoder, r.name, r.shuffled) == (decoder, name, False)]
            mixed = [r for r in own if (r.decoder, r.name, r.shuffled) == (decoder, name, True)]
            table.add_row(
                decoder, name, _spread(true), f"{np.mean([r.chance for r in true]):.2f}",
                _spread(mixed) if mixed else "",
                f"{len(people)} people, {sum({r.person: r.n for r in true}.values())} "
                + ("windows" if protocol == "leaky" else "films"),
                str(len({row.seed for row in true})),
            )  # fmt: skip
    out.print(table)


def _spread(rows: list[Row]) -> str:
    """Mean and spread over people, whose seeds are averaged first."""
    people = dict.fromkeys(row.person for row in rows)
    means = [np.mean([row.value for row in rows if row.person == name]) for name in people]
    return f"{np.mean(means):.2f} ± {np.std(means, ddof=min(1, len(means) - 1)):.2f}"


def _load(file: Path | None) -> list[Row]:
    if file is None or not file.exists():
        return []
    try:
        return [Row(*row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise RecordingError(
            f"{file}: not a file of this benchmark's results; give another --out"
        ) from error
