"""Training on the CPU against a GPU: time, accuracy, and whether a seed repeats its weights.

``python -m tests.benchmarks.gpu_training ../shared/data/eegmmidb``

Bases of DBConformer and MVCNet learn from the first people and are scored on the last three; Du-IN
of full size goes through both stages of pretraining on a simulated person. On the GPU each is
trained twice in float32 and once in mixed precision. ``--device cpu`` runs the CPU's half alone.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

import decoders
from bci.cli.benchmark.motor_imagery import read_runs, subject_folders
from bci.profiles.profile import Profile, load_profile
from bci.training.epochs import Epochs, cut_epochs
from bci.training.others.people import runs_of
from bci.training.others.pretrain import fit
from bci.training.trial_decisions import DecidedEpochs
from decoders.networks.duin import FULL
from decoders.neural.device import describe_device, find_device
from decoders.neural.duin_pretraining import PretrainingSettings, pretrain_duin

_HELD_OUT = 3
# Of a trial's windows, which overlap by nine tenths; as `bci.evaluation.compare_people` thins them.
_STRIDE = 4
_NETWORKS = ("dbconformer", "mvcnet")


class Outcome(NamedTuple):
    """Seconds of a training, its figure (accuracy or loss), and its weights in one row."""

    seconds: float
    figure: float
    weights: np.ndarray


Train = Callable[[str, bool], Outcome]
"""Trains on a device, in mixed precision or not."""


def base(name: str, people: list[Epochs], epochs: int | None, profile: Profile) -> Train:
    """The training of a base, scored on people who were held out."""
    signal = people[0].signal
    assert signal is not None

    def run(device: str, mixed: bool) -> Outcome:
        decoder = decoders.create(name, {"device": device, "seed": 0, "epochs": epochs})
        type(decoder).mixed = mixed
        began = time.perf_counter()
        fit(decoder, [_thinned(each) for each in people[:-_HELD_OUT]], signal)
        took = time.perf_counter() - began
        type(decoder).mixed = False
        right = []
        for own in people[-_HELD_OUT:]:
            decoder.adapt(own.windows)
            evidence_s = profile.output.evidence_s or 0.0
            truth, odds = DecidedEpochs(decoder, own).at_trial_ends(evidence_s)
            right += list(np.array(decoder.classes)[odds.argmax(axis=1)] == truth)
        arrays = decoder.arrays()
        flat = [arrays[key].ravel() for key in sorted(arrays) if key.startswith("weights.")]
        return Outcome(took, float(np.mean(right)), np.concatenate(flat))

    return run


def du_in(n_windows: int, n_epochs: int) -> Train:
    """Both stages of full size on windows of noise: time and the last loss hang on the size."""
    rng = np.random.default_rng(0)
    windows = rng.standard_normal((n_windows, 10, 3000)).astype(np.float32)
    settings = PretrainingSettings(unit_epochs=n_epochs, masked_epochs=n_epochs)

    def run(device: str, mixed: bool) -> Outcome:
        losses: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            made = pretrain_duin(
                [windows], 1000.0, FULL, settings, Path(folder) / "checkpoint.safetensors", "",
                lambda: False, lambda step: losses.append(step.loss), device, mixed,
            )  # fmt: skip
            took = time.perf_counter() - began
        flat = [made.encoder[key].ravel() for key in sorted(made.encoder)]
        return Outcome(took, losses[-1], np.concatenate(flat))

    return run


def _thinned(epochs: Epochs) -> Epochs:
    kept = np.zeros(len(epochs.labels), dtype=bool)
    kept[::_STRIDE] = True
    return epochs.only(kept)


def people_of(folder: Path, n_people: int, profile: Profile) -> Iterator[Epochs]:
    """Epochs of each person, in runs that no other person shares."""
    for number, subject in enumerate(subject_folders(folder)[:n_people]):
        epochs = cut_epochs(read_runs(subject), profile.pipeline, profile.paradigm)
        yield replace(epochs, runs=runs_of(number, epochs.runs))


def report(name: str, train: Train, device: str) -> None:
    """Print a line of the CPU, and three of the device."""
    here = train("cpu", False)
    print(f"{name:24} cpu            {here.seconds:8.1f} s  figure {here.figure:.3f}", flush=True)
    if device == "cpu":
        return
    first, second, mixed = train(device, False), train(device, False), train(device, True)
    same = np.array_equal(first.weights, second.weights)
    repeats = "same weights twice" if same else "NOT THE SAME WEIGHTS TWICE"
    for what, one in ((f"{device} float32", first), (f"{device} mixed", mixed)):
        print(
            f"{name:24} {what:14} {one.seconds:8.1f} s  figure {one.figure:.3f} "
            f"({one.figure - here.figure:+.3f}), {here.seconds / one.seconds:.1f} times as fast"
        )
    print(f"{name:24} {repeats}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="EEGMMIDB")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--people", type=int, default=11)
    parser.add_argument("--epochs", type=int, help="Of the bases; default: as they are shipped.")
    parser.add_argument("--duin-windows", type=int, default=256)
    parser.add_argument("--duin-epochs", type=int, default=2)
    given = parser.parse_args()
    device = find_device(given.device).type
    print(f"PyTorch {torch.__version__}, {describe_device()}; the CPU on one thread", flush=True)
    profile = load_profile("motor-imagery-eegmmidb")
    people = list(people_of(given.folder, given.people, profile))
    n_trials = sum(len(np.unique(each.trials)) for each in people[-_HELD_OUT:])
    print(
        f"bases of {len(people) - _HELD_OUT} people, accuracy on {n_trials} trials of {_HELD_OUT}"
    )
    for name in _NETWORKS:
        report(name, base(name, people, given.epochs, profile), device)
    report("duin, full, both stages", du_in(given.duin_windows, given.duin_epochs), device)


if __name__ == "__main__":
    main()
