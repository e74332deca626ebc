"""Scalp electrode names and positions of the international 10-05 system."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Position = tuple[float, float, float]

# Parts around an electrode's name: a prefix EEG as in EDF+, a reference as suffix, and dots.
_LABEL = re.compile(
    r"(?:eeg[ :_-]+)?(?P<name>[a-z]+\d*h?)"
    r"(?:[ _-]*[-_ ](?P<reference>ref\d*|le|re|ar|av|avg|ave|car|[am][12]|[am]1\+?[am]2))?\.*",
    re.IGNORECASE,
)
# Electrodes at the ears, which serve as references.
_EARS = ("a1", "a2", "m1", "m2")


@cache
def _standard() -> dict[str, tuple[str, Position]]:
    from mne.channels import make_standard_montage

    positions = make_standard_montage("colin27_1005").get_positions()["ch_pos"]
    return {name.lower(): (name, _rounded(xyz)) for name, xyz in positions.items()}


def standard_name(name: str) -> str:
    """Return the 10-05 spelling of an electrode's name (``FC5`` for ``Fc5.``).

    Other names are returned unchanged.
    """
    found = _standard().get(name.strip().rstrip(".").lower())
    return found[0] if found else name


def electrode(label: str) -> str | None:
    """Return the 10-05 name of the electrode in a label; None if the label names none.

    ``C3..``, ``fp1``, ``EEG Fp1-Ref`` and ``C3-A2`` name an electrode. The difference of two
    electrodes (``Fp1-F3``) or of the ears (``A1-A2``) names none.
    """
    found = _LABEL.fullmatch(label.strip())
    if found is None or (found["reference"] and found["name"].lower() in _EARS):
        return None
    known = _standard().get(found["name"].lower())
    return known[0] if known else None


def standard_position(name: str) -> Position | None:
    """Return an electrode's position on a template head in metres (x right, y front, z up).

    None if the name is unknown.
    """
    found = _standard().get(name.lower())
    return found[1] if found else None


def standard_directions(names: Sequence[str]) -> NDArray[np.float64]:
    """Unit vectors from the centre of a template head, (n_names, 3); NaN for unknown names."""
    centre, _ = fit_sphere(np.array([position for _, position in _standard().values()]))
    placed = [standard_position(standard_name(name)) or (np.nan,) * 3 for name in names]
    offsets = np.array(placed).reshape(-1, 3) - centre
    directions: NDArray[np.float64] = offsets / np.linalg.norm(offsets, axis=1, keepdims=True)
    return directions


def fit_sphere(positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Fit a sphere to positions (n, 3) by least squares; return its centre (3,) and radius."""
    design = np.column_stack([2 * positions, np.ones(len(positions))])
    solved = np.linalg.lstsq(design, (positions**2).sum(axis=1), rcond=None)[0]
    return solved[:3], float(np.sqrt(max(0.0, solved[3] + solved[:3] @ solved[:3])))


def _rounded(xyz: object) -> Position:
    x, y, z = (round(float(value), 6) for value in xyz)  # type: ignore[attr-defined]
    return x, y, z
