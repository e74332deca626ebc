"""Base models across montages: map of a headset's channels to a base model's electrodes."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bci.errors import shortened
from bci.head.electrodes import standard_directions
from bci.head.splines import spline_weights
from bci.signals import FloatArray, Signal

ELECTRODES = "electrodes"
# With fewer electrodes, splines give little more than their mean.
_FEWEST = 3
_MOST_NAMED = 12


def electrode_arrays(signal: Signal) -> dict[str, NDArray[np.generic]]:
    """Make the array ``electrodes`` of a base model: unit vectors (n_channels, 3).

    They are NaN for a name outside the 10-05 system.
    """
    return {ELECTRODES: standard_directions([channel.name for channel in signal.channels])}


def map_onto_base(start: Mapping[str, NDArray[np.generic]], signal: Signal) -> FloatArray | None:
    """Make the spherical-spline map from a signal's channels to a base's electrodes.

    Returns
    -------
    weights : ndarray, shape (n_electrodes, n_channels), or None
        None if both have the same electrodes, or the base model states none.

    Raises
    ------
    ValueError
        If the montages differ and an electrode's position is unknown, or there are too few.
    """
    if ELECTRODES not in start:
        return None
    wanted = np.asarray(start[ELECTRODES], dtype=np.float64)
    names = [channel.name for channel in signal.channels]
    given = standard_directions(names)
    if wanted.shape == given.shape and np.allclose(wanted, given, equal_nan=True):
        return None
    unknown = [name for name, place in zip(names, given, strict=True) if np.isnan(place).any()]
    if unknown or np.isnan(wanted).any():
        which = shortened(unknown, _MOST_NAMED) if unknown else "channels of the base model"
        raise ValueError(
            f"the base model has other electrodes, and the place of {which} is unknown: name "
            "channels by the 10-05 system, or leave them out by pipeline.channels"
        )
    if len(given) < _FEWEST:
        raise ValueError(
            f"the base model has other electrodes, and {len(given)} channels are too few to map "
            f"onto them; give {_FEWEST} or more, or train without --base"
        )
    return spline_weights(given, wanted).astype(np.float32)
