"""The emotion benchmark: decoders by protocol, on simulated or recorded people."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import decoders
from bci.cli.benchmark.runner import (
    Cell,
    Conditions,
    Results,
    first,
    mean_and_sd,
    print_table,
    version,
)
from bci.cli.benchmark.study import Group, fill, seeded
from bci.errors import RecordingError, shortened
from bci.evaluation.compare_films import PROTOCOLS, run_protocol, shuffled_films
from bci.evaluation.metrics import extra_measures
from bci.jobs.workers import THIS_PROCESS, Workers
from bci.plugins.decoder_offers import of_task
from bci.profiles.profile import load_profile
from bci.recording.read import read_recording
from bci.signals import Recording, Signal
from bci.training.epochs import Epochs, cut_epochs

PUBLISHED = "histn-published"
STUDIED = (*of_task("emotion"), PUBLISHED)
"""Compared decoders, including HiSTN with its authors' settings."""

# Simulated worlds, and whether emotion levels affect the frequency within a band (True) or the
# power of the band (False).
WORLDS = {"power of bands": False, "within a band": True}
People = dict[str, list[Recording]]
"""Each person's runs."""

_VERSION = 1
_SIMULATED_RUNS = 2
# Numbers of cross-validation groups are person * _RUNS + run; no person has as many runs.
_RUNS = 1000


Job = tuple[int, str, str, bool]
"""One training: seed, decoder, protocol, and True if labels are shuffled."""


class EmotionRow(NamedTuple):
    """One figure of one person in one training, computed from ``n`` decisions."""

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


def _spread(rows: list[EmotionRow], shuffled: bool) -> str:
    """Format mean and standard deviation over people, after averaging each person's seeds."""
    people: dict[str, list[float]] = {}
    for row in rows:
        if row.shuffled == shuffled:
            people.setdefault(row.person, []).append(row.value)
    return mean_and_sd([float(np.mean(values)) for values in people.values()]) if people else ""


def _n(rows: list[EmotionRow]) -> str:
    n = {row.person: row.n for row in rows if not row.shuffled}
    what = "windows" if rows[0].protocol == "leaky" else "films"
    return f"{len(n)} people, {sum(n.values())} {what}"


_CELLS: dict[str, Cell] = {
    "decoder": first("decoder"),
    "figure": first("name"),
    "mean ± sd": lambda rows: _spread(rows, False),
    "chance": lambda rows: f"{np.mean([row.chance for row in rows if not row.shuffled]):.2f}",
    "labels shuffled": lambda rows: _spread(rows, True),
    "n": _n,
    "seeds": lambda rows: str(len({row.seed for row in rows if not row.shuffled})),
}


def emotion(
    folder: Path | None,
    names: list[str] | None,
    n_people: int,
    n_seeds: int,
    out_file: Path | None,
    workers: Workers = THIS_PROCESS,
    device: str = "cpu",
) -> None:
    """Run the emotion benchmark and print one table per world and protocol.

    Results in ``out_file`` are kept; only missing ones are trained. ``folder`` has the recordings
    of people, and without it ``n_people`` people are simulated. ``names`` are the decoders, by
    default all.
    """
    profile = load_profile("emotion")
    results = Results(
        "emotion", EmotionRow, 6, out_file, figures=_figures,
        version_of=lambda row: version(_VERSION, profile, row.decoder, device=device),
    )  # fmt: skip
    chosen = names or list(STUDIED)
    recorded = _read(folder) if folder is not None else {}
    worlds = list(WORLDS) if folder is None else [_world_of(recorded)]
    for world in worlds:
        _require_same_people(results.rows, world, list(recorded) or _simulated_names(n_people))

    def cut(missing: list[Conditions]) -> _Given:
        needed = dict.fromkeys(world for world, *_ in missing)
        return _Given(
            {world: _cut(recorded or _simulated(n_people, WORLDS[world])) for world in needed},
            device,
        )

    fill(
        results, [(world, *job) for world in worlds for job in _jobs(n_seeds, chosen)], _run,
        workers, cut, kind=lambda each: each[2:4],
    )  # fmt: skip
    for world in worlds:
        for protocol in PROTOCOLS:
            own = [row for row in results.rows if (row.world, row.protocol) == (world, protocol)]
            groups: dict[tuple[str, str], list[EmotionRow]] = {}
            for row in own:
                groups.setdefault((row.decoder, row.name), []).append(row)
            shown = [rows for (decoder, _), rows in groups.items() if decoder in chosen]
            if shown:
                print_table(_title(world, protocol), _CELLS, shown)


