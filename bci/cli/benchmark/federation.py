"""EEGMMIDB's subjects as sites with unlike headsets: alone, federated, pooled."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table
from scipy.signal import resample_poly

from bci.cli import events
from bci.cli.benchmark.motor_imagery import read_runs, subject_folders
from bci.cli.benchmark.runner import Results, mean_and_sd, tracked
from bci.cli.console import note, out
from bci.errors import RecordingError
from bci.evaluation.compare_people import paired_p
from bci.files.writable import require_place
from bci.profiles.profile import Profile, load_profile
from bci.signals import Recording
from bci.training.epochs import join_epochs
from decoders.federation.agreement import CommonSpace, Federation, Partner, Rounds, Server
from decoders.federation.client_app import client_app
from decoders.federation.local import LocalGrid
from decoders.federation.rounds import common_space, run_rounds
from decoders.federation.site import Site
from decoders.federation.site_data import Material, cut_material, make_site

CONDITIONS = ("alone", "federated", "alone, common format", "pooled, common format")
_FORMATS = ("own", "own", "common", "common")

_8 = ("FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "CPz")
_16 = (*_8, "C1", "C2", "C5", "C6", "FCz", "FC1", "FC2", "Pz")
_32 = (
    *_16, "CP1", "CP2", "CP5", "CP6", "FC5", "FC6", "P3", "P4", "F3", "F4", "Fz", "T7", "T8",
    "O1", "O2", "Oz",
)  # fmt: skip
_RUNS_PER_PERSON = 1000


class FederationRow(NamedTuple):
    """The accuracy of one person in one training."""

    condition: str
    person: str
    seed: int
    accuracy: float


@dataclass(frozen=True)
class Format:
    """A headset: channels (None: all 64), rate in hertz, window in seconds."""

    channels: tuple[str, ...] | None
    sfreq: float
    window_s: float

    def __str__(self) -> str:
        n_channels = len(self.channels) if self.channels is not None else 64
        return f"{n_channels} ch, {self.sfreq:g} Hz, {self.window_s:g} s"


COMMON = Format(_8, 128.0, 2.0)


def format_of(number: int) -> Format:
    """The headset of a site: four montages, two rates and three windows in turn."""
    return Format(
        (None, _32, _16, _8)[number % 4], (160.0, 128.0)[number // 2 % 2], 2.0 + number % 3
    )


def in_format(recording: Recording, headset: Format) -> Recording:
    """A recording at 160 Hz as another headset would have made it: resampled offline."""
    if headset.sfreq == recording.info.sfreq:
        return recording
    data = resample_poly(recording.data.astype(np.float64), 4, 5, axis=0).astype(np.float32)
    index = np.arange(len(data))
    info = replace(recording.info, sfreq=headset.sfreq)
    return replace(recording, info=info, data=data, timestamps=index / headset.sfreq, indices=index)


def profile_for(headset: Format) -> Profile:
    """The profile of EEGMMIDB for a headset; only windows of 4 s begin with the cue."""
    profile = load_profile("motor-imagery-eegmmidb")
    whole = headset.window_s >= 4
    pipeline = profile.pipeline.model_copy(
        update={
            "channels": headset.channels, "window_s": headset.window_s,
            "hop_s": 0.1 if whole else 0.25,
        }
    )  # fmt: skip
    paradigm = profile.paradigm
    if whole:
        paradigm = paradigm.model_copy(update={"start_s": 0.0, "stop_s": 4.1})
    return profile.model_copy(update={"pipeline": pipeline, "paradigm": paradigm})


def experiment(
    folder: Path,
    n_seeds: int,
    out_file: Path,
    trunk: str = "ifnet",
    conditions: tuple[str, ...] = CONDITIONS,
) -> None:
    """Fill ``out_file`` with the trainings that it lacks, then print the comparison."""
    require_place(out_file)
    subjects = subject_folders(folder)
    if len(subjects) < 2:
        raise RecordingError(f"{folder}: needs two or more folders like S001 with S001R12.edf")
    names = tuple(subject.name for subject in subjects)
    agreed = default_agreement(names, trunk)
    common_space(agreed)
    settings = agreed.model_dump(mode="json", include={"model", "training"})
    made_with = {"settings": settings, "subjects": list(names)}
    results = Results("federation", FederationRow, 3, out_file, made_with)

    @cache
    def materials(kind: str) -> dict[str, Material]:
        note(f"Cutting epochs of {len(names)} subjects")
        return {s.name: _material(s, k, kind) for k, s in enumerate(subjects)}

    missing = [
        (seed, condition)
        for seed in range(n_seeds)
        for condition in conditions
        if any(results.lacks(condition, name, seed) for name in names)
    ]
    for seed, condition in tracked(missing, "Trainings"):
        note(f"seed {seed}: {condition}")
        training = agreed.training.model_copy(update={"seed": seed})
        seeded = agreed.model_copy(update={"training": training})
        parts = out_file.with_suffix(".parts") / f"{seed}-{condition.replace(', ', '-')}"
        kind = _FORMATS[CONDITIONS.index(condition)]
        scores = _run(condition, materials(kind), seeded, parts)
        results.add([FederationRow(condition, name, seed, scores[name]) for name in scores])
    if not events.wanted():
        _print(results.rows, names, conditions)


def default_agreement(names: tuple[str, ...], trunk: str = "ifnet") -> Federation:
    """Make the agreement that was chosen before any result on run 12 was known."""
    return Federation(
        name="EEGMMIDB",
        model=CommonSpace(trunk=trunk, n_virtual=16, sfreq=128.0, window_s=4.0),
        training=Rounds(rounds=15, epochs=2, finish_epochs=5),
        sites=tuple(Partner(name=name) for name in names),
        server=Server(min_sites=1),
    )


def _run(
    condition: str, materials: dict[str, Material], agreed: Federation, parts: Path
) -> dict[str, float]:
    if condition == "federated":
        sites = {n: make_site(n, m, agreed, parts / n) for n, m in materials.items()}
        return _train(sites, agreed, parts)
    if condition.startswith("alone"):
        scores: dict[str, float] = {}
        for name, material in materials.items():
            site = make_site(name, material, agreed, parts / name)
            scores |= _train({name: site}, agreed, parts / f"{name}-server")
        return scores
    site = make_site("pooled", _pooled(list(materials.values())), agreed, parts / "pooled")
    _train({"pooled": site}, agreed, parts)
    return {name: _score_for(site, material) for name, material in materials.items()}


def _train(sites: dict[str, Site], agreed: Federation, folder: Path) -> dict[str, float]:
    """Rounds through Flower's messages; one site alone goes the same way."""
    partners = tuple(Partner(name=name) for name in sites)
    these = agreed.model_copy(update={"sites": partners})
    apps = {
        k + 1: client_app(
            site, these.digest(), these.training.finish_epochs, lambda *_: None, lambda *_: None
        )
        for k, site in enumerate(sites.values())
    }
    names = {k + 1: name for k, name in enumerate(sites)}
    scores = run_rounds(LocalGrid(apps), these, names, folder, lambda _round: None)
    if len(scores) < len(sites):
        raise RecordingError(f"{folder}: a site failed; its message is above")
    return scores


