"""The benchmark of seen images, on simulated subjects: network against ridge regression."""

import tempfile
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import decoders
from bci.cli.benchmark.runner import (
    Cell,
    Results,
    first,
    n_trials,
    print_table,
    spread_over_people,
    version,
)
from bci.cli.benchmark.study import Group, fill, seeded
from bci.evaluation.compare_images import find_images, part_of, shuffled
from bci.jobs.workers import THIS_PROCESS, Workers
from bci.profiles.profile import Profile, load_profile
from bci.tasks.image_gallery import Gallery, save_gallery
from bci.training.epochs import Epochs, cut_epochs, join_epochs

_VERSION = 1
_WHOLE = "0-0.8 s"
_PARTS = {"0-0.2 s": (0.0, 0.2), "0.2-0.4 s": (0.2, 0.4), "0.4-0.8 s": (0.4, 0.8)}
# Simulated worlds, as arguments of `scenarios.images`. The evoked response is about half of that of
# the demo's subject, which is decoded after two runs.
WORLDS: dict[str, dict[str, Any]] = {
    "linear": {"amplitude_uv": 12.0},
    "weak is late": {"amplitude_uv": 12.0, "latency_jitter_s": 0.08},
    "induced": {"is_induced": True},
}
# Number of training runs of each protocol, and True if each run shows other images.
UNSEEN_FEW, UNSEEN = "unseen images, 6 runs learnt", "unseen images, 25 runs learnt"
LATER = "seen images, 6 runs learnt"
_LEARNT = {UNSEEN_FEW: (6, True), LATER: (6, False), UNSEEN: (25, True)}
# There are too few trials for the published size, with which the network learns less here.
PARAMS: dict[str, dict[str, object]] = {"image-ridge": {}, "meg-images": {"size": "small"}}


Job = tuple[str, str, bool, str]
"""One training: protocol, window, True if labels are shuffled, and decoder."""


class ImagesRow(NamedTuple):
    """One decoder on one simulated subject."""

    world: str
    protocol: str
    window: str
    is_shuffled: bool
    decoder: str
    subject: int
    seed: int
    top_1: float
    top_5: float
    median_rank: float
    n_trials: int
    n_candidates: int


def _chance(rows: list[ImagesRow]) -> str:
    n = float(np.mean([row.n_candidates for row in rows]))
    return f"{1 / n:.3f}, {5 / n:.3f}, {(n + 1) / 2:.1f}"


CELLS: dict[str, Cell] = {
    "": lambda rows: rows[0].protocol + (", labels shuffled" if rows[0].is_shuffled else ""),
    "window": first("window"),
    "decoder": first("decoder"),
    "top-1": spread_over_people("top_1"),
    "top-5": spread_over_people("top_5"),
    "median rank": spread_over_people("median_rank", 1),
    "chance": _chance,
    "n": n_trials,
}


def images(
    n_subjects: int,
    n_seeds: int,
    out_file: Path | None,
    workers: Workers = THIS_PROCESS,
    device: str = "cpu",
) -> None:
    """Run the benchmark of seen images and print its tables; keep the results in ``out_file``."""
    profile = load_profile("images")

    def version_of(row: ImagesRow) -> str:
        settings = WORLDS[row.world], PARAMS[row.decoder]
        return version(_VERSION, profile, row.decoder, *settings, device=device)

    results = Results("images", ImagesRow, 7, out_file, version_of=version_of)
    # Few runs and one seed first, so that a stopped benchmark has complete rows.
    wanted = [
        (world, *job, subject, seed)
        for seed in range(n_seeds)
        for protocol in _LEARNT
        for subject in range(1, n_subjects + 1)
        for world in WORLDS
        for job in _jobs(seed)
        if job[0] == protocol
    ]
    fill(results, wanted, partial(_run, device), workers, kind=lambda each: each[1:5])
    rows = [row for row in results.rows if row.subject <= n_subjects]
    for world in WORLDS:
        groups = [[row for row in rows if row[:5] == (world, *job)] for job in _jobs(0)]
        print_table(f"simulated subjects, world: {world}", CELLS, groups)


def _jobs(seed: int) -> list[Job]:
    """List the trainings of a seed; for ridge regression, a seed changes shuffled labels only."""
    kinds = [(protocol, _WHOLE, False) for protocol in _LEARNT]
    kinds += [(UNSEEN_FEW, _WHOLE, True), (UNSEEN, _WHOLE, True)]
    kinds += [(UNSEEN, part, False) for part in _PARTS]
    jobs = [(*kind, decoder) for kind in kinds for decoder in PARAMS]
    return [job for job in jobs if seed == 0 or job[2] or job[3] != "image-ridge"]


def _run(device: str, _given: None, group: Group) -> list[ImagesRow]:
    (conditions,) = group
    world, protocol, window, is_shuffled, name, subject, seed = conditions
    given, tested = _simulated(subject, world, protocol)
    with tempfile.TemporaryDirectory() as folder:
        galleries = _galleries(given, tested, Path(folder))
        if is_shuffled:
            given = shuffled(given, 1000 * seed + subject)
        if window in _PARTS:
            given, tested = (part_of(each, *_PARTS[window]) for each in (given, tested))
        params = {**_params(name, seed, device), **galleries}
        score = find_images(given, tested, partial(decoders.create, name, params))
    return [ImagesRow(*conditions, **score._asdict())]


def _params(name: str, seed: int, device: str) -> dict[str, object]:
    return {**PARAMS[name], **seeded(name, seed, device)}


@lru_cache(maxsize=1)
def _simulated(subject: int, world: str, protocol: str) -> tuple[Epochs, Epochs]:
    """Simulate epochs; the last result is cached, since consecutive jobs usually share it."""
    return _simulate(subject, WORLDS[world], *_LEARNT[protocol], load_profile("images"))


def _galleries(training: Epochs, test: Epochs, folder: Path) -> dict[str, object]:
    """Write galleries of the training images and of the test images; return decoder parameters."""
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
    """Simulate ``n_runs`` training runs and one test run; return the epochs of both.

    With ``is_unseen``, each run shows other images.
    """
    from devices.simulated import scenarios
    from devices.simulated.subject import SubjectSettings, simulate_run

    cut: list[Epochs] = []
    for run in range(1, n_runs + 2):
        first = 1 + scenarios.N_IMAGES * (run - 1) * is_unseen
        scenario = scenarios.images(first_image=first, **response)
        recording = simulate_run(SubjectSettings(subject, "images"), run, scenario)
        # Run by run, because the signal of all runs would take gigabytes.
        cut.append(cut_epochs([recording], profile.pipeline, profile.paradigm))
    *earlier, last = cut
    return join_epochs(earlier, apart=1000), last
