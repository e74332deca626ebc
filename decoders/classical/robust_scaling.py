"""Robust scaling of channels, for signals such as MEG with outliers and different units."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.signals import FloatArray
from decoders.classical.linear_head import shaped

# Values are clipped at this many standard deviations; larger ones are artifacts.
_LIMIT = 5.0
# Interquartile range of a standard normal distribution.
_IQR = 1.349


@dataclass(frozen=True)
class RobustScaling:
    """Median and scale of each channel, (n_channels, 1), estimated from training windows."""

    centre: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, windows: FloatArray) -> "RobustScaling":
        """Estimate the scaling from windows (n_windows, n_channels, n_samples)."""
        # Channel by channel, to save memory.
        quartiles = np.array([
            np.percentile(windows[:, c], [25, 50, 75]) for c in range(windows.shape[1])
        ])  # fmt: skip
        scale = (quartiles[:, 2] - quartiles[:, 0]) / _IQR
        # A constant channel has scale 0; any other divisor will do.
        scale[scale <= 0] = 1.0
        return cls(quartiles[:, 1:2].astype(np.float32), scale[:, None].astype(np.float32))

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[np.generic]], n_channels: int
    ) -> "RobustScaling":
        centre, scale = (
            shaped(arrays, name, (n_channels, 1)).astype(np.float32)
            for name in ("scaling.centre", "scaling.spread")
        )
        if not (scale > 0).all():
            raise ValueError("array 'scaling.spread' is not above 0")
        return cls(centre, scale)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"scaling.centre": self.centre, "scaling.spread": self.scale}

    def __call__(self, windows: FloatArray) -> FloatArray:
        """Scale windows (..., n_channels, n_samples) to about unit variance and clip them."""
        scaled = (windows - self.centre) / self.scale
        return np.clip(scaled, -_LIMIT, _LIMIT, out=scaled)
