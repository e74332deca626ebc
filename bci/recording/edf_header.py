"""Labels and units as the headers of EDF, BDF and GDF files state them.

MNE renames channels whose labels occur twice, and takes every unit that it does not know for
volts. Sources: https://www.edfplus.info/specs/edf.html, and GDF 2.20 (arXiv cs/0608052).
"""

from pathlib import Path
from typing import NamedTuple

_FIXED = 256
_LABEL, _TRANSDUCER = 16, 80
_MOST_CHANNELS = 10_000
# Of the units that GDF numbers (ISO 11073-10101), those that `bci.units` knows.
_GDF_UNITS = {
    4256: "V", 4274: "mV", 4275: "uV", 4276: "nV", 544: "%", 6048: "degC",
}  # fmt: skip
_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")


class Stated(NamedTuple):
    """Label and unit of one channel; the unit is empty where none is stated."""

    label: str
    unit: str


def stated_channels(path: Path) -> list[Stated]:
    """What the header of an EDF, BDF or GDF file states of its channels, without annotations.

    Empty where the header makes no sense.
    """
    with path.open("rb") as file:
        fixed = file.read(_FIXED)
        version = fixed[:8]
        is_gdf = version.startswith(b"GDF")
        n_channels = _n_channels(fixed, is_gdf)
        if not 1 <= n_channels <= _MOST_CHANNELS:
            return []
        labels = _texts(file.read(_LABEL * n_channels), _LABEL)
        file.seek(_TRANSDUCER * n_channels, 1)
        units = file.read(8 * n_channels)
    numbered = is_gdf and version >= b"GDF 1.90"
    stated = _numbered(units, n_channels) if numbered else _texts(units, 8)
    if len(labels) != n_channels or len(stated) != n_channels:
        return []
    pairs = map(Stated, labels, stated)
    return [each for each in pairs if is_gdf or each.label not in _ANNOTATIONS]


def _n_channels(fixed: bytes, is_gdf: bool) -> int:
    if is_gdf:
        size = 2 if fixed[:8] >= b"GDF 1.90" else 4
        return int.from_bytes(fixed[252 : 252 + size], "little")
    text = fixed[252:256].strip()
    return int(text) if text.isdigit() else 0


def _texts(raw: bytes, width: int) -> list[str]:
    fields = (raw[at : at + width] for at in range(0, len(raw), width))
    return [field.split(b"\0")[0].decode("latin-1").strip() for field in fields]


def _numbered(raw: bytes, n_channels: int) -> list[str]:
    """Units by number: they follow a text of six letters a channel, which is out of use."""
    numbers = raw[6 * n_channels :]
    return [
        _GDF_UNITS.get(int.from_bytes(numbers[at : at + 2], "little"), "")
        for at in range(0, len(numbers), 2)
    ]
