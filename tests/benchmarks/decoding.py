"""Whole decoders, a window at a time as the engine asks: ``python -m tests.benchmarks.decoding``.

Each is trained for a step on noise and serves by the runtime that it chose: the cost of a window
does not depend on what was learnt.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import decoders
from bci.interfaces import Decoder, Servable
from bci.signals import Channel, FloatArray, Signal
from bci.tasks.emotion_levels import LevelGrid
from bci.tasks.image_gallery import Gallery, save_gallery
from devices.simulated.montages import epoc, meg

_WARM_UP = 50


def emotion(
    name: str, params: dict[str, object], channels: tuple[Channel, ...] | None = None
) -> tuple[Decoder, FloatArray]:
    """A decoder of levels, and windows of 14 channels x 4 s at 128 Hz."""
    windows = np.random.default_rng(0).normal(0, 10, (32, 14, 512)).astype(np.float32)
    labels = np.resize(LevelGrid(("valence", "arousal")).classes, len(windows))
    decoder = decoders.create(name, params)
    decoder.fit(windows, labels, signal=Signal(128.0, channels or epoc()))
    return decoder, windows


def images(
    name: str,
    params: dict[str, object],
    channels: tuple[Channel, ...] | None = None,
    n_samples: int = 100,
    sfreq: float = 125.0,
) -> tuple[Decoder, FloatArray]:
    """A decoder of images, and windows: of 306 channels x 0.8 s at 125 Hz; 768 dimensions."""
    rng = np.random.default_rng(0)
    channels = channels or meg()
    windows = rng.normal(0, 1e-13, (32, len(channels), n_samples)).astype(np.float32)
    names = tuple(f"image-{i:03d}" for i in range(200))
    vectors = rng.normal(size=(200, 768)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gallery.safetensors"
        save_gallery(Gallery(names, vectors, "noise"), file)
        decoder = decoders.create(name, {"gallery": str(file), **params})
    decoder.fit(windows, np.array(names[:32]), signal=Signal(sfreq, channels))
    return decoder, windows


def speech(n_channels: int = 98, n_samples: int = 4000) -> tuple[Decoder, FloatArray]:
    """Du-IN at full size with 16 of the channels and 61 words, and windows at 1 kHz."""
    rng = np.random.default_rng(0)
    windows = rng.normal(0, 10, (122, n_channels, n_samples)).astype(np.float32)
    labels = np.resize([f"word-{i}" for i in range(61)], len(windows))
    decoder = decoders.create("duin", {"size": "full", "channels": 16, "epochs": 1})
    decoder.fit(windows, labels, signal=Signal(1000.0, ()))
    return decoder, windows


# What is measured, and how many milliseconds its p99 may take.
DECODING: dict[str, tuple[Callable[[], tuple[Decoder, FloatArray]], float]] = {
    "HiSTN, 14 ch x 4 s at 128 Hz": (lambda: emotion("histn", {"epochs": 1}), 5.0),
    "differential entropy, the same": (lambda: emotion("differential-entropy", {}), 5.0),
    "MEG encoder, 306 ch x 0.8 s at 125 Hz": (lambda: images("meg-images", {"epochs": 1}), 100.0),
    "ridge of images, the same": (lambda: images("image-ridge", {}), 100.0),
    "Du-IN, 16 of 98 ch x 4 s at 1 kHz": (speech, 100.0),
}


def milliseconds(decoder: Decoder, windows: FloatArray, n_windows: int) -> FloatArray:
    """Of single windows, after a warm-up."""
    if isinstance(decoder, Servable):
        decoder.choose_runtime()
    times = []
    for turn in range(_WARM_UP + n_windows):
        window = windows[turn % len(windows)]
        began = time.perf_counter()
        decoder.predict_proba(window)
        times.append(1000 * (time.perf_counter() - began))
    return np.array(times[_WARM_UP:], dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--windows", type=int, default=2000, help="of each decoder")
    n_windows = parser.parse_args().windows
    table = Table("decoder", "p50 (ms)", "p99", "p99 allowed", "max", title="one window at a time")
    for name, (make, allowed) in DECODING.items():
        times = milliseconds(*make(), n_windows)
        table.add_row(
            name, *(f"{q:.2f}" for q in np.percentile(times, [50, 99])), f"{allowed:g}",
            f"{times.max():.2f}",
        )  # fmt: skip
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
