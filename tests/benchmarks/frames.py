"""Frame rate of the scope beside plain pyqtgraph, and CPU of the whole dashboard.

``python -m tests.benchmarks.frames [--seconds 5] [--rounds 3] [--against CHECKOUT]`` prints two
tables. The two scopes draw 10 s at 1 kHz in a window of 1280x800 as fast as they can, in turns,
offscreen and on an X server of the benchmark's own (Xvfb, where it is installed). The dashboard
follows a stream and an engine, at 30 frames/s and at its own 60.

With ``--against`` another checkout of this project, for example the commit before, runs its own
scope and dashboard in turns with this one's, on the same stream and engine. Both tables then have
a row of ratios, this checkout to the other: at least 0.6 of the frames and at most 1.2 times the
CPU are wanted.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks.latency import engine, isolate, make_model, source

CHANNELS = (64, 306)
SFREQ = 1000.0
HERE = Path(__file__).resolve().parents[2]
_CASES = ((64, 33), (306, 33), (64, 16), (306, 16))  # channels, milliseconds a frame
_SETTLE_S, _MEASURE_S = 10.0, 20.0
Environment = dict[str, str]
Checkouts = dict[str, Path]  # name in the tables, folder


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0, help="of each scope in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout, measured in turns")
    options = parser.parse_args()
    checkouts = {"ours": HERE}
    if options.against is not None:
        checkouts["other"] = options.against.resolve()
    console = Console(highlight=False, width=140)
    with platforms() as found:
        console.print(scopes(found, checkouts, options.seconds, options.rounds))
        console.print(dashboards(found, checkouts, options.rounds if options.against else 1))
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    console.print(f"{os.cpu_count()} cores, load averages at the end {load}")


@contextmanager
def platforms() -> Iterator[dict[str, Environment | None]]:
    """The environment for each of Qt's platforms; None where it cannot be had."""
    offscreen = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    if shutil.which("Xvfb") is None:
        yield {"offscreen": offscreen, "xcb": None}
        return
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        display = f":{server.stdout.readline().strip()}"
        xcb = os.environ | {"QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
        yield {"offscreen": offscreen, "xcb": xcb}
    finally:
        server.terminate()
        server.wait(5)


def scopes(
    found: dict[str, Environment | None], checkouts: Checkouts, seconds: float, rounds: int
) -> Table:
    table = Table(
        "platform", "channels", "scope", "frames/s median", "slowest 1 %", "CPU a frame (ms)",
        title=f"scope alone, {rounds} x {seconds:g} s each in turns",
    )  # fmt: skip
    drawings = {name: ("ours", checkout) for name, checkout in checkouts.items()}
    drawings["pyqtgraph"] = ("pyqtgraph", HERE)
    for platform, environment in found.items():
        for n_channels in CHANNELS:
            place = (platform, str(n_channels))
            if environment is None:
                table.add_row(*place, "", "not measured", "", "")
                continue
            runs: dict[str, list[dict]] = {name: [] for name in drawings}
            for name in [*drawings] * rounds:
                runs[name].append(draw(*drawings[name], n_channels, seconds, environment))
            of_each = {name: figures(runs[name]) for name in drawings}
            for name, (median, slowest, cpu) in of_each.items():
                table.add_row(*place, name, f"{median:.0f}", f"{slowest:.0f}", f"{1e3 * cpu:.2f}")
            if "other" in of_each:
                ratios = np.divide(of_each["ours"], of_each["other"])
                table.add_row(*place, "ours / other", *(f"{ratio:.2f}" for ratio in ratios))
    return table


def draw(
    drawing: str, checkout: Path, n_channels: int, seconds: float, environment: Environment
) -> dict:
    done = subprocess.run(
        module("drawing", drawing, n_channels, seconds), cwd=checkout,
        env=environment | {"PYTHONPATH": str(checkout)}, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True, timeout=seconds + 60,
    )  # fmt: skip
    return json.loads(done.stdout)


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module of the benchmarks, of the checkout that it is started in."""
    return [sys.executable, "-m", f"tests.benchmarks.{name}", *map(str, arguments)]


def figures(runs: list[dict]) -> tuple[float, float, float]:
    """Median frames a second, those of the slowest hundredth, and CPU seconds a frame."""
    frames = np.concatenate([run["frames_s"] for run in runs])
    cpu = np.median([run["cpu_s"] for run in runs])
    return float(1 / np.median(frames)), float(1 / np.percentile(frames, 99)), float(cpu)


def dashboards(found: dict[str, Environment | None], checkouts: Checkouts, rounds: int) -> Table:
    table = Table(
        "platform", "channels", "frames/s asked", "dashboard", "CPU (cores)", "memory (MB)",
        title=f"whole dashboard with an engine running, {rounds} x {_MEASURE_S:g} s each in turns",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        session = {"LSLAPICFG": os.environ["LSLAPICFG"]}
        models = {n: make_model(n, SFREQ, Path(folder)) for n in CHANNELS}
        for platform, environment in found.items():
            for n_channels, frame_ms in _CASES:
                place = (platform, str(n_channels), f"{1000 / frame_ms:.0f}")
                if environment is None:
                    table.add_row(*place, "", "not measured", "")
                    continue
                model = models[n_channels]
                runs: dict[str, list[tuple[float, float]]] = {name: [] for name in checkouts}
                with source(n_channels, SFREQ) as name, engine(name, model):
                    for of in [*checkouts] * rounds:
                        arguments = (name, model.name, frame_ms, environment | session)
                        with dashboard(checkouts[of], *arguments) as process:
                            runs[of].append(used(process, _MEASURE_S))
                medians = {of: np.median(runs[of], axis=0) for of in checkouts}
                for of, (cpu, memory) in medians.items():
                    table.add_row(*place, of, f"{cpu:.2f}", f"{memory:.0f}")
                if "other" in medians:
                    ratios = medians["ours"] / medians["other"]
                    table.add_row(*place, "ours / other", *(f"{ratio:.2f}" for ratio in ratios))
    return table


@contextmanager
def dashboard(
    checkout: Path, stream: str, engine_name: str, frame_ms: int, environment: Environment
) -> Iterator[psutil.Process]:
    """A dashboard that has settled."""
    child = subprocess.Popen(
        module("dashboard", stream, engine_name, frame_ms), cwd=checkout,
        env=environment | {"PYTHONPATH": str(checkout)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(_SETTLE_S)
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(10)


def used(process: psutil.Process, seconds: float) -> tuple[float, float]:
    """CPU in cores, memory in megabytes."""
    cpu, began = sum(process.cpu_times()[:2]), time.monotonic()
    time.sleep(seconds)
    cpu = (sum(process.cpu_times()[:2]) - cpu) / (time.monotonic() - began)
    return cpu, process.memory_info().rss / 1e6


if __name__ == "__main__":
    main()
