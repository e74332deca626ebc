"""The benchmark of words, on simulated subjects: Du-IN, pretrained or not, against plain ones."""

import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import decoders
from bci.cli.benchmark.runner import Cell, Results, first, n_trials, print_table, spread, tracked
from bci.cli.console import note
from bci.evaluation.compare_images import shuffled
from bci.interfaces import Decoder
from bci.profiles.profile import DecoderChoice, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording
from bci.training.epochs import cut_epochs, join_epochs

WORLDS = {"one source a contact": False, "distributed": True}
LEARNT = (1, 4)
"""Runs learnt from, each with six trials a word."""
_TOP = 3
_PRETRAINED = "duin, pretrained"
_DECODERS = ("high-gamma-lda", "tangent-space", "duin", _PRETRAINED)
# Recorded by the same person, its words never looked at.
_UNLABELLED = range(101, 105)
# On subject 1 the profile's band and Du-IN's learning rate were chosen.
_FIRST_SUBJECT = 2
# Of each stage; half of what the command takes, with which subject 1 fared no better.
_EPOCHS = 20


class SpeechRow(NamedTuple):
    """One decoder on one simulated subject, tested on a run that it has not seen."""

    world: str
    n_runs: int
    is_shuffled: bool
    decoder: str
    subject: int
    accuracy: float
    in_top: float
    n_trials: int
    chance: float


_CELLS: dict[str, Cell] = {
    "runs learnt": lambda rows: f"{rows[0].n_runs}{', labels shuffled' * rows[0].is_shuffled}",
    "decoder": first("decoder"),
    "accuracy": spread("accuracy"),
    f"in the first {_TOP}": spread("in_top"),
    "chance": lambda rows: f"{np.mean([row.chance for row in rows]):.2f}",
    "n": n_trials,
}


def speech(n_subjects: int, out_file: Path | None) -> None:
    """Print the tables; go on where a file left off."""
    results = Results("speech", SpeechRow, 5, out_file)
    subjects = range(_FIRST_SUBJECT, _FIRST_SUBJECT + n_subjects)
    # Pretraining takes longest and comes last, so a stopped benchmark has all other results.
    todo = [
        (world, subject, pretrained)
        for pretrained in (False, True)
        for subject in subjects
        for world in WORLDS
    ]
    n_before = len(results.rows)
    if n_before:
        _print(results.rows, subjects)
    if 0 < n_before < n_subjects * len(WORLDS) * len(_jobs()):
        note(f"trained now: what {out_file} lacks")
    for world, subject, pretrained in tracked(todo, "Trainings"):
        jobs = [job for job in _jobs() if (job[-1] == _PRETRAINED) == pretrained]
        missing = [job for job in jobs if results.lacks(world, *job, subject)]
        person = _Person(world, subject) if missing else None
        for job in missing:
            assert person is not None
            results.add([person.score(*job)])
    if len(results.rows) > n_before:
        _print(results.rows, subjects)


def _print(rows: list[SpeechRow], subjects: range) -> None:
    rows = [row for row in rows if row.subject in subjects]
    for world in WORLDS:
        groups = [[row for row in rows if row[:4] == (world, *job)] for job in _jobs()]
        print_table(f"simulated subjects, world: {world}", _CELLS, groups)


def _jobs() -> list[tuple[int, bool, str]]:
    """Runs learnt, whether labels are shuffled, and decoder."""
    kinds = [(n_runs, False) for n_runs in LEARNT] + [(LEARNT[-1], True)]
    return [(*kind, decoder) for kind in kinds for decoder in _DECODERS]


class _Person:
    """A simulated subject's runs: to learn from, one to be tested on, some without labels."""

    def __init__(self, world: str, subject: int) -> None:
        self._world, self._subject = world, subject
        self._profile = load_profile("speech")
        pipeline, paradigm = self._profile.pipeline, self._profile.paradigm
        # Run by run, since the signal of all would take gigabytes.
        self._cut = [
            cut_epochs([self._simulate(run)], pipeline, paradigm)
            for run in range(1, LEARNT[-1] + 2)
        ]
        self._base: dict[str, NDArray[np.generic]] | None = None

    def score(self, n_runs: int, is_shuffled: bool, name: str) -> SpeechRow:
        """Train a decoder and test it."""
        *earlier, test = self._cut
        given = join_epochs(earlier[:n_runs], apart=1)
        if is_shuffled:
            given = shuffled(given, self._subject)
        decoder = self._make(name)
        decoder.fit(given.windows, given.labels, groups=given.runs, signal=given.signal)
        odds = np.stack([decoder.predict_proba(window) for window in test.windows])
        best = np.array(decoder.classes)[np.argsort(-odds, axis=1)]
        _, counts = np.unique(test.labels, return_counts=True)
        accuracy = float((best[:, 0] == test.labels).mean())
        in_top = float((best[:, :_TOP] == test.labels[:, None]).any(axis=1).mean())
        chance = float(counts.max() / counts.sum())
        conditions = (self._world, n_runs, is_shuffled, name, self._subject)
        return SpeechRow(*conditions, accuracy, in_top, len(test.labels), chance)

    def _make(self, name: str) -> Decoder:
        if name != _PRETRAINED:
            return decoders.create(name)
        if self._base is None:
            self._base = self._pretrain()
        return decoders.create("duin", {}, self._base)

    def _pretrain(self) -> dict[str, NDArray[np.generic]]:
        """What ``bci pretrain-speech`` makes of this person's recordings without labels."""
        from decoders.neural.duin_base import make_base
        from decoders.neural.duin_pretraining import PretrainingSettings
        from devices.simulated.subject import write_run

        profile = self._profile.model_copy(update={"decoder": DecoderChoice(name="duin")})
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{run}_raw.fif" for run in _UNLABELLED]
            for run, file in zip(_UNLABELLED, files, strict=True):
                write_run(self._simulate(run), file)
            _, arrays = make_base(
                [read_recording(file) for file in files], profile, "base",
                PretrainingSettings(unit_epochs=_EPOCHS, masked_epochs=_EPOCHS),
                Path(folder) / "unfinished.safetensors", threading.Event().is_set,
                lambda _step: None,
            )  # fmt: skip
        return arrays

    def _simulate(self, run: int) -> Recording:
        from devices.simulated.montages import positions
        from devices.simulated.scenarios import speech as scenario
        from devices.simulated.subject import TASKS, SubjectSettings, simulate_run

        places = positions(TASKS["speech"].channels())
        own = scenario(places, speaker=self._subject, is_distributed=WORLDS[self._world])
        return simulate_run(SubjectSettings(self._subject, "speech"), run, own)
