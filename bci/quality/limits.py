"""Thresholds of a usable channel."""

from dataclasses import dataclass

import numpy as np

from bci.channels.units import factor
from bci.signals import Channel

# Value at other sensors, in their working unit, that corresponds to 1 uV of scalp EEG. So the same
# limits apply to all sensors.
_PER_UV = {
    "eeg": ("uV", 1.0), "eog": ("uV", 1.0), "seeg": ("uV", 5.0), "ecog": ("uV", 5.0),
    "mag": ("T", 1.5e-14), "grad": ("T/m", 4e-13),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds at which a channel becomes doubtful and bad, in this order.

    Amplitudes are in microvolts of scalp EEG and are scaled for other sensors. At these values an
    experimenter would check an electrode; they are not diagnostic. ``high_share`` is the share of
    power above 35 Hz, for EEG of unknown unit. In public recordings with good electrodes it is at
    most 0.4, and 0.6 to 0.9 in white noise.
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
    """Return the value in a channel's unit for 1 uV of scalp EEG; NaN if the unit is unknown."""
    unit, size = _PER_UV.get(channel.kind, ("", np.nan))
    return size * (factor(unit, channel.unit) or np.nan)


def has_no_unit(channel: Channel) -> bool:
    """Return whether a channel's unit is missing, so that the limits cannot be applied."""
    return channel.kind in _PER_UV and bool(np.isnan(per_uv(channel)))
