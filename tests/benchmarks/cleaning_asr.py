"""Artifact subspace reconstruction beside asrpy, on the same file, block for block.

asrpy is no dependency; install it apart, and name the folder:

    pip install --no-deps --target /tmp/reference asrpy
    python -m tests.benchmarks.cleaning_asr /tmp/reference RECORDING
"""

import argparse
import importlib
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import signal
from threadpoolctl import threadpool_limits

from bci.pipeline.cleaning.asr import SubspaceReconstruction
from bci.pipeline.cleaning.asr_calibration import calibrate_asr, weighting
from bci.pipeline.cleaning.clean_windows import clean_rows
from bci.pipeline.filter_chain import Chain
from bci.profiles.pipeline_settings import PipelineSettings
from bci.recording.read import read_recording
from bci.signals import Recording

Values = NDArray[np.float64]

CUTOFF = 10.0
WINDOW_S, STEP_S = 0.5, 0.1
_HIGH_PASS = {"kind": "bandpass", "low_hz": 0.5, "high_hz": 70, "order": 2}


class _OlderNumpy:
    """NumPy, in which a difference of two numbers is a number, as asrpy 0.0.8 takes it to be."""

    def __getattr__(self, name: str) -> object:
        return getattr(np, name)

    @staticmethod
    def diff(values: Values) -> Values:
        found = np.diff(values)
        return found[0] if found.size == 1 else found


def high_passed(recording: Recording) -> NDArray[np.float32]:
    """Return the recording behind a causal band-pass, (n_samples, n_channels)."""
    wanted = PipelineSettings.model_validate({"filters": [_HIGH_PASS], "window_s": 1.0})
    chain = Chain(wanted, recording.info)
    parts = [chain.process(chunk.data, chunk.first).data.copy() for chunk in recording.chunks()]
    return np.concatenate(parts)[chain.settling :]


def theirs(
    asrpy: ModuleType, data: NDArray[np.float32], sfreq: float, look_ahead: int, learnt: dict
) -> Values:
    """Process a whole file by asrpy, with our weighting of frequencies."""
    b, a = signal.sos2tf(weighting(sfreq))
    start = signal.lfilter_zi(b, a)[None] * data[0].astype(np.float64)[:, None]
    return asrpy.asr_process(  # type: ignore[no-any-return]
        np.concatenate([data, np.zeros((look_ahead, data.shape[1]))]).T.astype(np.float64),
        sfreq, learnt["mixing"], learnt["thresholds"], windowlen=WINDOW_S,
        lookahead=look_ahead / sfreq, stepsize=round(STEP_S * sfreq), ab=(a, b), Zi=start,
        mem_splits=1,
    )[:, look_ahead:].T  # fmt: skip


def ours(data: NDArray[np.float32], sfreq: float, learnt: dict) -> Values:
    """Process a whole file by our stage, in chunks of 10 ms."""
    stage = SubspaceReconstruction(learnt, WINDOW_S, STEP_S, 0.66, data.shape[1], sfreq)
    n = max(1, round(0.01 * sfreq))
    parts = [stage.process(data[at : at + n].copy(), at)[0] for at in range(0, len(data), n)]
    return np.concatenate(parts).astype(np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path)
    parser.add_argument("recording", type=Path)
    given = parser.parse_args()
    sys.path.append(str(given.reference))
    asrpy = importlib.import_module("asrpy.asr")
    importlib.import_module("asrpy.asr_utils").np = _OlderNumpy()  # type: ignore[attr-defined]
    recording = read_recording(given.recording)
    sfreq, data = recording.info.sfreq, high_passed(recording)
    clean = data[clean_rows([data], sfreq)[0]].T.astype(np.float64)
    console = Console(highlight=False, width=110)
    console.print(f"{given.recording.name}: {len(data) / sfreq:.0f} s, {data.shape[1]} channels")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        their_clean, _ = asrpy.clean_windows(data.T.astype(np.float64), sfreq)
        b, a = signal.sos2tf(weighting(sfreq))
        mixing, thresholds = asrpy.asr_calibrate(
            clean, sfreq, cutoff=CUTOFF, blocksize=max(10, clean.shape[1] // 1000), ab=(a, b)
        )
    learnt = calibrate_asr([data], sfreq, CUTOFF, WINDOW_S)
    table = Table("calibration", "asrpy", "ours", "relative difference")
    table.add_row("clean signal (s)", f"{their_clean.shape[1] / sfreq:.1f}",
                  f"{clean.shape[1] / sfreq:.1f}", "")  # fmt: skip
    norms = np.linalg.norm(mixing), np.linalg.norm(learnt["mixing"])
    apart = np.linalg.norm(mixing - learnt["mixing"]) / norms[0]
    table.add_row("mixing (norm)", f"{norms[0]:.1f}", f"{norms[1]:.1f}", f"{apart:.3f}")
    # Along the same directions, those of their components, from the largest.
    directions = np.linalg.eigh(mixing)[1][:, ::-1]
    limits = [np.linalg.norm(t @ directions, axis=0) for t in (thresholds, learnt["thresholds"])]
    for place in (0, 1, 5, 20):
        one, other = limits[0][place], limits[1][place]
        table.add_row(f"limit along component {place + 1}", f"{one:.1f}", f"{other:.1f}",
                      f"{other / one - 1:+.3f}")  # fmt: skip
    ratio = np.median(np.abs(limits[1] / limits[0] - 1))
    table.add_row("median of all 64", "", "", f"{ratio:.3f}")
    console.print(table)
    table = Table("processing, same statistics", "signal changed (%)", "difference to ours (%)",
                  "blocks alike (%)")  # fmt: skip
    mine, step = ours(data, sfreq, learnt), round(STEP_S * sfreq)
    settled = slice(round(2 * sfreq) // step * step, len(data) // step * step)
    raw = data.astype(np.float64)[settled]
    power = np.square(raw).sum()

    def row(name: str, made: Values) -> None:
        own = made[settled]
        differs = np.square(own - mine[settled]).reshape(-1, step, raw.shape[1]).sum(axis=(1, 2))
        size = np.square(raw).reshape(-1, step, raw.shape[1]).sum(axis=(1, 2))
        table.add_row(
            name,
            f"{100 * np.square(own - raw).sum() / power:.2f}",
            f"{100 * differs.sum() / power:.3f}",
            f"{100 * np.mean(differs < 1e-3 * size):.1f}",
        )

    row("ours", mine)
    row("asrpy, look-ahead of 1 sample", theirs(asrpy, data, sfreq, 1, learnt))
    row("asrpy, look-ahead of 0.25 s", theirs(asrpy, data, sfreq, round(0.25 * sfreq), learnt))
    console.print(table)


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