def _pooled(materials: list[Material]) -> Material:
    """One site that holds everybody's windows; each run of each person is aligned by itself."""
    return replace(
        materials[0],
        training=join_epochs([m.training for m in materials], _RUNS_PER_PERSON),
        held_out=join_epochs([m.held_out for m in materials], _RUNS_PER_PERSON),
    )


def _score_for(site: Site, material: Material) -> float:
    """A pooled model on one person, aligned by that person's training windows."""
    site.decoder.adapt(material.training.windows)
    ends = material.held_out.last_of_trials()
    site.model.eval()
    right = [
        site.decoder.classes[int(site.decoder.predict_proba(window).argmax())] == label
        for window, label in zip(ends.windows, ends.labels, strict=True)
    ]
    return float(np.mean(right))


def _material(subject: Path, number: int, kind: str) -> Material:
    headset = format_of(number) if kind == "own" else COMMON
    runs = [in_format(run, headset) for run in read_runs(subject)]
    return cut_material(profile_for(headset), runs[:-1], runs[-1:])


def _print(rows: list[FederationRow], names: tuple[str, ...], conditions: tuple[str, ...]) -> None:
    """Print one row a site, each the mean over whole seeds; then means and paired tests."""
    of_seed: dict[int, set[str]] = {}
    for row in rows:
        of_seed.setdefault(row.seed, set()).add(row.condition)
    seeds = [seed for seed, done in of_seed.items() if done >= set(conditions)]
    scores: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.seed in seeds:
            scores.setdefault((row.condition, row.person), []).append(row.accuracy)
    by_condition = {c: np.array([np.mean(scores[c, n]) for n in names]) for c in conditions}
    table = Table("site", "headset", *conditions, title="accuracy on run 12, end of cue")
    for k, name in enumerate(names):
        cells = [f"{by_condition[c][k]:.2f}" for c in conditions]
        table.add_row(name, str(format_of(k)), *cells)
    cells = [mean_and_sd(accuracies.tolist(), 3) for accuracies in by_condition.values()]
    table.add_row("mean ± sd", f"n = {len(names)}, {len(seeds)} seeds", *cells)
    out.print(table)
    for one, other in (
        ("federated", "alone"),
        ("pooled, common format", "alone, common format"),
        ("federated", "pooled, common format"),
    ):
        if one not in conditions or other not in conditions:
            continue
        difference = by_condition[one] - by_condition[other]
        p = paired_p(by_condition[one], by_condition[other])
        better, worse = int((difference > 0).sum()), int((difference < 0).sum())
        out.print(
            f"{one} minus {other}: {difference.mean():+.3f}, better at {better}, worse at {worse} "
            f"of {len(names)} (paired Wilcoxon p = {p:.2g})"
        )
