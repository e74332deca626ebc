"""The benchmark of words on simulated subjects: Du-IN and linear decoders."""

import tempfile
import threading
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import decoders
from bci.cli.benchmark.runner import (
    Cell,
    Conditions,
    Results,
    first,
    n_trials,
    print_table,
    spread_over_people,
    version,
)
from bci.cli.benchmark.study import Group, fill, seeded
from bci.cli.console import note
from bci.evaluation.compare_images import shuffled
from bci.jobs.workers import THIS_PROCESS, Workers
from bci.profiles.profile import DecoderChoice, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.training.epochs import cut_epochs, join_epochs

WORLDS = {"one source a contact": False, "distributed": True}
LEARNT = (1, 4)
"""Numbers of training runs, each with six trials per word."""
_TOP = 3
_VERSION = 1
_PRETRAINED = "duin, pretrained"
_DECODERS = ("high-gamma-lda", "tangent-space", "duin", _PRETRAINED)
# Decoders for which another seed changes the shuffled labels only.
_SEEDLESS = ("high-gamma-lda", "tangent-space")
# Runs of the same person whose labels are not used, for pretraining.
_UNLABELLED = range(101, 105)
# Subject 1 is left out, because the profile's band and Du-IN's learning rate were chosen on it.
_FIRST_SUBJECT = 2
# Epochs of each stage of pretraining; half the command's default, which was no better on subject 1.
_EPOCHS = 20


class SpeechRow(NamedTuple):
    """One decoder on one simulated subject, tested on a held-out run."""

    world: str
    n_runs: int
    is_shuffled: bool
    decoder: str
    subject: int
    seed: int
    accuracy: float
    in_top: float
    n_trials: int
    chance: float


CELLS: dict[str, Cell] = {
    "runs learnt": lambda rows: f"{rows[0].n_runs}{', labels shuffled' * rows[0].is_shuffled}",
    "decoder": first("decoder"),
    "accuracy": spread_over_people("accuracy"),
    f"in the first {_TOP}": spread_over_people("in_top"),
    "chance": lambda rows: f"{np.mean([row.chance for row in rows]):.2f}",
    "n": n_trials,
}


def speech(
    n_subjects: int,
    n_seeds: int,
    out_file: Path | None,
    workers: Workers = THIS_PROCESS,
    device: str = "cpu",
) -> None:
    """Run the benchmark of words and print its tables; keep the results in ``out_file``."""
    profile = load_profile("speech")

    def version_of(row: SpeechRow) -> str:
        epochs = _EPOCHS if row.decoder == _PRETRAINED else 0
        return version(_VERSION, profile, row.decoder, WORLDS[row.world], epochs, device=device)

    results = Results("speech", SpeechRow, 6, out_file, version_of=version_of)
    subjects = range(_FIRST_SUBJECT, _FIRST_SUBJECT + n_subjects)
    # All subjects with one seed first, and pretraining, which takes longest, last. So a stopped
    # benchmark has complete rows.
    wanted = [
        (world, *job, subject, seed)
        for pretrained in (False, True)
        for seed in range(n_seeds)
        for subject in subjects
        for world in WORLDS
        for job in _jobs(seed)
        if (job[-1] == _PRETRAINED) == pretrained
    ]
    n_before = len(results.rows)
    if n_before:
        _print(results.rows, subjects)
        note(f"trained now: what {out_file} lacks")
    n_rows = fill(
        results, wanted, partial(_score, device), workers,
        # One base model for all trainings that start from it.
        together=lambda each: (each[0], *each[4:]) if each[3] == _PRETRAINED else each,
        kind=lambda each: each[1:4],
    )  # fmt: skip
    if n_rows or not n_before:
        _print(results.rows, subjects)


def _score(device: str, _given: None, group: Group) -> list[SpeechRow]:
    """Make rows of one subject: of one decoder, or of all trainings that start from a base."""
    world, _, _, name, subject, seed = group[0]
    person = _person(world, subject)
    base = person.pretrain(seed, device) if name == _PRETRAINED else None
    return [person.score(each, base, device) for each in group]


def _params(name: str, seed: int, device: str) -> dict[str, object]:
    return seeded("duin" if name == _PRETRAINED else name, seed, device)


