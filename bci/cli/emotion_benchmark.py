"""The emotion benchmark: decoders of levels times protocols, on simulated or recorded people."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.progress import track
from rich.table import Table

import decoders
from bci.cli.console import err, out
from bci.errors import RecordingError
from bci.level_protocols import PROTOCOLS, run_protocol, shuffled_films
from bci.measures import measures
from bci.pipeline import Pipeline
from bci.profile import load_profile
from bci.recording.reading import read_recording
from bci.trials import Epochs, cut_epochs
from bci.types import Recording, Signal

_SIMULATED_RUNS = 2
# A group is a run of a person: none has as many runs.
_RUNS = 1000


class Row(NamedTuple):
    """One figure of one person in one training, of ``n`` decisions."""

    decoder: str
    protocol: str
    shuffled: bool
    person: str
    seed: int
    name: str
    value: float
    chance: float
    n: int


def emotion(
    folder: Path | None,
    names: list[str] | None,
    n_people: int,
    n_seeds: int,
    out_file: Path | None,
) -> None:
    """Print a table a protocol; go on where a file left off.

    Raises
    ------
    RecordingError
        If the folder holds no person's recordings, or the file holds something else.
    """
    people, signal, simulated = _read(folder, n_people)
    chosen = names or list(decoders.OF_LEVELS)
    rows = _load(out_file)
    jobs = [
        (seed, name, protocol, shuffled)
        for seed in range(n_seeds)
        for protocol in PROTOCOLS
        for shuffled in ((False,) if protocol == "leaky" else (False, True))
        for name in chosen
    ]
    for seed, name, protocol, shuffled in track(jobs, "Training", transient=True, console=err):
        if any((r.decoder, r.protocol, r.shuffled, r.seed) == (name, protocol, shuffled, seed)
               for r in rows):  # fmt: skip
            continue
        given = list(people.values())
        if shuffled:
            given = [shuffled_films(each, 1000 * seed + k) for k, each in enumerate(given)]
        params: dict[str, object] = {"seed": seed} if name == "histn" else {}
        make = partial(decoders.create, name, params)
        for person, said in zip(people, run_protocol(protocol, given, make, signal), strict=True):
            rows += [
                Row(name, protocol, shuffled, person, seed, m.name, m.value, m.chance,
                    len(said.truth))
                for m in measures(said.classes, said.probabilities, said.truth)
            ]  # fmt: skip
        if out_file is not None:
            _save(rows, out_file)
    shown = [row for row in rows if row.decoder in chosen]
    for protocol in PROTOCOLS:
        _print(protocol, shown, simulated)


def _read(folder: Path | None, n_people: int) -> tuple[dict[str, Epochs], Signal, bool]:
    profile = load_profile("emotion")
    if folder is None:
        found = {f"simulated {k + 1}": _simulated(k + 1) for k in range(n_people)}
    else:
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
    people: dict[str, Epochs] = {}
    for number, (name, runs) in enumerate(found.items()):
        own = cut_epochs(runs, profile.pipeline, profile.paradigm)
        people[name] = replace(own, runs=own.runs + _RUNS * number)
        last = runs[-1].info
    chain = Pipeline(profile.pipeline, last).chain
    simulated = any(run.info.simulated for runs in found.values() for run in runs)
    return people, Signal(chain.sfreq, chain.channels), simulated


def _simulated(seed: int) -> list[Recording]:
    from devices.simulated_subject import SubjectSettings, simulate_run

    settings = SubjectSettings(seed, "emotion")
    return [simulate_run(settings, run) for run in range(1, _SIMULATED_RUNS + 1)]


def _print(protocol: str, rows: list[Row], simulated: bool) -> None:
    own = [row for row in rows if row.protocol == protocol]
    if not own:
        return
    people = {row.person for row in own}
    title = protocol
    if protocol == "leaky":
        title += ": windows of the same films in training and test, no measure of anything"
    table = Table(
        "decoder", "figure", "mean ± sd", "chance", "labels shuffled", "n", "seeds",
        title=f"{title}{' (simulated signal)' if simulated else ''}",
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


def _save(rows: list[Row], file: Path) -> None:
    new = file.with_name(f".{file.name}.new")
    new.write_text(json.dumps(rows, indent=0), encoding="utf-8")
    new.replace(file)
