"""Channels of a file that MNE opened, and the factors from MNE's units to theirs."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import DeclaredChannels, describe
from bci.channels.units import POTENTIALS, canonical_unit, factor, working_unit
from bci.recording.by_mne.gdf_header import stated_channels
from bci.signals import Channel

_UNITS = {"mag": "T", "grad": "T/m", "ref_meg": "T"} | dict.fromkeys(POTENTIALS, "uV")
# Formats that state the kind of each channel. In others, MNE calls unknown channels EEG.
_TYPED = (".fif", ".gz", ".ds", ".sqd", ".con", ".mff")


def channels_of(raw: Any, path: Path) -> tuple[tuple[Channel, ...], NDArray[np.float64]]:
    """Describe the channels of the file at ``path``, which MNE opened as ``raw``.

    Also return the factor of each channel from MNE's unit to its own, shape (n_channels,).
    """
    kinds = raw.get_channel_types()
    labels, units = list(raw.ch_names), [_UNITS.get(kind, "") for kind in kinds]
    scale = np.array([1e6 if kind in POTENTIALS else 1.0 for kind in kinds])
    if path.suffix.lower() == ".gdf":
        labels, units, scale = _as_stated(raw, path, kinds)
    is_typed = path.suffix.lower() in _TYPED
    stated = [
        DeclaredChannels(
            label,
            kind if is_typed or kind != "eeg" else "",
            unit,
            (float(x), float(y), float(z)),
        )
        for label, kind, unit, (x, y, z) in zip(
            labels, kinds, units, (each["loc"][:3] for each in raw.info["chs"]), strict=True
        )
    ]
    return describe(stated, "EEG"), scale


def _as_stated(
    raw: Any, path: Path, kinds: list[str]
) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """Read labels, units and factors from the header of a GDF file.

    MNE's own are not used, because it treats unknown units as volts.
    """
    stated = stated_channels(path)
    gains = raw._raw_extras[0]["units"]
    if len(stated) != len(kinds) or len(gains) != len(kinds):
        return list(raw.ch_names), [""] * len(kinds), np.ones(len(kinds))
    units = [canonical_unit(each.unit) for each in stated]
    wanted = [working_unit(unit) for unit in units]
    factors = [factor(*pair) or 1.0 for pair in zip(units, wanted, strict=True)]
    return [each.label for each in stated], wanted, np.array(factors) / gains
