"""Neuroscan's .cnt files: the number of bytes per sample, which their header does not state.

Source: http://paulbourke.net/dataformats/eeg/ (fields of the header).
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEADER, _PER_CHANNEL = 900, 75
_ANT = (b"RIFF", b"RF64")
_NEAR = 0.1
# The upper half of a 32-bit sample changes less than the lower half, at least by this factor.
_QUIETER = 16


def is_neuroscan(path: Path) -> bool:
    """Return whether a file is Neuroscan's and not ANT's, which has the same ending ``.cnt``."""
    if path.suffix.lower() != ".cnt" or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) not in _ANT


def open_neuroscan(path: Path) -> Any:
    """Open a Neuroscan file with MNE; decide whether its samples have 16 or 32 bits."""
    import mne

    try:
        return mne.io.read_raw_cnt(path, preload=False, verbose="warning")
    except RuntimeError as error:
        if "data_format" not in str(error):
            raise
    return mne.io.read_raw_cnt(
        path,
        data_format=f"int{8 * bytes_a_sample(path)}",
        recompute_n_samples=True,
        preload=False,
        verbose="error",
    )


def bytes_a_sample(path: Path) -> int:
    """Infer the number of bytes per sample, 2 or 4.

    It follows from the file's length in bytes and in samples. Where the header states no length
    that fits, the content of the samples decides.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER)
        if len(head) < _HEADER:
            raise ValueError("its header is cut off")
        n_channels, rate = (struct.unpack_from("<H", head, at)[0] for at in (370, 376))
        (table,) = struct.unpack_from("<i", head, 886)
        (n_samples,) = struct.unpack_from("<i", head, 864)
        (seconds,) = struct.unpack_from("<f", head, 890)
        start = _HEADER + _PER_CHANNEL * n_channels
        size = path.stat().st_size
        n_bytes = (table if start < table <= size else size) - start
        for length in (n_samples, seconds * rate):
            if n_channels and np.isfinite(length) and length > 0:
                for width in (2, 4):
                    if abs(n_bytes / (length * n_channels * width) - 1) < _NEAR:
                        return width
        file.seek(start)
        halves = np.frombuffer(file.read(min(n_bytes, 1 << 20) // 4 * 4), "<i2")
    return _width_by_content(halves, max(1, n_channels))


def _width_by_content(halves: NDArray[np.int16], n_channels: int) -> int:
    whole = len(halves) // (2 * n_channels) * 2 * n_channels
    rows = halves[:whole].astype(np.int64).reshape(-1, n_channels, 2)
    if len(rows) < 2:
        return 2
    low, high = (np.median(np.abs(np.diff(rows[:, :, half], axis=0))) for half in (0, 1))
    return 4 if high * _QUIETER < low else 2
