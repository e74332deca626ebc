"""Calculate what a study of many people costs on 1, 16 and 128 cores, and with GPUs.

``python -m tests.benchmarks.study_cost ../shared/data/eegmmidb``

CPU seconds of trainings are measured here on one thread, of networks over few epochs, and scaled:
a training takes time in proportion to its epochs and windows. Everything else is calculation. The
GPU's speed-up and both prices are assumptions; give those of ``gpu_training`` and of a bill.
"""

import argparse
import time
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_limits

import decoders
from bci.cli.benchmark.motor_imagery import read_runs, subject_folders
from bci.evaluation.compare_people import ComparedPerson, run_protocols
from bci.plugins.decoder_offers import classical
from bci.profiles.profile import load_profile
from bci.signals import Signal
from bci.training.epochs import epochs_of, stream_run

_FOLDS = 3
_STRIDE = 4
_DECODERS = ("csp-lda", "tangent-space", "eegnet", "ifnet", "dbconformer", "mvcnet")
_CORES = (1, 16, 128)
_GPUS = (1, 4, 8)


class Cost(NamedTuple):
    """CPU seconds of the jobs of one person and seed: within, and both that need a base."""

    within: float
    base: float


def training_s(name: str, person: ComparedPerson, signal: Signal, n_epochs: int) -> float:
    """CPU seconds of a training on two runs of a person."""
    given = {} if name in classical() else {"epochs": n_epochs, "device": "cpu"}
    decoder = decoders.create(name, given)
    own = person.epochs.only(person.epochs.runs != 2)
    began = time.process_time()
    decoder.fit(own.windows, own.labels, groups=own.runs, signal=signal)
    spent = time.process_time() - began
    full = getattr(decoders.create(name), "settings", None)
    return spent if full is None else spent * full.epochs / n_epochs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="EEGMMIDB; one person is read")
    parser.add_argument("--people", type=int, default=109)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=2, help="Of networks, as measured.")
    parser.add_argument("--gpu-speed-up", type=float, default=10.0)
    parser.add_argument("--core-hour", type=float, default=0.05, help="Price")
    parser.add_argument("--gpu-hour", type=float, default=2.0, help="Price")
    given = parser.parse_args()
    profile = load_profile("motor-imagery-eegmmidb")
    subject = subject_folders(given.folder)[0]
    with threadpool_limits(limits=1):
        began = time.process_time()
        runs = [stream_run(each, profile.pipeline, profile.paradigm) for each in read_runs(subject)]
        person = ComparedPerson(subject.name, epochs_of(runs, profile.paradigm), tuple(runs))
        reading = time.process_time() - began
        signal = person.epochs.signal
        assert signal is not None
        decoders.create("csp-lda").fit(
            person.epochs.windows, person.epochs.labels, groups=person.epochs.runs, signal=signal
        )
        began = time.process_time()
        run_protocols(
            ["within"], person, [], lambda _: decoders.create("tangent-space"), signal, profile
        )
        scoring = time.process_time() - began
        n_windows = len(person.epochs.labels)
        # Of the windows of others, one in so many; of the person's own, two runs of three.
        others = (given.people - 1) * n_windows / _STRIDE / (n_windows * 2 / 3)
        costs = {}
        print(f"reading a person {reading:.1f} CPU s, scoring three runs {scoring:.1f} CPU s")
        for name in _DECODERS:
            one = training_s(name, person, signal, given.epochs)
            carries_over = name not in ("csp-lda", "log-power")
            base = others * one + _FOLDS * one + 2 * scoring if carries_over else 0.0
            costs[name] = Cost(_FOLDS * one + scoring, base)
            print(f"| {name} | {one:.1f} | {costs[name].within:.0f} | {base:.0f} |", flush=True)
    table(costs, given, reading)


def table(costs: dict[str, Cost], given: argparse.Namespace, reading: float) -> None:
    """Print the hours and the price of all rows, by cores and by GPUs."""
    seeds = {name: 1 if name in classical() else given.seeds for name in costs}
    n_jobs = {name: given.people * seeds[name] for name in costs}
    on_cpu = sum(n_jobs[name] * sum(costs[name]) for name in costs)
    read = given.people * reading
    longest = max(max(each) for each in costs.values())
    rows = sum(n_jobs[name] * (3 if cost.base else 1) for name, cost in costs.items())
    print(f"{rows} rows, {on_cpu / 3600:.0f} core hours; the longest job {longest / 3600:.1f} h")
    print("| machine | hours | price |\n|---|---|---|")
    for cores in _CORES:
        # Whatever the order, no later than the mean load and the longest job together.
        hours = (read + min(on_cpu, on_cpu / cores + longest)) / 3600
        price = cores * hours * given.core_hour
        print(f"| {cores} cores | {hours:,.1f} | {price:,.0f} |")
    networks = [name for name in costs if name not in classical()]
    trained = sum(n_jobs[name] * sum(costs[name]) for name in networks) / given.gpu_speed_up
    rest = on_cpu - sum(n_jobs[name] * sum(costs[name]) for name in networks)
    for gpus in _GPUS:
        hours = (read + trained / gpus + rest / 16 + longest / given.gpu_speed_up) / 3600
        price = hours * (gpus * given.gpu_hour + 16 * given.core_hour)
        print(f"| 16 cores, {gpus} GPUs | {hours:,.1f} | {price:,.0f} |")


if __name__ == "__main__":
    main()
