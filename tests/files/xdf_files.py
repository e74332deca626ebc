"""XDF files for tests, of streams with any type, format and labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pylsl

from bci.recording.xdf.writer import XdfWriter


@dataclass(frozen=True)
class Sent:
    """A stream of a file: texts, or numbers of ``channel_format``; one row a sample."""

    name: str
    type: str
    times: Sequence[float]
    values: Sequence[object]
    channel_format: str = "string"
    sfreq: float = 0.0
    labels: Sequence[str] = field(default=())
    simulated: bool = False


def eeg(seconds: float, name: str = "amp", sfreq: float = 128.0, n_channels: int = 6) -> Sent:
    """Noise of 10 uV from second 0 on."""
    n = round(seconds * sfreq)
    rng = np.random.default_rng(sum(name.encode()))
    data = rng.normal(0, 10, (n, n_channels)).astype(np.float32)
    labels = [f"E{i + 1}" for i in range(n_channels)]
    return Sent(name, "EEG", np.arange(n) / sfreq, data, "float32", sfreq, labels)


def write_xdf(path: Path, *streams: Sent, start: float = 50.0) -> Path:
    """Write the streams; their second 0 is ``start`` on the recorder's clock."""
    writer = XdfWriter(path)
    for sent in streams:
        rows = [row if isinstance(row, list | tuple | np.ndarray) else [row] for row in sent.values]
        described = pylsl.StreamInfo(
            sent.name, sent.type, len(rows[0]), sent.sfreq, sent.channel_format, f"{sent.name}-id"
        )
        if sent.simulated:
            described.desc().append_child_value("simulated", "true")
        channels = described.desc().append_child("channels")
        for label in sent.labels:
            channels.append_child("channel").append_child_value("label", label)
        number = writer.add_stream(described.as_xml())
        if sent.channel_format == "string":
            values = np.array([[_bytes(text) for text in row] for row in rows], object)
        else:
            values = np.array(
                rows, "f8" if sent.channel_format == "double64" else sent.channel_format
            )
        writer.write_samples(number, start + np.asarray(sent.times, np.float64), values)
        writer.write_offset(number, start, 0.0)
    writer.close()
    return path


def _bytes(text: object) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode()
