"""EDF and BDF files made byte by byte, so that tests know what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Made:
    """One signal: physical values at ``rate``, or stored codes where ``codes`` is true."""

    label: str
    values: NDArray[np.generic]
    rate: float = 100.0
    unit: str = "uV"
    codes: bool = False


def ramp(n: int, step: float = 0.1) -> NDArray[np.float64]:
    return np.arange(n) * step


def write_edf(
    path: Path,
    signals: Sequence[Made],
    tals: Sequence[bytes] | None = None,
    kind: str = "",
    record_s: float = 1.0,
    n_records: int | None = None,
) -> Path:
    """Write a file; ``tals`` are the annotations of each data record, as bytes of the format."""
    width = 3 if path.suffix == ".bdf" else 2
    top = (1 << (8 * width - 1)) - 1
    counts = [round(signal.rate * record_s) for signal in signals]
    written = len(signals[0].values) // counts[0] if signals else len(tals or ())
    rows = [
        (s.label, s.unit, *((-top - 1, top) if s.codes else (-3000, 3000)), -top - 1, top, n)
        for s, n in zip(signals, counts, strict=True)
    ]
    tal_bytes = 120
    if tals is not None:
        rows.append((f"{path.suffix[1:].upper()} Annotations", "", -1, 1, -top - 1, top,
                     tal_bytes // width))  # fmt: skip

    def field(value: object, size: int) -> bytes:
        return str(value).encode("latin-1")[:size].ljust(size)

    head = (b"\xffBIOSEMI" if width == 3 else field("0", 8)) + field("X X X X", 80)
    head += field("Startdate X X X X", 80) + field("01.01.24", 8) + field("10.00.00", 8)
    head += field(256 * (len(rows) + 1), 8) + field(kind, 44)
    head += field(written if n_records is None else n_records, 8)
    head += field(f"{record_s:g}", 8) + field(len(rows), 4)
    for column, size in ((0, 16), (None, 80), (1, 8), (2, 8), (3, 8), (4, 8), (5, 8), (None, 80),
                         (6, 8), (None, 32)):  # fmt: skip
        head += b"".join(field("" if column is None else row[column], size) for row in rows)
    content = [head]
    for record in range(written):
        for signal, n in zip(signals, counts, strict=True):
            values = np.asarray(signal.values[record * n : (record + 1) * n], dtype=np.float64)
            if not signal.codes:
                values = np.round((values + 3000) / 6000 * (2 * top + 1) - top - 1)
            stored = values.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :width]
            content.append(stored.tobytes())
        if tals is not None:
            content.append(tals[record].ljust(tal_bytes // width * width, b"\0"))
    path.write_bytes(b"".join(content))
    return path


def timed(onsets: Sequence[float], notes: dict[int, bytes] | None = None) -> list[bytes]:
    """Annotations of data records that begin at ``onsets``; ``notes`` by record."""
    return [
        b"+%s\x14\x14\0" % f"{onset:g}".encode() + (notes or {}).get(i, b"")
        for i, onset in enumerate(onsets)
    ]
