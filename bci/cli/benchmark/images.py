"""The benchmark of seen images, on simulated subjects: network against ridge regression."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

import decoders
from bci.cli import events
from bci.cli.benchmark.results_file import check_place, write
from bci.cli.benchmark.trainings import emit_outcome, tracked
from bci.cli.console import out
from bci.errors import RecordingError
from bci.evaluation.compare_images import RetrievalScore, find_images, part_of, shuffled
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile, load_profile
from bci.signals import Signal
from bci.tasks.image_gallery import Gallery, save_gallery
from bci.training.epochs import Epochs, cut_epochs

_WHOLE = "0-0.8 s"
_PARTS = {"0-0.2 s": (0.0, 0.2), "0.2-0.4 s": (0.2, 0.4), "0.4-0.8 s": (0.4, 0.8)}
# How a simulated person responds: what differs from `scenarios.images`. An evoked response is about
# half of what the demo's subject shows, which is told after two runs.
WORLDS: dict[str, dict[str, Any]] = {
    "linear": {"amplitude_uv": 12.0},
    "weak is late": {"amplitude_uv": 12.0, "latency_jitter_s": 0.08},
    "induced": {"is_induced": True},
}
# Protocol: how many runs are learnt from, and whether each shows other images.
UNSEEN_FEW, UNSEEN = "unseen images, 6 runs learnt", "unseen images, 25 runs learnt"
LATER = "seen images, 6 runs learnt"
_LEARNT = {UNSEEN_FEW: (6, True), UNSEEN: (25, True), LATER: (6, False)}
# Few trials for the published size; with it the network learns less here.
PARAMS: dict[str, dict[str, object]] = {"image-ridge": {}, "meg-images": {"size": "small"}}


class Row(NamedTuple):
    """One decoder on one simulated subject."""

    world: str
    protocol: str
    window: str
    is_shuffled: bool
    decoder: str
    subject: int
    top_1: float
    top_5: float
    median_rank: float
    n_trials: int
    n_candidates: int


class Job(NamedTuple):
    """What one row takes."""

    protocol: str
    window: str
    is_shuffled: bool
    decoder: str


def images(n_subjects: int, out_file: Path | None) -> None:
    """Print the tables; go on where a file left off.

    Raises
    ------
    RecordingError
        If the file holds something else, or cannot be written.
    """
    check_place(out_file)
    rows = _load(out_file)
    todo = [(world, subject) for subject in range(1, n_subjects + 1) for world in WORLDS]
    for world, subject in tracked(todo, "Simulated subjects"):
        done = {row[:6] for row in rows}
        missing = [job for job in _jobs() if (world, *job, subject) not in done]
        if not missing:
            continue
        for job, found in _run(world, subject, missing):
            rows.append(
                Row(world, *job, subject, found.top_1, found.top_5, found.median_rank,
                    found.n_trials, found.n_candidates)
            )  # fmt: skip
            _emit(rows[-1])
            if out_file is not None:
                write(out_file, json.dumps(rows, indent=0))
    if events.wanted():
        return
    for world in WORLDS:
        _print(world, [row for row in rows if row.world == world and row.subject <= n_subjects])


def _emit(row: Row) -> None:
    of = row._asdict()
    names = ("top_1", "top_5", "median_rank", "n_trials", "n_candidates")
    emit_outcome("images", of, {name: of.pop(name) for name in names})


def _jobs() -> list[Job]:
    kinds = [(protocol, _WHOLE, False) for protocol in _LEARNT] + [(UNSEEN, _WHOLE, True)]
    kinds += [(UNSEEN, part, False) for part in _PARTS]
    return [Job(*kind, decoder) for kind in kinds for decoder in PARAMS]


def _run(world: str, subject: int, jobs: list[Job]) -> Iterator[tuple[Job, RetrievalScore]]:
    profile = load_profile("images")
    for protocol in dict.fromkeys(job.protocol for job in jobs):
        training, test, signal = _simulate(subject, WORLDS[world], *_LEARNT[protocol], profile)
        with tempfile.TemporaryDirectory() as folder:
            params = _galleries(training, test, Path(folder))
            for job in (job for job in jobs if job.protocol == protocol):
                given, asked = training, test
                if job.is_shuffled:
                    given = shuffled(given, subject)
                if job.window in _PARTS:
                    given, asked = (
                        part_of(each, *_PARTS[job.window], signal.sfreq) for each in (given, asked)
                    )
                make = partial(decoders.create, job.decoder, {**PARAMS[job.decoder], **params})
                yield job, find_images(given, asked, make, signal)


def _galleries(training: Epochs, test: Epochs, folder: Path) -> dict[str, object]:
    """Files of what is learnt and of what is asked, as parameters of a decoder."""
    from devices.simulated.scenarios import image_vector

    params: dict[str, object] = {}
    for role, epochs in (("gallery", training), ("candidates", test)):
        names = tuple(str(name) for name in np.unique(epochs.labels))
        vectors = np.array([image_vector(name) for name in names], dtype=np.float32)
        file = folder / f"{role}.safetensors"
        save_gallery(Gallery(names, vectors, "simulated image vectors"), file)
        params[role] = str(file)
    return params


def _simulate(
    subject: int, response: dict[str, Any], n_runs: int, is_unseen: bool, profile: Profile
) -> tuple[Epochs, Epochs, Signal]:  # fmt: skip
    """Epochs of the runs to learn from, and of one more; each with other images, or all alike."""
    from devices.simulated import scenarios
    from devices.simulated.subject import SubjectSettings, simulate_run

    cut: list[Epochs] = []
    for run in range(1, n_runs + 2):
        first = 1 + scenarios.N_IMAGES * (run - 1) * is_unseen
        scenario = scenarios.images(first_image=first, **response)
        recording = simulate_run(SubjectSettings(subject, "images"), run, scenario)
        own = cut_epochs([recording], profile.pipeline, profile.paradigm)
        # Run by run, since the signal of all would take gigabytes.
        cut.append(replace(own, runs=own.runs + run, trials=own.trials + 1000 * run))
    chain = Pipeline(profile.pipeline, recording.info).chain
    *earlier, last = cut
    together = replace(
        last,
        windows=np.concatenate([each.windows for each in earlier]),
        labels=np.concatenate([each.labels for each in earlier]),
        trials=np.concatenate([each.trials for each in earlier]),
        runs=np.concatenate([each.runs for each in earlier]),
        items=np.concatenate([each.items for each in earlier if each.items is not None]),
    )
    return together, last, Signal(chain.sfreq, chain.channels)


def _print(world: str, rows: list[Row]) -> None:
    table = Table("", "window", "decoder", "top-1", "top-5", "median rank", "chance", "n",
                  title=f"simulated subjects, world: {world}")  # fmt: skip
    for job in _jobs():
        own = [row for row in rows if Job(*row[1:5]) == job]
        if not own:
            continue
        n = float(np.mean([row.n_candidates for row in own]))
        table.add_row(
            "labels shuffled" if job.is_shuffled else job.protocol, job.window, job.decoder,
            _spread([row.top_1 for row in own]), _spread([row.top_5 for row in own]),
            _spread([row.median_rank for row in own], 1),
            f"{1 / n:.3f}, {5 / n:.3f}, {(n + 1) / 2:.1f}",
            f"{len(own)} subjects, {sum(row.n_trials for row in own)} trials",
        )  # fmt: skip
    out.print(table)


def _spread(values: list[float], digits: int = 2) -> str:
    return (
        f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=min(1, len(values) - 1)):.{digits}f}"
    )


def _load(file: Path | None) -> list[Row]:
    if file is None or not file.exists():
        return []
    try:
        return [Row(*row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise RecordingError(
            f"{file}: not a file of this benchmark's results; give another --out"
        ) from error
