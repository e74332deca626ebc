"""What the scope does to the signal for the eye; nothing else sees it."""

from dataclasses import dataclass, replace

import numpy as np

from bci.filters import Sos, bandpass, highpass, notch

_ORDER = 2


@dataclass(frozen=True)
class DisplayFilter:
    """A high-pass or, with ``high_hz``, a band-pass; the mains taken out where ``notch_hz`` is."""

    low_hz: float
    high_hz: float | None = None
    notch_hz: float | None = None

    @property
    def name(self) -> str:
        band = f"high-pass {self.low_hz:g} Hz"
        if self.high_hz is not None:
            band = f"{self.low_hz:g}-{self.high_hz:g} Hz"
        return band + (f", notch {self.notch_hz:g} Hz" if self.notch_hz is not None else "")

    def within(self, sfreq: float) -> "DisplayFilter":
        """What of it a stream of this rate leaves room for."""

        def kept(hz: float | None) -> float | None:
            return hz if hz is not None and hz < 0.45 * sfreq else None

        low_hz = min(self.low_hz, sfreq / 20)
        return replace(
            self, low_hz=low_hz, high_hz=kept(self.high_hz), notch_hz=kept(self.notch_hz)
        )

    def design(self, sfreq: float) -> Sos:
        """The causal filter, for a rate that `within` was asked for."""
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
)


def filter_named(name: str) -> DisplayFilter:
    """The filter of that name; the first where there is none."""
    return next((each for each in DISPLAY_FILTERS if each.name == name), DISPLAY_FILTERS[0])
