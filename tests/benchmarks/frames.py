"""Frame rate of the scope beside plain pyqtgraph, and CPU of the whole dashboard.

``python -m tests.benchmarks.frames [--seconds 5] [--rounds 3]`` prints two tables. The two scopes
draw 10 s at 1 kHz in a window of 1280x800 as fast as they can, in turns, offscreen and on an X
server of the benchmark's own (Xvfb, where it is installed). The dashboard follows a stream and an
engine, at 30 frames/s and at its own 60.
"""

import argparse
import importlib.util
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
_SETTLE_S = 10.0
Environment = dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0, help="of each scope in each round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    console = Console(highlight=False, width=140)
    with platforms() as found:
        console.print(scopes(found, options.seconds, options.rounds))
        console.print(dashboards(found))
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


def scopes(found: dict[str, Environment | None], seconds: float, rounds: int) -> Table:
    table = Table(
        "platform", "channels", "scope", "frames/s median", "slowest 1 %", "CPU a frame (ms)",
        title=f"scope alone, {rounds} x {seconds:g} s each in turns",
    )  # fmt: skip
    names = ["ours", "pyqtgraph"]
    for platform, environment in found.items():
        for n_channels in CHANNELS:
            runs: dict[str, list[dict]] = {name: [] for name in names}
            for name in names * rounds:
                if environment is not None and (name == "ours" or has_pyqtgraph()):
                    runs[name].append(draw(name, n_channels, seconds, environment))
            for name in names:
                table.add_row(platform, str(n_channels), name, *figures(runs[name]))
    if not has_pyqtgraph():
        table.caption = "pyqtgraph is not installed: pip install pyqtgraph"
    return table


def has_pyqtgraph() -> bool:
    return importlib.util.find_spec("pyqtgraph") is not None


def draw(name: str, n_channels: int, seconds: float, environment: Environment) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.drawing", name, str(n_channels), str(seconds)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
        timeout=seconds + 60,
    )  # fmt: skip
    return json.loads(done.stdout)


def figures(runs: list[dict]) -> tuple[str, str, str]:
    if not runs:
        return "not measured", "", ""
    frames = np.concatenate([run["frames_s"] for run in runs])
    cpu = np.median([run["cpu_s"] for run in runs])
    return (
        f"{1 / np.median(frames):.0f}",
        f"{1 / np.percentile(frames, 99):.0f}",
        f"{1e3 * cpu:.2f}",
    )


def dashboards(found: dict[str, Environment | None]) -> Table:
    table = Table(
        "platform", "channels", "frames/s asked", "CPU (cores)", "memory (MB)",
        title="whole dashboard with an engine running, 20 s",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        session = {"LSLAPICFG": os.environ["LSLAPICFG"]}
        models = {n: make_model(n, SFREQ, Path(folder)) for n in CHANNELS}
        for platform, environment in found.items():
            for n_channels, frame_ms in ((64, 33), (64, 16), (306, 16)):
                shown = ("not measured", "")
                if environment is not None:
                    model = models[n_channels]
                    with (
                        source(n_channels, SFREQ) as name,
                        engine(name, model),
                        dashboard(name, model.name, frame_ms, environment | session) as process,
                    ):
                        shown = used(process, 20.0)
                table.add_row(platform, str(n_channels), f"{1000 / frame_ms:.0f}", *shown)
    return table


@contextmanager
def dashboard(
    stream: str, engine_name: str, frame_ms: int, environment: Environment
) -> Iterator[psutil.Process]:
    """A dashboard that has settled."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.dashboard", stream, engine_name, str(frame_ms)],
        env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(_SETTLE_S)
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(10)


def used(process: psutil.Process, seconds: float) -> tuple[str, str]:
    cpu, began = sum(process.cpu_times()[:2]), time.monotonic()
    time.sleep(seconds)
    cpu = (sum(process.cpu_times()[:2]) - cpu) / (time.monotonic() - began)
    return f"{cpu:.2f}", f"{process.memory_info().rss / 1e6:.0f}"


if __name__ == "__main__":
    main()
