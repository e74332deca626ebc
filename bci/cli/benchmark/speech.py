"""The benchmark of words, on simulated subjects: Du-IN, pretrained or not, against plain ones."""

import json
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

import decoders
from bci.cli import events
from bci.cli.benchmark.results_file import check_place, write
from bci.cli.benchmark.trainings import emit_outcome, tracked
from bci.cli.console import note, out
from bci.errors import RecordingError
from bci.interfaces import Decoder
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import DecoderChoice, load_profile
from bci.recording.read import read_recording
from bci.signals import Recording, Signal
from bci.training.epochs import Epochs, cut_epochs

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


class Row(NamedTuple):
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


class Job(NamedTuple):
    """What one row takes."""

    n_runs: int
    is_shuffled: bool
    decoder: str


def speech(n_subjects: int, out_file: Path | None) -> None:
    """Print the tables; go on where a file left off.

    Raises
    ------
    RecordingError
        If the file holds something else, or cannot be written.
    """
    check_place(out_file)
    rows = _load(out_file)
    subjects = range(_FIRST_SUBJECT, _FIRST_SUBJECT + n_subjects)
    # Pretraining takes longest and comes last, so that what is stopped tells the rest of all.
    todo = [
        (world, subject, pretrained)
        for pretrained in (False, True)
        for subject in subjects
        for world in WORLDS
    ]
    if rows:
        _print_all(rows, subjects)
    n_before = len(rows)
    if 0 < n_before < n_subjects * len(WORLDS) * len(_jobs()):
        note(f"trained now: what {out_file} lacks")
    for world, subject, pretrained in tracked(todo, "Trainings"):
        done = {row[:5] for row in rows}
        missing = [
            job
            for job in _jobs()
            if (job.decoder == _PRETRAINED) == pretrained and (world, *job, subject) not in done
        ]
        if not missing:
            continue
        person = _Person(world, subject)
        for job in missing:
            rows.append(person.score(job))
            _emit(rows[-1])
            if out_file is not None:
                write(out_file, json.dumps(rows, indent=0))
    if len(rows) > n_before:
        _print_all(rows, subjects)


def _emit(row: Row) -> None:
    of = row._asdict()
    figures = {name: of.pop(name) for name in ("accuracy", "in_top", "n_trials", "chance")}
    emit_outcome("speech", of, figures)


def _print_all(rows: list[Row], subjects: range) -> None:
    if events.wanted():
        return
    for world in WORLDS:
        _print(world, [row for row in rows if row.world == world and row.subject in subjects])


def _jobs() -> list[Job]:
    kinds = [(n_runs, False) for n_runs in LEARNT] + [(LEARNT[-1], True)]
    return [Job(*kind, decoder) for kind in kinds for decoder in _DECODERS]


class _Person:
    """A simulated subject's runs: to learn from, one to be tested on, some without labels."""

    def __init__(self, world: str, subject: int) -> None:
        self._world, self._subject = world, subject
        self._profile = load_profile("speech")
        self._cut: list[Epochs] = []
        # Run by run, since the signal of all would take gigabytes.
        for run in range(1, LEARNT[-1] + 2):
            recording = self._simulate(run)
            own = cut_epochs([recording], self._profile.pipeline, self._profile.paradigm)
            self._cut.append(own)
        chain = Pipeline(self._profile.pipeline, recording.info).chain
        self._signal = Signal(chain.sfreq, chain.channels)
        self._base: dict[str, NDArray[np.generic]] | None = None

    def score(self, job: Job) -> Row:
        """Train a decoder and test it."""
        *earlier, test = self._cut
        given = earlier[: job.n_runs]
        windows = np.concatenate([each.windows for each in given])
        labels = np.concatenate([each.labels for each in given])
        runs = np.concatenate([np.full(len(each.labels), k) for k, each in enumerate(given)])
        if job.is_shuffled:
            labels = np.random.default_rng(self._subject).permutation(labels)
        decoder = self._make(job.decoder)
        decoder.fit(windows, labels, groups=runs, signal=self._signal)
        odds = np.stack([decoder.predict_proba(window) for window in test.windows])
        best = np.array(decoder.classes)[np.argsort(-odds, axis=1)]
        _, counts = np.unique(test.labels, return_counts=True)
        accuracy = float((best[:, 0] == test.labels).mean())
        in_top = float((best[:, :_TOP] == test.labels[:, None]).any(axis=1).mean())
        chance = float(counts.max() / counts.sum())
        return Row(self._world, *job, self._subject, accuracy, in_top, len(test.labels), chance)

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


def _print(world: str, rows: list[Row]) -> None:
    table = Table("runs learnt", "decoder", "accuracy", f"in the first {_TOP}", "chance", "n",
                  title=f"simulated subjects, world: {world}")  # fmt: skip
    for job in _jobs():
        own = [row for row in rows if Job(*row[1:4]) == job]
        if not own:
            continue
        chance = float(np.mean([row.chance for row in own]))
        table.add_row(
            f"{job.n_runs}{', labels shuffled' * job.is_shuffled}", job.decoder,
            _spread([row.accuracy for row in own]), _spread([row.in_top for row in own]),
            f"{chance:.2f}", f"{len(own)} subjects, {sum(row.n_trials for row in own)} trials",
        )  # fmt: skip
    out.print(table)


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.2f} ± {np.std(values, ddof=min(1, len(values) - 1)):.2f}"


def _load(file: Path | None) -> list[Row]:
    if file is None or not file.exists():
        return []
    try:
        return [Row(*row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise RecordingError(
            f"{file}: not a file of this benchmark's results; give another --out"
        ) from error
