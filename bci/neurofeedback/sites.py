"""Signals of a feature's sites: channels, or positions interpolated by splines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bci.errors import MismatchError, shortened
from bci.head.electrodes import fit_sphere, standard_name, standard_position
from bci.head.splines import spline_weights
from bci.profiles.neurofeedback import Place, Site
from bci.signals import Channel, FloatArray

# With fewer electrodes, splines estimate positions between them poorly.
_LEAST_ELECTRODES = 8


class Sites:
    """Compute one signal per site from a window's channels.

    Raises `MismatchError` if a site's channel is missing, a position is unknown, or too few
    electrodes have positions for the interpolation.
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
        """Compute all sites' signals, (n_sites, n_samples), from (n_channels, n_samples)."""
        # Copied into one memory layout, so that the same window always gives identical numbers.
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
    """Compute the weights of all channels, (n_channels,), for the signal of a site."""
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
