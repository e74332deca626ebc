"""The federation benchmark: EEGMMIDB's subjects as sites with different headsets."""

import shutil
from dataclasses import dataclass, replace
from functools import cache, partial
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table
from scipy.signal import resample_poly

from bci.cli import events
from bci.cli.benchmark.motor_imagery import read_runs, subject_folders
from bci.cli.benchmark.runner import Results, mean_and_sd, version
from bci.cli.benchmark.study import Group, fill
from bci.cli.console import out
from bci.errors import RecordingError
from bci.evaluation.compare_people import paired_p
from bci.files.writable import require_place
from bci.jobs.workers import THIS_PROCESS
from bci.profiles.profile import Profile, load_profile
from bci.signals import Recording
from bci.training.epochs import join_epochs
from decoders.federation.agreement import CommonSpace, Federation, Partner, Rounds, Server
from decoders.federation.participant import Material, Participant, cut_material
from decoders.federation.rounds import LocalWire, run_rounds

# To be increased when a change of the code makes existing rows incomparable.
_VERSION = 1
_PERSONAL = "federated, personal classifiers"
_FORMATS = {
    "alone": "own", "federated": "own", _PERSONAL: "own",
    "alone, common format": "common", "pooled, common format": "common",
}  # fmt: skip
CONDITIONS = tuple(_FORMATS)
_COMPARED = (
    ("federated", "alone"),
    (_PERSONAL, "alone"),
    ("federated", _PERSONAL),
    ("pooled, common format", "alone, common format"),
    ("federated", "pooled, common format"),
)
_PROFILE = "motor-imagery-eegmmidb"
_8 = ("FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "CPz")
_16 = (*_8, "C1", "C2", "C5", "C6", "FCz", "FC1", "FC2", "Pz")
_32 = (
    *_16, "CP1", "CP2", "CP5", "CP6", "FC5", "FC6", "P3", "P4", "F3", "F4", "Fz", "T7", "T8",
    "O1", "O2", "Oz",
)  # fmt: skip
_RUNS_PER_PERSON = 1000
Materials = dict[str, Material]


class FederationRow(NamedTuple):
    """The accuracy of one person in one training."""

    condition: str
    person: str
    seed: int
    accuracy: float


@dataclass(frozen=True)
class Format:
    """Format of a headset: channels (None for all 64), rate in hertz, window in seconds."""

    channels: tuple[str, ...] | None
    sfreq: float
    window_s: float

    def __str__(self) -> str:
        n_channels = len(self.channels) if self.channels else 64
        return f"{n_channels} ch, {self.sfreq:g} Hz, {self.window_s:g} s"


def format_of(number: int) -> Format:
    """Return the headset of site ``number``; montages, rates and windows change in turn."""
    return Format(
        (None, _32, _16, _8)[number % 4], (160.0, 128.0)[number // 2 % 2], 2.0 + number % 3
    )


def in_format(recording: Recording, headset: Format) -> Recording:
    """Convert a recording at 160 Hz to the rate of another headset, by offline resampling."""
    if headset.sfreq == recording.info.sfreq:
        return recording
    data = resample_poly(recording.data.astype(np.float64), 4, 5, axis=0).astype(np.float32)
    index = np.arange(len(data))
    info = replace(recording.info, sfreq=headset.sfreq)
    return replace(recording, info=info, data=data, timestamps=index / headset.sfreq, indices=index)


def profile_for(headset: Format) -> Profile:
    """Make the profile of EEGMMIDB for a headset; only windows of 4 s begin with the cue."""
    profile, whole = load_profile(_PROFILE), headset.window_s >= 4
    seen = {"channels": headset.channels, "window_s": headset.window_s}
    pipeline = profile.pipeline.model_copy(update=seen | {"hop_s": 0.1 if whole else 0.25})
    cut = {"start_s": 0.0, "stop_s": 4.1} if whole else {}
    paradigm = profile.paradigm.model_copy(update=cut)
    return profile.model_copy(update={"pipeline": pipeline, "paradigm": paradigm})


def experiment(
    folder: Path, n_seeds: int, out_file: Path, trunk: str = "ifnet",
    conditions: tuple[str, ...] = CONDITIONS,
) -> None:  # fmt: skip
    """Train the results that ``out_file`` lacks, then print the comparison."""
    require_place(out_file)
    subjects = subject_folders(folder)
    if len(subjects) < 2:
        raise RecordingError(f"{folder}: needs two or more folders like S001 with S001R12.edf")
    names = tuple(subject.name for subject in subjects)
    agreed = default_agreement(names, trunk)
    settings = agreed.model_dump(mode="json", include={"model", "training"})
    made_by = version(_VERSION, load_profile(_PROFILE), trunk, settings)
    results = Results(
        "federation", FederationRow, 3, out_file, {"subjects": list(names)},
        version_of=lambda _row: made_by,
    )  # fmt: skip

    wanted = [(c, name, seed) for seed in range(n_seeds) for c in conditions for name in names]
    parts = out_file.with_suffix(f".{made_by}.parts")
    fill(
        results, wanted, partial(_run, agreed, subjects, parts),
        THIS_PROCESS, together=itemgetter(0, 2), kind=itemgetter(0),
    )  # fmt: skip
    shutil.rmtree(parts, ignore_errors=True)
    if not events.wanted():
        _print([row for row in results.rows if row.seed < n_seeds], names, conditions)


def default_agreement(names: tuple[str, ...], trunk: str = "ifnet") -> Federation:
    """Make the federation settings, which were fixed before any result on run 12 was known."""
    return Federation(
        name="EEGMMIDB",
        model=CommonSpace(trunk=trunk, classes=("left", "right")),
        training=Rounds(rounds=40, epochs=1),
        sites=tuple(Partner(name=name) for name in names),
        server=Server(min_sites=1),
    )


@cache
def _material(subject: Path, number: int, kind: str) -> Material:
    headset = format_of(number) if kind == "own" else Format(_8, 128.0, 2.0)
    return cut_material(
        profile_for(headset), [in_format(run, headset) for run in read_runs(subject)]
    )


def _run(
    agreed: Federation, subjects: list[Path], folder: Path, _given: None, group: Group
) -> list[FederationRow]:
    condition, _, seed = group[0]
    space = agreed.model.model_copy(update={"share_head": condition != _PERSONAL})
    training = agreed.training.model_copy(update={"seed": seed})
    agreed = agreed.model_copy(update={"model": space, "training": training})
    parts = folder / f"{seed}-{condition.replace(', ', '-')}"
    kind = _FORMATS[condition]
    materials = {each.name: _material(each, k, kind) for k, each in enumerate(subjects)}
    if condition.startswith("federated"):
        scores = _train(materials, agreed, parts)
    elif condition.startswith("alone"):
        scores = {
            name: _train({name: material}, agreed, parts / name)[name]
            for name, material in materials.items()
        }
    else:
        scores = _train({"pooled": _pooled(list(materials.values()))}, agreed, parts, materials)
    return [FederationRow(condition, name, seed, score) for name, score in scores.items()]


def _train(
    materials: Materials, agreed: Federation, folder: Path, scored: Materials | None = None
) -> dict[str, float]:
    """Train sites together, or a single site, and return the accuracy of each site.

    With ``scored``, return the accuracies of the first site's model on these people instead. The
    model is aligned by each person's training windows.
    """
    these = agreed.model_copy(update={"sites": tuple(Partner(name=name) for name in materials)})
    participants = {
        name: Participant(name, material, these, folder / name, None)
        for name, material in materials.items()
    }
    progress = run_rounds(LocalWire(participants), these, folder / "server", lambda _round: None)
    if progress.banned:
        raise RecordingError(f"{folder}: {progress.banned}")
    if scored is None:
        return progress.finished
    site = next(iter(participants.values())).site
    scores = {}
    for name, material in scored.items():
        site.decoder.adapt(material.training.windows)
        scores[name] = site.accuracy(material.held_out.last_of_trials())
    return scores


def _pooled(materials: list[Material]) -> Material:
    """Join the windows of all people to one site; each run of each person is aligned by itself."""
    training = join_epochs([each.training for each in materials], _RUNS_PER_PERSON)
    held_out = join_epochs([each.held_out for each in materials], _RUNS_PER_PERSON)
    return replace(materials[0], training=training, held_out=held_out)


def _print(rows: list[FederationRow], names: tuple[str, ...], conditions: tuple[str, ...]) -> None:
    """Print one row per site with means over seeds; then overall means and paired tests."""
    scores: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        scores.setdefault((row.condition, row.person), []).append(row.accuracy)
    means = {c: np.array([np.mean(scores[c, name]) for name in names]) for c in conditions}
    table = Table("site", "headset", *conditions, title="accuracy on run 12, end of cue")
    for k, name in enumerate(names):
        table.add_row(name, str(format_of(k)), *(f"{means[c][k]:.2f}" for c in conditions))
    cells = [mean_and_sd(accuracies.tolist(), 3) for accuracies in means.values()]
    table.add_row("mean ± sd", f"n = {len(names)}, {len({row.seed for row in rows})} seeds", *cells)
    out.print(table)
    for one, other in _COMPARED:
        if one not in conditions or other not in conditions:
            continue
        difference = means[one] - means[other]
        better, worse = int((difference > 0).sum()), int((difference < 0).sum())
        out.print(
            f"{one} minus {other}: {difference.mean():+.3f}, better at {better}, worse at {worse} "
            f"of {len(names)} (paired Wilcoxon p = {paired_p(means[one], means[other]):.2g})"
        )
