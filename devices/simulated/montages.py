"""Positions of simulated sensors: scalp electrodes, a MEG helmet, depth electrodes on shafts."""

from functools import cache
from string import ascii_uppercase

import numpy as np
from numpy.typing import NDArray

from bci.head.electrodes import standard_position
from bci.signals import Channel

# The simulated subject's sixteen electrodes come first, so that few channels cover the scalp.
FIRST_SIXTEEN = (
    "Fp1", "Fp2", "F3", "F4", "FC3", "FC4", "C3", "Cz", "C4", "CP3", "CP4", "P3", "Pz", "P4",
    "O1", "O2",
)  # fmt: skip
# Electrodes over the visual cortex, in order of their use for flicker.
_OCCIPITAL = ("Oz", "O1", "O2", "POz", "PO3", "PO4", "PO7", "PO8")
# Electrodes of DREAMER's headset (Emotiv EPOC).
_EPOC = (
    "AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4",
)  # fmt: skip
# Below the left eye.
EOG = Channel("EOG", "eog", "uV", (-0.03, 0.085, -0.03))
_HEAD_RADIUS_M = 0.095
_HELMET_RADIUS_M = 0.115
_N_HELMET = 102
_CONTACT_PITCH_M = 0.0035
_CONTACTS_PER_SHAFT = 12


def eeg(n_channels: int) -> tuple[Channel, ...]:
    """Make scalp electrodes at positions of the 10-05 system; beyond its 343, between them."""
    names = list(_scalp_names()[:n_channels])
    channels = [Channel(name, "eeg", "uV", standard_position(name)) for name in names]
    n_more = n_channels - len(channels)
    for i, place in enumerate(_half_sphere(n_more, _HEAD_RADIUS_M) if n_more else ()):
        channels.append(Channel(f"X{i + 1}", "eeg", "uV", _tuple(place)))
    return tuple(channels)


def occipital(n_channels: int) -> tuple[Channel, ...]:
    """Make scalp electrodes, those over the visual cortex first."""
    names = [*_OCCIPITAL, *(c.name for c in eeg(n_channels) if c.name not in _OCCIPITAL)]
    chosen = names[:n_channels]
    return tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in chosen)


def epoc() -> tuple[Channel, ...]:
    """Make the fourteen electrodes of the EPOC headset, used by many emotion data sets."""
    return tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in _EPOC)


def meg() -> tuple[Channel, ...]:
    """Make 306 channels: a magnetometer and two planar gradiometers at 102 places of a helmet."""
    channels = []
    for i, place in enumerate(_half_sphere(_N_HELMET, _HELMET_RADIUS_M)):
        at = _tuple(place)
        channels += [
            Channel(f"MAG{i + 1:03d}", "mag", "T", at),
            Channel(f"GRAD{i + 1:03d}x", "grad", "T/m", at),
            Channel(f"GRAD{i + 1:03d}y", "grad", "T/m", at),
        ]
    return tuple(channels)


def seeg(n_channels: int) -> tuple[Channel, ...]:
    """Make depth electrodes: 3.5 mm between contacts, twelve per shaft (``A1`` ... ``A12``)."""
    n_shafts = -(-n_channels // _CONTACTS_PER_SHAFT)
    entries = _half_sphere(n_shafts, 0.8 * _HEAD_RADIUS_M)
    channels = []
    for i in range(n_channels):
        shaft, contact = divmod(i, _CONTACTS_PER_SHAFT)
        inward = -entries[shaft] / np.linalg.norm(entries[shaft])
        # The deepest contact has number 1, as is usual in surgery.
        depth = (_CONTACTS_PER_SHAFT - 1 - contact) * _CONTACT_PITCH_M
        place = entries[shaft] + depth * inward
        name = _shaft_name(shaft)
        channels.append(Channel(f"{name}{contact + 1}", "seeg", "uV", _tuple(place)))
    return tuple(channels)


def positions(channels: tuple[Channel, ...]) -> NDArray[np.float64]:
    """Return the positions of all channels, (n_channels, 3), in metres."""
    return np.array([channel.position for channel in channels], dtype=np.float64)


@cache
def _scalp_names() -> tuple[str, ...]:
    from mne.channels import make_standard_montage

    # Electrodes of the coarser 10-10 system come first.
    coarse = make_standard_montage("colin27_1020").ch_names
    fine = make_standard_montage("colin27_1005").ch_names
    ordered = dict.fromkeys([*FIRST_SIXTEEN, *coarse, *fine])
    # T3 and similar names are old names of positions that have another name in the list.
    old = {"T3", "T4", "T5", "T6", "M1", "M2", "A1", "A2"}
    return tuple(name for name in ordered if name not in old and standard_position(name))


def _half_sphere(n: int, radius: float) -> NDArray[np.float64]:
    """Make positions spread evenly over the upper part of a head, (n, 3)."""
    i = np.arange(n) + 0.5
    height = 1.0 - 1.2 * i / n
    turn = np.pi * (1 + 5**0.5) * i
    flat = np.sqrt(np.maximum(1.0 - height**2, 0.0))
    return radius * np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)


def _shaft_name(number: int) -> str:
    letters = ascii_uppercase
    rounds, letter = divmod(number, len(letters))
    return letters[letter] + "'" * rounds


def _tuple(place: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 6) for value in place)
    return x, y, z
