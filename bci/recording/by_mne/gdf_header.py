"""Labels and units in the header of a GDF file.

MNE renames channels whose labels occur twice, and treats every unknown unit as volts. Source: GDF
2.20 (arXiv cs/0608052).
"""

from pathlib import Path
from typing import NamedTuple

_FIXED = 256
_LABEL, _TRANSDUCER, _UNIT = 16, 80, 8
_MAX_CHANNELS = 10_000
# From this version on, a number states the unit. It follows an obsolete text of six letters.
_NUMBERED = b"GDF 1.90"
# Numbers of ISO 11073-10101 for the units that `bci.channels.units` knows.
_UNITS = {
    4256: "V", 4274: "mV", 4275: "uV", 4276: "nV", 544: "%", 6048: "degC",
}  # fmt: skip


class Stated(NamedTuple):
    """Label and unit of one channel; ``unit`` is empty where the header states none."""

    label: str
    unit: str


def stated_channels(path: Path) -> list[Stated]:
    """Read each channel's label and unit from a header; empty if the header is invalid."""
    with path.open("rb") as file:
        fixed = file.read(_FIXED)
        numbered = fixed[:8] >= _NUMBERED
        n_channels = int.from_bytes(fixed[252 : 254 if numbered else 256], "little")
        if not fixed.startswith(b"GDF") or not 1 <= n_channels <= _MAX_CHANNELS:
            return []
        labels = _texts(file.read(_LABEL * n_channels), _LABEL)
        file.seek(_TRANSDUCER * n_channels, 1)
        units = file.read(_UNIT * n_channels)
    stated = _numbered(units[6 * n_channels :]) if numbered else _texts(units, _UNIT)
    if len(labels) != n_channels or len(stated) != n_channels:
        return []
    return list(map(Stated, labels, stated))


def _texts(raw: bytes, width: int) -> list[str]:
    fields = (raw[at : at + width] for at in range(0, len(raw), width))
    return [field.split(b"\0")[0].decode("latin-1").strip() for field in fields]


def _numbered(raw: bytes) -> list[str]:
    numbers = (raw[at : at + 2] for at in range(0, len(raw), 2))
    return [_UNITS.get(int.from_bytes(number, "little"), "") for number in numbers]
