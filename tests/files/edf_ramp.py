"""EDF files of a known signal, for tests."""

from pathlib import Path

import numpy as np

N = 200
SFREQ = 100


def write_edf(path: Path, channels: list[tuple[str, str]], full_scale: float = 100.0) -> Path:
    """Two seconds of a ramp from 0 to full scale on every channel, given as label and unit."""
    n = len(channels)
    fields = [
        [label for label, _ in channels], [""] * n, [unit for _, unit in channels],
        [f"{-full_scale:g}"] * n, [f"{full_scale:g}"] * n, ["-32767"] * n, ["32767"] * n,
        [""] * n, [str(SFREQ)] * n, [""] * n,
    ]  # fmt: skip
    widths = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
    head = "0".ljust(8) + "X".ljust(80) + "X".ljust(80) + "01.01.24" + "10.00.00"
    head += str(256 * (n + 1)).ljust(8) + " " * 44 + "2".ljust(8) + "1".ljust(8) + str(n).ljust(4)
    table = "".join(
        text.ljust(width) for width, row in zip(widths, fields, strict=True) for text in row
    )
    ramp = np.linspace(0, 32767, N).astype("<i2")
    records = [np.tile(ramp[at : at + SFREQ], n) for at in (0, SFREQ)]
    path.write_bytes((head + table).encode("latin-1") + b"".join(r.tobytes() for r in records))
    return path
