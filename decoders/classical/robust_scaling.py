"""Scaling of channels that outliers do not move: MEG has them, and units far apart (T, T/m)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray
from decoders.classical.linear_head import shaped

# Beyond so many standard deviations a value is an artifact, and counts as this much.
_LIMIT = 5.0
# Interquartile range of a standard normal distribution.
_IQR = 1.349


@dataclass(frozen=True)
class RobustScaling:
    """Median and spread of each channel, (n_channels, 1), learnt from training windows."""

    centre: FloatArray
    spread: FloatArray

    @classmethod
    def fit(cls, windows: FloatArray) -> "RobustScaling":
        """Of windows (n_windows, n_channels, n_samples), channel by channel to save memory."""
        quartiles = np.array([
            np.percentile(windows[:, c], [25, 50, 75]) for c in range(windows.shape[1])
        ])  # fmt: skip
        spread = (quartiles[:, 2] - quartiles[:, 0]) / _IQR
        # A channel that never changes says nothing, whatever it is divided by.
        spread[spread <= 0] = 1.0
        return cls(quartiles[:, 1:2].astype(np.float32), spread[:, None].astype(np.float32))

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[np.generic]], n_channels: int
    ) -> "RobustScaling":
        centre, spread = (
            shaped(arrays, name, (n_channels, 1)).astype(np.float32)
            for name in ("scaling.centre", "scaling.spread")
        )
        if not (spread > 0).all():
            raise ValueError("array 'scaling.spread' is not above 0")
        return cls(centre, spread)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"scaling.centre": self.centre, "scaling.spread": self.spread}

    def __call__(self, windows: FloatArray) -> FloatArray:
        """Windows (..., n_channels, n_samples) at about unit variance, clipped."""
        scaled = (windows - self.centre) / self.spread
        return np.clip(scaled, -_LIMIT, _LIMIT, out=scaled)
