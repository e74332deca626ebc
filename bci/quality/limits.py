"""Thresholds of a usable channel."""

from dataclasses import dataclass

import numpy as np

from bci.channels.units import factor
from bci.signals import Channel

# Size of a microvolt of scalp EEG at other sensors, in their working unit, so that the limits
# mean the same.
_PER_UV = {
    "eeg": ("uV", 1.0), "eog": ("uV", 1.0), "seeg": ("uV", 5.0), "ecog": ("uV", 5.0),
    "mag": ("T", 1.5e-14), "grad": ("T/m", 4e-13),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds: where a channel becomes doubtful, and where bad.

    Amplitudes are as in scalp EEG, in microvolts; other sensors are scaled. The values are
    those at which people who run EEG look at an electrode, not diagnostic ones. ``high_share``,
    of the power above 35 Hz, is for EEG whose unit is unknown: in public recordings it is 0.4 at
    most while electrodes are well, and 0.6 to 0.9 in white noise.
    """

    line_share: tuple[float, float] = (0.5, 0.9)
    high_uv: tuple[float, float] = (12.0, 40.0)
    high_share: tuple[float, float] = (0.45, 0.55)
    rms_uv: tuple[float, float] = (120.0, 500.0)
    drift_uv_s: tuple[float, float] = (300.0, 3000.0)
    kurtosis: tuple[float, float] = (15.0, 60.0)
    least_correlation: tuple[float, float] = (0.35, 0.1)
    impedance_kohm: tuple[float, float] = (50.0, 500.0)
    held_share: float = 0.1
    rail_uv: float = 50_000.0


LIMITS = Limits()


def per_uv(channel: Channel) -> float:
    """Size of a microvolt of scalp EEG in a channel's unit; NaN where that is unknown."""
    unit, size = _PER_UV.get(channel.kind, ("", np.nan))
    return size * (factor(unit, channel.unit) or np.nan)


def has_no_unit(channel: Channel) -> bool:
    """True where amplitudes cannot be compared with the limits for want of a unit."""
    return channel.kind in _PER_UV and bool(np.isnan(per_uv(channel)))
