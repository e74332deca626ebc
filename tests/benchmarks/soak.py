"""Recorder, engine and monitor on one stream for long: is anything lost, does memory grow?

``python -m tests.benchmarks.soak [--minutes 30] [--channels 64] [--sfreq 1000]`` prints what each
process lost, its memory and by how much that rises, and exits 1 if a sample was lost.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from bci.commands import bci_command
from bci.lsl.discovery import StreamQuery, resolve
from bci.lsl.engine_streams import StatusInlet
from bci.messages import EngineStatus
from bci.recording.summary import StreamReport, describe_recording
from tests.benchmarks.latency import isolate, make_model, source

_SAMPLE_EVERY_S = 2.0


@dataclass
class Watched:
    """One process and its memory over time, in MB."""

    name: str
    process: subprocess.Popen
    times_s: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)

    def sample(self, at_s: float) -> None:
        self.times_s.append(at_s)
        self.rss_mb.append(psutil.Process(self.process.pid).memory_info().rss / 1e6)

    @property
    def slope_mb_min(self) -> float:
        """Rise of the second half, when all buffers have filled, in MB a minute."""
        half = len(self.times_s) // 2
        return float(np.polyfit(self.times_s[half:], self.rss_mb[half:], 1)[0] * 60)


@dataclass
class Outcome:
    """What a soak showed: the engine's last status, the file, the monitor's words, memory."""

    engine: EngineStatus
    recorded: StreamReport
    n_predictions: int
    monitor: str
    watched: list[Watched]


def soak(
    minutes: float, n_channels: int, sfreq: float, folder: Path,
    note: Callable[[str], None] = lambda _: None,
) -> Outcome:  # fmt: skip
    """Run all of it; ``folder`` takes the recording."""
    model = make_model(n_channels, sfreq, folder)
    file = folder / "soak.xdf"
    bci = bci_command()
    with source(n_channels, sfreq) as name:
        resolve(StreamQuery(name=name), 20.0)
        commands = {
            "recorder": ["record", "--output", str(file), "--with-parent"],
            "engine": ["run", f"{model}.yaml", "--model", str(model), "--stream", name,
                       "--with-parent"],
            "monitor": ["monitor", "--stream", name, "--with-parent"],
        }  # fmt: skip
        watched = [
            Watched(
                label,
                subprocess.Popen(
                    [*bci, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, text=True,
                ),
            )
            for label, command in commands.items()
        ]  # fmt: skip
        try:
            status = StatusInlet(resolve(StreamQuery(name=f"noise-{n_channels}-status"), 60.0))
            newest: EngineStatus | None = None
            began = time.monotonic()
            while (elapsed := time.monotonic() - began) < 60 * minutes:
                for heard in status.pull(_SAMPLE_EVERY_S):
                    newest = heard
                for each in watched:
                    each.sample(elapsed)
                note(f"{elapsed / 60:.1f} of {minutes:g} min")
            status.close()
        finally:
            said = {each.name: each.process.communicate(timeout=30)[0] for each in watched}
    assert newest is not None, "the engine sent no status"
    reports = {report.name: report for report in describe_recording(file)}
    predictions = reports[f"noise-{n_channels}-predictions"].n_samples
    return Outcome(newest, reports[name], predictions, said["monitor"], watched)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--sfreq", type=float, default=1000.0)
    options = parser.parse_args()
    console = Console(highlight=False, width=120)
    with tempfile.TemporaryDirectory() as folder:
        isolate(Path(folder))
        outcome = soak(options.minutes, options.channels, options.sfreq, Path(folder))
    table = Table("process", "memory (MB)", "rise (MB/min)", title=f"{options.minutes:g} min")
    for each in outcome.watched:
        table.add_row(each.name, f"{each.rss_mb[-1]:.0f}", f"{each.slope_mb_min:+.3f}")
    console.print(table)
    recorded, engine = outcome.recorded, outcome.engine
    console.print(
        f"recorded {recorded.n_samples} samples in {recorded.duration_s:.1f} s, lost "
        f"{recorded.lost_samples}; engine took {engine.samples}, lost {engine.lost_samples}, "
        f"skipped {engine.windows.skipped} windows; {outcome.n_predictions} predictions recorded"
    )
    console.print(outcome.monitor.splitlines()[0], markup=False)
    sys.exit(bool(recorded.lost_samples or engine.lost_samples))


if __name__ == "__main__":
    main()