class _Given(NamedTuple):
    """Data of all jobs: epochs of each person and signal by world, and the networks' device."""

    worlds: dict[str, tuple[dict[str, Epochs], Signal]]
    device: str


def _require_same_people(rows: list[EmotionRow], world: str, wanted: list[str]) -> None:
    """Check that existing rows of a world have the same people.

    The protocol by subject trains on all people, so results of other people cannot be combined.
    """
    found = {row.person for row in rows if row.world == world}
    if found and found != set(wanted):
        raise RecordingError(
            f"the results of {world!r} are of other people ({shortened(sorted(found))}) than these "
            f"({shortened(wanted)}); give the same, or another --out"
        )


def _title(world: str, protocol: str) -> str:
    title = f"{f'simulated, {world}' if world in WORLDS else world}: {protocol}"
    if protocol == "leaky":
        title += ", windows of the same films in training and test, no measure of anything"
    return title


def _figures(fields: dict[str, Any]) -> dict[str, Any]:
    """Convert a row's fields to figures: the value under its name, chance and ``n``."""
    return {fields.pop("name"): fields.pop("value"), **fields}


def _jobs(n_seeds: int, names: list[str]) -> list[Job]:
    """List the jobs seed by seed, so that a stopped benchmark has all decoders equally often.

    HiSTN with its authors' settings trains ten times as long; it has no jobs with shuffled labels.
    """
    return [
        (seed, name, protocol, shuffled)
        for seed in range(n_seeds)
        for protocol in PROTOCOLS
        for shuffled in ((False,) if protocol == "leaky" else (False, True))
        for name in names
        if not (shuffled and name == PUBLISHED)
    ]


def _run(given: _Given, group: Group) -> list[EmotionRow]:
    (job,) = group
    world, seed, name, protocol, shuffled = job
    people, signal = given.worlds[world]
    epochs = list(people.values())
    if shuffled:
        epochs = [shuffled_films(each, 1000 * seed + k) for k, each in enumerate(epochs)]
    decoder = "histn" if name == PUBLISHED else name
    make = partial(decoders.create, decoder, _params(name, seed, given.device))
    found = run_protocol(protocol, epochs, make, signal)
    rows = []
    for person, decided in zip(people, found, strict=True):
        conditions = (world, seed, name, protocol, shuffled, person)
        for m in extra_measures(decided.classes, decided.probabilities, decided.truth):
            rows.append(EmotionRow(*conditions, m.name, m.value, m.chance, len(decided.truth)))
    return rows


def _params(name: str, seed: int, device: str) -> dict[str, object]:
    if name == PUBLISHED:
        return {"variant": "published", **seeded("histn", seed, device)}
    return seeded(name, seed, device)


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
        name: [
            simulate_run(SubjectSettings(seed, "emotion"), k + 1, each)
            for k, each in enumerate(films)
        ]
        for seed, name in enumerate(_simulated_names(n_people), 1)
    }


def _simulated_names(n_people: int) -> list[str]:
    return [f"simulated {seed}" for seed in range(1, n_people + 1)]


def _cut(found: People) -> tuple[dict[str, Epochs], Signal]:
    profile = load_profile("emotion")
    people: dict[str, Epochs] = {}
    for number, (name, runs) in enumerate(found.items()):
        own = cut_epochs(runs, profile.pipeline, profile.paradigm)
        people[name] = replace(own, runs=own.runs + _RUNS * number)
    assert own.signal is not None
    return people, own.signal
