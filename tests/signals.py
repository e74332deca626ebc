"""Simulated signals for tests."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from bci.signals import Channel, Chunk, Marker, Recording, StreamInfo


def eeg_info(n_channels: int = 8, sfreq: float = 250.0, name: str = "test EEG") -> StreamInfo:
    channels = tuple(Channel(f"E{i + 1}", "eeg", "uV") for i in range(n_channels))
    return StreamInfo(name, "EEG", sfreq, channels, source_id=name, simulated=True)


def noise(n_samples: int, n_channels: int = 8, seed: int = 0, offset: float = 0.0) -> np.ndarray:
    """White noise of 20 uV rms on a constant offset, (n_samples, n_channels) float32."""
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 20, (n_samples, n_channels)) + offset).astype(np.float32)


def chunked(data: np.ndarray, sfreq: float, sizes: list[int] | int, first: int = 0) -> list[Chunk]:
    """Split samples into chunks: of one size, or of the sizes given in turn."""
    chunks, row, turn = [], 0, 0
    while row < len(data):
        size = sizes if isinstance(sizes, int) else sizes[turn % len(sizes)]
        part = data[row : row + size]
        index = np.arange(first + row, first + row + len(part))
        chunks.append(Chunk(part.copy(), index / sfreq, first + row))
        row, turn = row + size, turn + 1
    return chunks


def two_class_recording(
    n_trials: int = 24,
    seed: int = 0,
    sfreq: float = 128.0,
    n_channels: int = 6,
    amplitude: float = 12.0,
) -> Recording:
    """Cued trials of 3 s after 2 s of rest; each class makes a 12 Hz rhythm at one electrode."""
    rng = np.random.default_rng(seed)
    trial = round(5 * sfreq)
    data = rng.normal(0, 10, (n_trials * trial, n_channels))
    markers = []
    labels = rng.permutation(np.resize(["left", "right"], n_trials))
    for i, label in enumerate(labels):
        cue = i * trial + round(2 * sfreq)
        span = np.arange(cue, (i + 1) * trial)
        wave = amplitude * np.sin(2 * np.pi * 12 * span / sfreq + rng.uniform(0, 2 * np.pi))
        data[span, 1 if label == "left" else 3] += wave
        markers += [Marker(i * trial / sfreq, "rest"), Marker(cue / sfreq, str(label))]
    index = np.arange(len(data))
    return Recording(
        eeg_info(n_channels, sfreq),
        data.astype(np.float32),
        index / sfreq,
        index,
        tuple(markers),
        source=f"run with seed {seed}",
    )


def stored(recording: Recording, file: Path) -> Recording:
    """The recording, said to come from a file that holds its samples."""
    file.write_bytes(recording.data.tobytes())
    return replace(recording, source=str(file))


def recorded(info: StreamInfo, data: np.ndarray, markers: tuple[Marker, ...] = ()) -> Recording:
    """Samples as a recording of a stream."""
    index = np.arange(len(data))
    return Recording(
        info, data.astype(np.float32), index / info.sfreq, index, markers, source=info.name
    )
