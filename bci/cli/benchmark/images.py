"""The benchmark of seen images, on simulated subjects: network against ridge regression."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import decoders
from bci.cli.benchmark.runner import Cell, Results, first, n_trials, print_table, spread, tracked
from bci.evaluation.compare_images import RetrievalScore, find_images, part_of, shuffled
from bci.profiles.profile import Profile, load_profile
from bci.tasks.image_gallery import Gallery, save_gallery
from bci.training.epochs import Epochs, cut_epochs, join_epochs

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


Job = tuple[str, str, bool, str]
"""What one row takes: protocol, window, whether labels are shuffled, and decoder."""


class ImagesRow(NamedTuple):
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


def _chance(rows: list[ImagesRow]) -> str:
    n = float(np.mean([row.n_candidates for row in rows]))
    return f"{1 / n:.3f}, {5 / n:.3f}, {(n + 1) / 2:.1f}"


_CELLS: dict[str, Cell] = {
    "": lambda rows: "labels shuffled" if rows[0].is_shuffled else rows[0].protocol,
    "window": first("window"),
    "decoder": first("decoder"),
    "top-1": spread("top_1"),
    "top-5": spread("top_5"),
    "median rank": spread("median_rank", 1),
    "chance": _chance,
    "n": n_trials,
}


def images(n_subjects: int, out_file: Path | None) -> None:
    """Print the tables; go on where a file left off."""
    results = Results("images", ImagesRow, 6, out_file)
    todo = [(world, subject) for subject in range(1, n_subjects + 1) for world in WORLDS]
    for world, subject in tracked(todo, "Simulated subjects"):
        missing = [job for job in _jobs() if results.lacks(world, *job, subject)]
        for job, found in _run(world, subject, missing):
            results.add([ImagesRow(world, *job, subject, **found._asdict())])
    rows = [row for row in results.rows if row.subject <= n_subjects]
    for world in WORLDS:
        groups = [[row for row in rows if row[:5] == (world, *job)] for job in _jobs()]
        print_table(f"simulated subjects, world: {world}", _CELLS, groups)


def _jobs() -> list[Job]:
    kinds = [(protocol, _WHOLE, False) for protocol in _LEARNT] + [(UNSEEN, _WHOLE, True)]
    kinds += [(UNSEEN, part, False) for part in _PARTS]
    return [(*kind, decoder) for kind in kinds for decoder in PARAMS]


def _run(world: str, subject: int, jobs: list[Job]) -> Iterator[tuple[Job, RetrievalScore]]:
    profile = load_profile("images")
    for protocol in dict.fromkeys(job[0] for job in jobs):
        training, test = _simulate(subject, WORLDS[world], *_LEARNT[protocol], profile)
        with tempfile.TemporaryDirectory() as folder:
            params = _galleries(training, test, Path(folder))
            for job in (job for job in jobs if job[0] == protocol):
                _, window, is_shuffled, name = job
                given, tested = training, test
                if is_shuffled:
                    given = shuffled(given, subject)
                if window in _PARTS:
                    given, tested = (part_of(each, *_PARTS[window]) for each in (given, tested))
                make = partial(decoders.create, name, {**PARAMS[name], **params})
                yield job, find_images(given, tested, make)


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
) -> tuple[Epochs, Epochs]:  # fmt: skip
    """Epochs of the runs to learn from, and of one more; each with other images, or all alike."""
    from devices.simulated import scenarios
    from devices.simulated.subject import SubjectSettings, simulate_run

    cut: list[Epochs] = []
    for run in range(1, n_runs + 2):
        first = 1 + scenarios.N_IMAGES * (run - 1) * is_unseen
        scenario = scenarios.images(first_image=first, **response)
        recording = simulate_run(SubjectSettings(subject, "images"), run, scenario)
        # Run by run, since the signal of all would take gigabytes.
        cut.append(cut_epochs([recording], profile.pipeline, profile.paradigm))
    *earlier, last = cut
    return join_epochs(earlier, apart=1000), last
