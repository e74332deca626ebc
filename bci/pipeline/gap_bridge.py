"""Replace missing values of channels, so that a filter can continue."""

import numpy as np

from bci.compiling import kernel
from bci.signals import FloatArray


class GapBridge:
    """Replace non-finite values by the channel's last value, before a filter.

    Later values of that channel are shifted to continue from it, so that the filter gets no step.
    Channels without missing values stay unchanged.
    """

    def __init__(self, n_channels: int) -> None:
        self._last = np.zeros(n_channels, dtype=np.float32)
        self._shift = np.zeros(n_channels, dtype=np.float32)
        self._missing = np.zeros(n_channels, dtype=np.bool_)
        self._fresh = True
        self._has_gap = False

    def reset(self) -> None:
        """Clear the state; the next values are not shifted."""
        self._shift[:] = self._last[:] = 0.0
        self._missing[:] = False
        self._fresh, self._has_gap = True, False

    def fill(self, data: FloatArray) -> None:
        """Replace the missing values of ``data`` (n_samples, n_channels), in place."""
        if not len(data):
            return
        if self._fresh:
            # A channel whose first value is missing starts at zero.
            self._missing[:] = ~np.isfinite(data[0])
            self._fresh = False
        # After the first missing value, later values may need a shift.
        self._has_gap = self._has_gap or not np.isfinite(data).all()
        if self._has_gap:
            _bridge(data, self._last, self._shift, self._missing)
        else:
            self._last[:] = data[-1]


@kernel()
def _bridge(data, last, shift, missing):  # type: ignore[no-untyped-def]
    """Fill ``data`` (n_samples, n_channels) in place.

    The state is ``last``, ``shift`` and ``missing``, each (n_channels,).
    """
    n_samples, n_channels = data.shape
    for t in range(n_samples):
        for c in range(n_channels):
            value = data[t, c]
            if np.isfinite(value):
                if missing[c]:
                    shift[c] = value - last[c]
                    missing[c] = False
                last[c] = value - shift[c]
            else:
                missing[c] = True
            data[t, c] = last[c]
