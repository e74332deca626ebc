"""Throughput of the filter chain against scipy's: ``python -m tests.benchmarks.throughput``."""

import time

import numpy as np
from rich.console import Console
from rich.table import Table

from bci.pipeline.filter_chain import Chain
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, StreamInfo
from tests.benchmarks.straightforward import StraightforwardChain

SETTINGS = PipelineSettings.model_validate(
    {
        "filters": [
            {"kind": "common_average"},
            {"kind": "bandpass", "low_hz": 8, "high_hz": 30, "order": 4},
            {"kind": "notch", "freq_hz": 50},
        ],
        "window_s": 2.0,
        "hop_s": 0.1,
    }
)


def samples_per_second(process, data: np.ndarray, size: int) -> float:  # type: ignore[no-untyped-def]
    """Best of five passes over the data, in chunks of ``size`` samples."""
    process(data[:size], 0)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for row in range(0, len(data), size):
            process(data[row : row + size], row)
        best = min(best, time.perf_counter() - began)
    return len(data) / best


def main() -> None:
    table = Table(
        "channels", "rate (Hz)", "chunk", "ours (samples/s)", "scipy (samples/s)", "ratio",
        title="filter chain: common average, 8-30 Hz order 4, notch",
    )  # fmt: skip
    for n_channels, sfreq in ((64, 1000.0), (306, 1000.0), (1024, 2000.0)):
        channels = tuple(Channel(f"E{i}", "eeg", "uV") for i in range(n_channels))
        info = StreamInfo("noise", "EEG", sfreq, channels)
        for size in (round(0.01 * sfreq), round(sfreq)):
            seconds = 4 if size > 100 else 2
            n_samples = round(seconds * sfreq)
            data = np.random.default_rng(0).normal(size=(n_samples, n_channels))
            ours = samples_per_second(Chain(SETTINGS, info).process, data.astype(np.float32), size)
            peer = StraightforwardChain(sfreq, n_channels)
            theirs = samples_per_second(
                lambda chunk, _first, peer=peer: peer.process(chunk), data, size
            )
            table.add_row(
                str(n_channels), f"{sfreq:g}", str(size), f"{ours:.3g}", f"{theirs:.3g}",
                f"{ours / theirs:.1f}",
            )  # fmt: skip
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
