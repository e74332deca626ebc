"""Many people at once: latency, processor and memory of ``bci run`` with one profile a person.

``python -m tests.benchmarks.twenty_streams [--people 20] [--channels 64] [--rate 500]
[--decoder tangent-space] [--seconds 30] [--first]`` prints a table. One process sends all streams
and costs processor time too. With ``--first`` engines and senders go before other work
(SCHED_FIFO, which needs root), so that a machine which others use is measured as if it were idle.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import yaml
from pylsl import local_clock
from rich.console import Console
from rich.table import Table

from bci.commands import bci_command
from bci.errors import StreamError
from bci.lsl.discovery import StreamQuery, resolve
from bci.lsl.engine_streams import PredictionInlet
from bci.models.bundle import save_bundle
from bci.models.card import Card, ScoreCard, describe_stream
from bci.profiles.paradigm import Paradigm
from bci.profiles.profile import DecoderChoice
from bci.signals import Channel
from tests.benchmarks.latency import isolate
from tests.benchmarks.throughput import SETTINGS

_START_S, _SETTLE_S = 240.0, 6.0
_PARADIGM = {"classes": {"left": "left", "right": "right"}}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--decoder", default="tangent-space")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--first", action="store_true", help="run before other work; needs root")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        run = measure(options, Path(folder))
    table = Table(
        "people", "channels", "Hz", "decoder", "start (s)", "p50 (ms)", "p95", "p99", "max",
        "arrival p99", "windows", "expected", "engines (cores)", "sender (cores)", "memory (MB)",
        title=f"sample to prediction over {options.seconds:g} s, {os.cpu_count()} cores",
    )  # fmt: skip
    ms, arrived_ms = 1000 * np.array(run["latencies"]).T
    table.add_row(
        str(options.people), str(options.channels), f"{options.rate:g}", options.decoder,
        f"{run['start_s']:.0f}", *(f"{q:.1f}" for q in np.percentile(ms, [50, 95, 99, 100])),
        f"{np.percentile(arrived_ms, 99):.1f}", f"{len(ms)}", f"{run['expected']:.0f}",
        f"{run['cpu']:.2f}", f"{run['sender_cpu']:.2f}", f"{run['memory_mb']:.0f}",
    )  # fmt: skip
    Console(highlight=False, width=160).print(table)


def write_profiles(options: argparse.Namespace, folder: Path) -> list[Path]:
    """A model of the decoder, fitted on noise, and a profile for each person."""
    import decoders

    rng = np.random.default_rng(0)
    decoder = decoders.create(options.decoder, {})
    n_samples = round(SETTINGS.window_s * options.rate)
    windows = rng.normal(size=(80, options.channels, n_samples)).astype(np.float32)
    decoder.fit(windows, np.resize(["left", "right"], 80))
    channels = tuple(Channel(f"E{k + 1}", "eeg", "uV") for k in range(options.channels))
    card = Card(
        name="noise", task="benchmark", created="2026-01-01T00:00:00Z", simulated=True,
        decoder=DecoderChoice(name=options.decoder), classes=decoder.classes,
        stream=describe_stream(options.rate, channels), pipeline=SETTINGS, group_delay_s=0.0,
        paradigm=Paradigm.model_validate(_PARADIGM), sources=(), versions={},
        score=ScoreCard(
            accuracy=0.5, low=0, high=1, trials=0, chance=0.5, p_value=1, kappa=0, confusion=[],
            folds="none: fitted on noise",
        ),
    )  # fmt: skip
    save_bundle(folder / "noise", card, decoder.arrays())
    files = []
    for k in range(options.people):
        profile = {
            "task": "benchmark", "pipeline": SETTINGS.model_dump(mode="json"),
            "paradigm": _PARADIGM, "stream": {"source_id": f"headset-{k:02d}"},
            "output": {"name": f"person-{k:02d}"}, "model": str(folder / "noise"),
        }  # fmt: skip
        files.append(folder / f"person-{k:02d}.yaml")
        files[-1].write_text(yaml.safe_dump(profile))
    return files


def measure(options: argparse.Namespace, folder: Path) -> dict:
    files = write_profiles(options, folder)
    shape = map(str, (options.people, options.channels, options.rate))
    sender = psutil.Popen(
        [sys.executable, "-m", "tests.benchmarks.many_sources", *shape],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    began = time.monotonic()
    with (folder / "log.txt").open("wb") as log:
        engines = psutil.Popen(
            [*bci_command(), "run", *map(str, files), "--no-decisions", "--with-parent"],
            stdin=subprocess.PIPE, stderr=log,
        )  # fmt: skip
    try:
        inlets = [first_predictions(file.stem, began + _START_S) for file in files]
        start_s = time.monotonic() - began
        processes = [engines, *engines.children(recursive=True)]
        if options.first:
            # Amplifiers are other machines: they wait for no engine.
            run_first(sender.pid, 6)
            for each in processes:
                run_first(each.pid, 5)
        time.sleep(_SETTLE_S)
        latencies, cpu, spent = watch(inlets, processes, options.seconds)
        for inlet in inlets:
            inlet.close()
        memory = sum(each.memory_full_info().pss for each in processes) / 1e6
    finally:
        for each in (engines, sender):
            each.stdin.close()
        engines.wait(60)
        sender_cpu = float(sender.stdout.read() or "nan")
    return {
        "latencies": latencies, "cpu": cpu, "sender_cpu": sender_cpu, "memory_mb": memory,
        "start_s": start_s, "expected": options.people * spent / SETTINGS.hop_s,
    }  # fmt: skip


def first_predictions(name: str, deadline: float) -> PredictionInlet:
    while True:
        try:
            return PredictionInlet(resolve(StreamQuery(name=f"{name}-predictions"), 5.0))
        except StreamError:
            if time.monotonic() > deadline:
                raise


def watch(
    inlets: list[PredictionInlet], processes: list[psutil.Process], seconds: float
) -> tuple[list[tuple[float, float]], float, float]:
    """Latencies until publication and arrival of so many seconds; cores used; the seconds."""
    began, cpu = local_clock(), _cpu(processes)
    latencies: list[tuple[float, float]] = []
    while (spent := local_clock() - began) < seconds:
        time.sleep(0.5)
        for inlet in inlets:
            while received := inlet.pull():
                latencies += [
                    (each.published_s, each.arrived_s) for each in received if each.taken > began
                ]
    return latencies, (_cpu(processes) - cpu) / spent, spent


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def run_first(pid: int, priority: int) -> None:
    """Give all threads of a process a priority over ordinary work."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        # A thread may have ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(priority))


if __name__ == "__main__":
    main()
