"""The frequency bands that rhythms of the brain are sorted into."""

from typing import NamedTuple


class Band(NamedTuple):
    """From ``low`` to ``high``, in hertz."""

    name: str
    low: float
    high: float


# Gamma ends below the power line.
BANDS = (
    Band("delta", 1.0, 4.0),
    Band("theta", 4.0, 8.0),
    Band("alpha", 8.0, 13.0),
    Band("beta", 13.0, 30.0),
    Band("gamma", 30.0, 45.0),
)
ALPHA, BETA = BANDS[2], BANDS[3]
