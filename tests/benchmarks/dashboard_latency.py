"""What the dashboard costs the engine: latency with it closed, open and frozen, in turns.

``python -m tests.benchmarks.dashboard_latency [--seconds 20] [--rounds 6]`` prints a table. One
source (64 channels, 1 kHz) and one engine, that decides 50 times a second, run all the while. In
each round the dashboard is away, shows both, or is stopped with SIGSTOP, in an order that changes;
each round gives the ratio of its 99th percentiles to that without a dashboard.
"""

import argparse
import itertools
import os
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from bci.lsl.engine_streams import PredictionInlet
from tests.benchmarks.frames import dashboard
from tests.benchmarks.latency import engine, isolate, make_model, source
from tests.benchmarks.throughput import SETTINGS

STATES = ("closed", "open", "frozen")
N_CHANNELS, SFREQ, HOP_S = 64, 1000.0, 0.02
_FRAME_MS = 16


def main() -> None:
    from bci.lsl.discovery import StreamQuery, resolve

    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0, help="of each state in each round")
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        settings = SETTINGS.model_copy(update={"hop_s": HOP_S})
        model = make_model(N_CHANNELS, SFREQ, Path(folder), settings)
        with source(N_CHANNELS, SFREQ) as name, engine(name, model):
            inlet = PredictionInlet(resolve(StreamQuery(name=f"{model.name}-predictions"), 30))
            sender = sender_of(name)
            rounds = []
            for _, order in zip(range(options.rounds), itertools.cycle(orders()), strict=False):
                rounds.append(
                    {s: measure(s, name, model, inlet, sender, options.seconds) for s in order}
                )
            inlet.close()
    console = Console(highlight=False, width=140)
    console.print(table_of(rounds, options.seconds))
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    console.print(f"{os.cpu_count()} cores, load averages at the end {load}")


def orders() -> list[tuple[str, ...]]:
    """All orders of the states, so that none is favoured by what the machine does besides."""
    return list(itertools.permutations(STATES))


def sender_of(stream: str) -> psutil.Process:
    """The process that sends the stream."""
    for child in psutil.Process().children():
        if stream in child.cmdline() and "tests.benchmarks.source" in child.cmdline():
            return child
    raise RuntimeError(f"nobody sends {stream}")


def measure(
    state: str,
    name: str,
    model: Path,
    inlet: PredictionInlet,
    sender: psutil.Process,
    seconds: float,
) -> dict:
    """Latencies of the predictions in one state, and how much the sender's memory grew."""
    if state == "closed":
        return watch(inlet, sender, seconds)
    with dashboard(name, model.name, _FRAME_MS, dict(os.environ)) as process:
        if state == "open":
            return watch(inlet, sender, seconds)
        process.send_signal(signal.SIGSTOP)
        try:
            return watch(inlet, sender, seconds)
        finally:
            process.send_signal(signal.SIGCONT)


def watch(inlet: PredictionInlet, sender: psutil.Process, seconds: float) -> dict:
    time.sleep(1.0)
    while inlet.pull():
        pass
    began, before = time.monotonic(), sender.memory_info().rss
    latencies: list[float] = []
    while time.monotonic() - began < seconds:
        time.sleep(0.2)
        latencies += [prediction.published_s for prediction in inlet.pull()]
    return {"ms": 1000 * np.array(latencies), "grown_mb": (sender.memory_info().rss - before) / 1e6}


def table_of(rounds: list[dict], seconds: float) -> Table:
    table = Table(
        "dashboard", "predictions", "p50 (ms)", "p99", "p99 ratio: median", "lowest", "highest",
        "sender's memory grew by (MB)",
        title=f"{N_CHANNELS} channels, {SFREQ:g} Hz, {len(rounds)} x {seconds:g} s each in turns",
    )  # fmt: skip
    for state in STATES:
        p50, p99 = ([float(np.percentile(r[state]["ms"], q)) for r in rounds] for q in (50, 99))
        ratios = [
            own / float(np.percentile(r["closed"]["ms"], 99))
            for own, r in zip(p99, rounds, strict=True)
        ]
        spread = (np.median(ratios), min(ratios), max(ratios))
        table.add_row(
            state, str(sum(len(r[state]["ms"]) for r in rounds)),
            f"{np.median(p50):.2f}", f"{np.median(p99):.2f}",
            *(("", "", "") if state == "closed" else (f"{ratio:.2f}" for ratio in spread)),
            f"{max(r[state]['grown_mb'] for r in rounds):.1f}",
        )  # fmt: skip
    return table


if __name__ == "__main__":
    main()
