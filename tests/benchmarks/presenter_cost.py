"""Cost of a presenter to the engine: latency without and with one that runs, in turns.

``python -m tests.benchmarks.presenter_cost [--seconds 15] [--rounds 4]`` prints a table. One
source (64 channels, 1 kHz) and one engine, that decides 50 times a second, run all the while. In
each round the presenter is away or shows 40 flickering patches, in a process of its own; each round
gives the ratio of the 99th percentiles.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bci.lsl.engine_streams import PredictionInlet
from tests.benchmarks.dashboard_latency import HOP_S, N_CHANNELS, SFREQ, sender_of, watch
from tests.benchmarks.latency import engine, isolate, make_model, source
from tests.benchmarks.throughput import SETTINGS

_START_S = 6.0  # of the presenter's process
STATES = ("away", "shown")


def main() -> None:
    from bci.lsl.discovery import StreamQuery, resolve

    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=15.0, help="of each state in each round")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        settings = SETTINGS.model_copy(update={"hop_s": HOP_S})
        model = make_model(N_CHANNELS, SFREQ, Path(folder), settings)
        with source(N_CHANNELS, SFREQ) as name, engine(name, model):
            inlet = PredictionInlet(resolve(StreamQuery(name=f"{model.name}-predictions"), 30))
            sender, rounds = sender_of(name), []
            for number in range(options.rounds):
                found = {}
                for state in STATES if number % 2 == 0 else STATES[::-1]:
                    with presenter(state == "shown", options.seconds):
                        found[state] = watch(inlet, sender, options.seconds)["ms"]
                rounds.append(found)
            inlet.close()
    console = Console(highlight=False, width=120)
    console.print(table_of(rounds, options.seconds))
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    console.print(f"{os.cpu_count()} cores, load averages at the end {load}")


@contextmanager
def presenter(is_wanted: bool, seconds: float) -> Iterator[None]:
    """Run a presenter in a process of its own, for longer than ``seconds``."""
    if not is_wanted:
        yield
        return
    shown_s = str(seconds + 2 * _START_S)
    argv = [sys.executable, "-m", "tests.benchmarks.presenter", "--seconds", shown_s]
    process = subprocess.Popen([*argv, "--watched", "0"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(_START_S)
        yield
        if process.poll() is not None:
            raise RuntimeError("the presenter has ended before its time")
    finally:
        process.kill()
        process.wait(5)


def table_of(rounds: list[dict[str, np.ndarray]], seconds: float) -> Table:
    """Latencies of the states, and the ratios of the rounds."""
    table = Table(
        "presenter", "predictions", "p50 (ms)", "p99", "p99 ratio: median", "lowest", "highest",
        title=f"{N_CHANNELS} channels, {SFREQ:g} Hz, {len(rounds)} x {seconds:g} s each in turns",
    )  # fmt: skip
    p99s = {s: np.array([np.percentile(r[s], 99) for r in rounds]) for s in STATES}
    ratios = p99s["shown"] / p99s["away"]
    spread = [f"{value:.2f}" for value in (np.median(ratios), ratios.min(), ratios.max())]
    for state in STATES:
        p50 = np.median([np.percentile(r[state], 50) for r in rounds])
        table.add_row(
            state, str(sum(len(r[state]) for r in rounds)), f"{p50:.2f}",
            f"{np.median(p99s[state]):.2f}", *(spread if state == "shown" else ("", "", "")),
        )  # fmt: skip
    return table


if __name__ == "__main__":
    main()
