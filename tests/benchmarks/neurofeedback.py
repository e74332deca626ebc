"""Latency of neurofeedback over LSL, from a window's last sample to the stream and to a listener.

``python -m tests.benchmarks.neurofeedback [--seconds 60]`` prints a table. A source of noise,
the command ``bci neurofeedback`` and this listener are three processes.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pylsl
import yaml
from rich.console import Console
from rich.table import Table

from bci.commands import bci_command
from bci.lsl.discovery import StreamQuery, resolve
from bci.neurofeedback.streams import COLUMNS
from bci.profiles.profile import shipped_profiles
from tests.benchmarks.latency import isolate, source

SETUPS = ((16, 250.0), (64, 1000.0))
_PUBLISHED, _REWARD = COLUMNS.index("published"), COLUMNS.index("reward")
_WARM_UP_S = 5.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    table = Table(
        "channels", "rate (Hz)", "from a sample to", "n", "p50 (ms)", "p95", "p99", "max",
        title=f"latency of neurofeedback, {options.seconds:g} s each",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        for n_channels, sfreq in SETUPS:
            found = measure(n_channels, sfreq, options.seconds, Path(folder))
            for what, latencies in found.items():
                ms = 1000 * np.array(latencies)
                quantiles = np.percentile(ms, [50, 95, 99, 100]) if len(ms) else [np.nan] * 4
                table.add_row(
                    str(n_channels), f"{sfreq:g}", what, str(len(ms)),
                    *(f"{q:.1f}" for q in quantiles),
                )  # fmt: skip
    Console(highlight=False, width=120).print(table)


def measure(n_channels: int, sfreq: float, seconds: float, folder: Path) -> dict[str, list[float]]:
    """Latencies in seconds: to the outlet, to a listener, and of rewards to a listener."""
    profile = folder / "profile.yaml"
    content = yaml.safe_load(shipped_profiles()["neurofeedback-alpha"].read_text())
    content["neurofeedback"]["feature"]["sites"] = ["E1", "E2"]
    content["neurofeedback"]["runs"] = {
        "baseline_s": 10, "feedback_s": seconds, "feedback_runs": 1, "transfer_runs": 0,
        "pause_s": 0,
    }  # fmt: skip
    profile.write_text(yaml.safe_dump(content))
    with source(n_channels, sfreq) as name:
        session = (
            *bci_command(), "neurofeedback", str(profile), f"--stream={name}",
            f"--name={name}-session", "--with-parent",
        )  # fmt: skip
        quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
        with subprocess.Popen(session, stderr=subprocess.DEVNULL, **quiet) as process:
            try:
                return listen(f"{name}-session", seconds + 20)
            finally:
                process.terminate()


def listen(name: str, seconds: float) -> dict[str, list[float]]:
    """Take in the stream of the feature until it is gone or the time is over."""
    found = resolve(StreamQuery(name=f"{name}-feature"), 60.0)
    inlet = pylsl.StreamInlet(found.raw, recover=False, max_chunklen=1)
    inlet.open_stream()
    to_stream, to_listener, rewards = [], [], []
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            values, stamp = inlet.pull_sample(timeout=1.0)
        except pylsl.util.LostError:
            break
        now = pylsl.local_clock()
        if values is None or time.monotonic() - began < _WARM_UP_S:
            continue
        to_stream.append(values[_PUBLISHED])
        to_listener.append(now - stamp)
        if values[_REWARD]:
            rewards.append(now - stamp)
    return {"the stream": to_stream, "a listener": to_listener, "a listener (rewards)": rewards}


if __name__ == "__main__":
    main()
