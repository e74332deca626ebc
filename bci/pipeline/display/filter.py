"""Filters of the displayed signal; decoding and recording do not use them."""

from dataclasses import dataclass, replace

import numpy as np

from bci.pipeline.filters import Sos, bandpass, highpass, notch

_ORDER = 2


@dataclass(frozen=True)
class DisplayFilter:
    """A high-pass or, with ``high_hz``, a band-pass.

    A notch is added if ``notch_hz`` is given. If ``low_hz`` is None, the signal is displayed
    without a filter.
    """

    low_hz: float | None
    high_hz: float | None = None
    notch_hz: float | None = None

    @property
    def is_raw(self) -> bool:
        return self.low_hz is None

    @property
    def name(self) -> str:
        if self.low_hz is None:
            return "raw, no filter"
        band = f"high-pass {self.low_hz:g} Hz"
        if self.high_hz is not None:
            band = f"{self.low_hz:g}-{self.high_hz:g} Hz"
        return band + (f", notch {self.notch_hz:g} Hz" if self.notch_hz is not None else "")

    def within(self, sfreq: float) -> "DisplayFilter":
        """Lower or drop corner frequencies that are too high for this sampling rate."""
        if self.low_hz is None:
            return self

        def kept(hz: float | None) -> float | None:
            return hz if hz is not None and hz < 0.45 * sfreq else None

        high_hz = kept(self.high_hz)
        low_hz = self.low_hz if high_hz is not None else min(self.low_hz, sfreq / 20)
        return replace(self, low_hz=low_hz, high_hz=high_hz, notch_hz=kept(self.notch_hz))

    def design(self, sfreq: float) -> Sos:
        """Design the causal filter.

        Call it after `within` with this rate, and not for a raw view.
        """
        assert self.low_hz is not None
        if self.high_hz is None:
            band = highpass(self.low_hz, sfreq)
        else:
            band = bandpass(self.low_hz, self.high_hz, sfreq, _ORDER)
        return band if self.notch_hz is None else np.vstack([band, notch(self.notch_hz, sfreq)])


DISPLAY_FILTERS = (
    DisplayFilter(0.5),
    DisplayFilter(1.0, 40.0),
    DisplayFilter(1.0, 40.0, 50.0),
    DisplayFilter(1.0, 40.0, 60.0),
    DisplayFilter(70.0, 150.0),
    DisplayFilter(None),
)


def filter_named(name: str) -> DisplayFilter:
    """Return the filter of this name, or the first filter for an unknown name."""
    return next((each for each in DISPLAY_FILTERS if each.name == name), DISPLAY_FILTERS[0])