def _print(rows: list[SpeechRow], subjects: range) -> None:
    rows = [row for row in rows if row.subject in subjects]
    for world in WORLDS:
        groups = [[row for row in rows if row[:4] == (world, *job)] for job in _jobs(0)]
        print_table(f"simulated subjects, world: {world}", CELLS, groups)


def _jobs(seed: int) -> list[tuple[int, bool, str]]:
    """List the trainings of a seed: number of runs, True if labels are shuffled, and decoder.

    Trainings that do not depend on the seed are listed for seed 0 only.
    """
    kinds = [(n_runs, False) for n_runs in LEARNT] + [(LEARNT[-1], True)]
    jobs = [(*kind, decoder) for kind in kinds for decoder in _DECODERS]
    return [job for job in jobs if seed == 0 or job[1] or job[2] not in _SEEDLESS]


@lru_cache(maxsize=1)
def _person(world: str, subject: int) -> "_Person":
    """Simulate a subject; the last result is cached for consecutive jobs."""
    return _Person(world, subject)


class _Person:
    """A simulated subject's runs: training runs, one test run, and runs without labels."""

    def __init__(self, world: str, subject: int) -> None:
        self._world, self._subject = world, subject
        self._profile = load_profile("speech")
        pipeline, paradigm = self._profile.pipeline, self._profile.paradigm
        # Run by run, because the signal of all runs would take gigabytes.
        self._cut = [
            cut_epochs([self._simulate(run)], pipeline, paradigm)
            for run in range(1, LEARNT[-1] + 2)
        ]

    def score(
        self, conditions: Conditions, base: dict[str, NDArray[np.generic]] | None, device: str
    ) -> SpeechRow:
        """Train a decoder, from ``base`` unless it is None, and test it."""
        world, n_runs, is_shuffled, name, subject, seed = conditions
        *earlier, test = self._cut
        given = join_epochs(earlier[:n_runs], apart=1)
        if is_shuffled:
            given = shuffled(given, 1000 * seed + self._subject)
        params = _params(name, seed, device)
        decoder = decoders.create("duin" if name == _PRETRAINED else name, params, base)
        decoder.fit(given.windows, given.labels, groups=given.runs, signal=given.signal)
        odds = np.stack([decoder.predict_proba(window) for window in test.windows])
        best = np.array(decoder.classes)[np.argsort(-odds, axis=1)]
        _, counts = np.unique(test.labels, return_counts=True)
        accuracy = float((best[:, 0] == test.labels).mean())
        in_top = float((best[:, :_TOP] == test.labels[:, None]).any(axis=1).mean())
        chance = float(counts.max() / counts.sum())
        return SpeechRow(
            world, n_runs, is_shuffled, name, subject, seed,
            accuracy, in_top, len(test.labels), chance,
        )  # fmt: skip

    def pretrain(self, seed: int, device: str) -> dict[str, NDArray[np.generic]]:
        """Make a base model as ``bci pretrain-speech`` does, from this person's unlabelled runs."""
        from decoders.neural.duin_base import make_base
        from decoders.neural.duin_pretraining import PretrainingSettings
        from devices.simulated.subject import write_run

        choice = DecoderChoice(name="duin", params={"device": device})
        profile = self._profile.model_copy(update={"decoder": choice})
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{run}_raw.fif" for run in _UNLABELLED]
            for run, file in zip(_UNLABELLED, files, strict=True):
                write_run(self._simulate(run), file)
            _, arrays, described = make_base(
                {"": [read_recording(file) for file in files]}, profile, "base",
                PretrainingSettings(unit_epochs=_EPOCHS, masked_epochs=_EPOCHS, seed=seed),
                Path(folder) / "unfinished.safetensors", threading.Event().is_set,
                lambda _step: None,
            )  # fmt: skip
        note(
            f"{self._world}, subject {self._subject}: units explain {described.explained:.3f} of "
            f"the power's variance, at most {described.bound:.3f} of a Gaussian's"
        )
        return arrays

    def _simulate(self, run: int) -> Recording:
        from devices.simulated.montages import positions
        from devices.simulated.scenarios import speech as scenario
        from devices.simulated.subject import TASKS, SubjectSettings, simulate_run

        places = positions(TASKS["speech"].channels())
        own = scenario(places, speaker=self._subject, is_distributed=WORLDS[self._world])
        return simulate_run(SubjectSettings(self._subject, "speech"), run, own)
