"""Channels that send no number for a while, bridged so that a filter can continue."""

import numpy as np

from bci.compiling import kernel
from bci.signals import FloatArray


class GapBridge:
    """Replaces what is no number by the channel's last value, for a filter that follows.

    Where numbers come again they are shifted to continue from that value: the filter meets no step.
    Each channel is treated alone; one without a gap is left as it is.
    """

    def __init__(self, n_channels: int) -> None:
        self._last = np.zeros(n_channels, dtype=np.float32)
        self._shift = np.zeros(n_channels, dtype=np.float32)
        self._missing = np.zeros(n_channels, dtype=np.bool_)
        self._fresh = True
        self._has_gap = False

    def reset(self) -> None:
        """Forget the past: the next value continues nothing."""
        self._shift[:] = self._last[:] = 0.0
        self._missing[:] = False
        self._fresh, self._has_gap = True, False

    def fill(self, data: FloatArray) -> None:
        """Fill in ``data``, (n_samples, n_channels), in place."""
        if not len(data):
            return
        if self._fresh:
            # A channel that begins without numbers is taken to begin at zero.
            self._missing[:] = ~np.isfinite(data[0])
            self._fresh = False
        # Once there was a gap, what comes after it is shifted.
        self._has_gap = self._has_gap or not np.isfinite(data).all()
        if self._has_gap:
            _bridge(data, self._last, self._shift, self._missing)
        else:
            self._last[:] = data[-1]


@kernel()
def _bridge(data, last, shift, missing):  # type: ignore[no-untyped-def]
    """Fill ``data`` (n_samples, n_channels) in place; the others (n_channels,) are the state."""
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
