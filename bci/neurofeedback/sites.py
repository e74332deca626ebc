"""Signals of a feature's sites: channels as they are, and places between them by splines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError, shortened
from bci.head.electrodes import fit_sphere, standard_name, standard_position
from bci.head.splines import spline_weights
from bci.profiles.neurofeedback import Place, Site
from bci.signals import Channel, FloatArray

# Splines through fewer electrodes poorly estimate a place between them.
_LEAST_ELECTRODES = 8


class Sites:
    """Mixes a window's channels into one signal for each site.

    Raises `MismatchError` if a site's channel is missing, a place is unknown, or there are too few
    electrodes with positions to interpolate from.
    """

    def __init__(self, wanted: Sequence[Site], channels: Sequence[Channel]) -> None:
        self.names = tuple(_name(site) for site in wanted)
        self.unit = channels[0].unit if channels else "unknown"
        numbers = {channel.name.lower(): i for i, channel in enumerate(channels)}
        self._weights: NDArray[np.float64] | None = None
        if any(isinstance(site, Place) for site in wanted):
            self._weights = np.stack([_weights(site, channels, numbers) for site in wanted])
        else:
            found = [_number(str(site), channels, numbers) for site in wanted]
            self._picks = np.array(found)

    def signals(self, window: FloatArray) -> NDArray[np.float64]:
        """Signals of all sites, (n_sites, n_samples), of a window (n_channels, n_samples)."""
        # Copied into memory of one layout, so that the same window gives the same bits anywhere.
        if self._weights is None:
            return np.ascontiguousarray(window[self._picks], dtype=np.float64)
        mixed = self._weights @ np.ascontiguousarray(window, dtype=np.float64)
        return np.asarray(mixed, dtype=np.float64)


def _name(site: Site) -> str:
    if isinstance(site, str):
        return site
    return site.at if isinstance(site.at, str) else "({:g}, {:g}, {:g})".format(*site.at)


def _number(name: str, channels: Sequence[Channel], numbers: dict[str, int]) -> int:
    if name.lower() not in numbers:
        there = shortened([channel.name for channel in channels], 24)
        raise MismatchError(
            f"neurofeedback.feature.sites: there is no channel {name} (there are {there}); "
            f"name one of them, or the place: {{at: {name}}}"
        )
    return numbers[name.lower()]


def _weights(
    site: Site, channels: Sequence[Channel], numbers: dict[str, int]
) -> NDArray[np.float64]:
    """Weights of all channels, (n_channels,), in the signal of a site."""
    row = np.zeros(len(channels))
    if isinstance(site, str):
        row[_number(site, channels, numbers)] = 1.0
        return row
    target = _position(site)
    placed = [
        i for i, each in enumerate(channels) if each.kind == "eeg" and each.position is not None
    ]
    if len(placed) < _LEAST_ELECTRODES:
        raise MismatchError(
            f"neurofeedback.feature.sites: a place needs at least {_LEAST_ELECTRODES} EEG channels "
            f"with positions, the pipeline has {len(placed)}; name a channel instead"
        )
    at = np.array([channels[i].position for i in placed], dtype=np.float64)
    centre, _ = fit_sphere(at)
    row[placed] = spline_weights(_unit(at - centre), _unit((target - centre)[None]))[0]
    return row


def _position(site: Place) -> NDArray[np.float64]:
    if not isinstance(site.at, str):
        return np.array(site.at)
    found = standard_position(standard_name(site.at))
    if found is None:
        raise MismatchError(
            f"neurofeedback.feature.sites: {site.at} is no electrode of the 10-05 system; "
            "give a name like POz, or x, y, z in metres"
        )
    return np.array(found)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
