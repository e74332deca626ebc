"""Units of channels: one spelling per unit, and factors between units of the same quantity."""

_MAX_UNIT = 200
UNKNOWN = "unknown"
POTENTIALS = ("eeg", "eog", "ecg", "emg", "erg", "seeg", "ecog", "dbs", "bio")
"""Kinds of channels that are measured in volts."""

# Spellings in files and streams, in lower case. They include a micro sign in Latin-1 or Shift-JIS
# that was read in another encoding; no other prefix of volts gives these characters.
_SPELLINGS = {
    "V": "v volt volts",
    "mV": "mv millivolt millivolts",
    "uV": "uv µv μv \ufffdv \x83\xeav microvolt microvolts uvolt uvolts",
    "nV": "nv nanovolt nanovolts",
    "T": "t tesla",
    "nT": "nt nanotesla",
    "pT": "pt picotesla",
    "fT": "ft femtotesla",
    "T/m": "t/m",
    "fT/cm": "ft/cm",
    "s": "s second seconds",
    "degC": "degc °c ºc \ufffdc oc celsius",
    "g": "g",
    "m/s^2": "m/s^2 m/s2 m/s²",
    "deg/s": "deg/s °/s dps",
    "%": "% percent",
    "Ohm": "ohm ohms ω",
    "kOhm": "kohm kohms kω",
    UNKNOWN: "unknown n/a none - ?",
}
_UNITS = {word: unit for unit, words in _SPELLINGS.items() for word in words.split()}
_SPELT_OUT = {
    "uV": "microvolts", "mV": "millivolts", "nV": "nanovolts", "V": "volts", "T": "tesla",
}  # fmt: skip
# Powers of ten of volts, teslas, and teslas per metre.
_POWERS = {
    "V": {"V": 0, "mV": -3, "uV": -6, "nV": -9},
    "T": {"T": 0, "nT": -9, "pT": -12, "fT": -15},
    "T/m": {"T/m": 0, "fT/cm": -13},
}
# Unit of each quantity in the pipeline.
_WORKING = {"V": "uV", "T": "T", "T/m": "T/m"}
_OTHER_QUANTITIES = ("s", "degC", "g", "m/s^2", "deg/s", "%", "Ohm", "kOhm")


def canonical_unit(unit: str, kind: str = UNKNOWN) -> str:
    """Return the standard spelling of a unit: ``uV`` for ``microvolts`` and ``µV``.

    An empty unit becomes ``unknown``. MNE-LSL states a power of ten only (``0``, ``-6``); it
    refers to the SI unit of channels of ``kind``.
    """
    unit = unit.strip()[:_MAX_UNIT].strip()
    if unit.lstrip("+-").isdecimal():
        return _of_power(int(unit[:4]), kind)
    return _UNITS.get(unit.lower(), unit) or UNKNOWN


def spelt_out(unit: str) -> str:
    """Return the full name of a unit, as in stream descriptions: ``microvolts`` for ``uV``."""
    return _SPELT_OUT.get(unit, unit)


def is_potential(unit: str) -> bool:
    """Return whether a unit is one of volts or unknown, so that it may be that of an electrode."""
    return _quantity(unit) in ("V", None) and unit not in _OTHER_QUANTITIES


def working_unit(unit: str) -> str:
    """Return the pipeline's unit of the same quantity: microvolts, teslas or teslas per metre.

    Other units are returned unchanged.

    Parameters
    ----------
    unit : str
        In the spelling of `canonical_unit`.
    """
    quantity = _quantity(unit)
    return _WORKING[quantity] if quantity else unit


def factor(unit: str, wanted: str) -> float | None:
    """Return the factor from ``unit`` to ``wanted``; None if their quantities differ."""
    if unit == wanted:
        return 1.0
    quantity = _quantity(unit)
    if quantity is None or wanted not in _POWERS[quantity]:
        return None
    return float(10.0 ** (_POWERS[quantity][unit] - _POWERS[quantity][wanted]))


def in_si(unit: str) -> tuple[float, str]:
    """Return the factor from ``unit`` to volts, teslas or teslas per metre, and that unit.

    For another unit, the factor is 1 and the unit is unchanged.
    """
    known = canonical_unit(unit)
    base = _quantity(known)
    return (1.0, unit) if base is None else (float(10.0 ** _POWERS[base][known]), base)


def _quantity(unit: str) -> str | None:
    return next((quantity for quantity, units in _POWERS.items() if unit in units), None)


def _of_power(power: int, kind: str) -> str:
    base = "V" if kind in POTENTIALS else {"mag": "T", "ref_meg": "T", "grad": "T/m"}.get(kind)
    powers = _POWERS[base] if base else {}
    return next((unit for unit, each in powers.items() if each == power), UNKNOWN)
