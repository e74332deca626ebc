"""Readable texts for numbers with units, times, and names of classes."""

import re
from math import floor, inf, log10

from bci.channels.units import in_si
from bci.tasks.image_gallery import PREFIX

_LEVELS = re.compile(r"[A-Za-z ]+-([1-9])/[A-Za-z ]+-([1-9])")
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k"}
_BASE = ("V", "T", "T/m")


def with_unit(value: float, unit: str) -> str:
    """Return ``value`` with ``unit`` and a prefix: ``33.3 µV``, ``2 pT``.

    It has at most three significant digits. A ``unit`` of ``unknown`` is left out.
    """
    scale, base = in_si(unit)
    if base not in _BASE or value <= 0:
        return f"{value:.3g}" if unit == "unknown" else f"{value:.3g} {unit[:12]}"
    value *= scale
    # A value just under a step (999.9) is rounded first, so that it takes the larger prefix.
    exponent = min(max(3 * floor(log10(float(f"{value:.3g}")) / 3 + 1e-9), -15), 3)
    return f"{value / 10**exponent:.3g} {_PREFIXES[exponent]}{base}"


def round_up(value: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50 ... at or above ``value``.

    Returns 1 for a value that is not positive and finite.
    """
    if not 0 < value < inf:
        return 1.0
    decade = 10.0 ** floor(log10(value))
    return next(step * decade for step in (1, 2, 5, 10) if value <= step * decade * (1 + 1e-9))


def counted(n: int, what: str) -> str:
    """Return a count with its noun ``what``: ``1 trial``, ``2 trials``."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def neighbouring(value: float, way: int) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50 ... above or below ``value``.

    ``way`` is +1 for above and -1 for below. ``value`` must be positive.
    """
    if way > 0:
        return round_up(value * (1 + 1e-6))
    # The inverses of 1, 2, 5 are such steps too: 1, 0.5, 0.2.
    return 1 / round_up((1 + 1e-6) / value)


def percent(share: float) -> str:
    """Return ``82 %`` for 0.825; small shares have a decimal: ``0.5 %`` for 0.005."""
    return f"{100 * share:.{int(0 < share < 0.095)}f} %"


def by_chance(p_value: float) -> str:
    """Return a p-value as text: ``p = 0.03``, or ``p < 0.001``."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def squared(unit: str) -> str:
    """Return the square of a unit as text: ``µV²``, ``(T/m)²``; ``unit²`` if unknown."""
    known = {"unknown": "unit", "uV": "µV"}.get(unit, unit[:12])
    return f"({known})²" if "/" in known else f"{known}²"


def clock(seconds: float, digits: int = 0) -> str:
    """Return a time as on a clock: ``1:02``, ``1:00:02``.

    Seconds have ``digits`` decimals.
    """
    whole = round(seconds * 10**digits)
    minutes, rest = divmod(whole, 60 * 10**digits)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 10**digits:0{3 + digits if digits else 2}.{digits}f}"
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}"


def brief(name: str) -> str:
    """Return a short name of a class; most names stay unchanged.

    ``valence-2/arousal-4`` becomes ``2/4``, and ``image-0015`` becomes ``0015``.
    """
    levels = _LEVELS.fullmatch(name)
    return f"{levels[1]}/{levels[2]}" if levels else name.removeprefix(PREFIX)
