"""Scalp electrode names and positions of the international 10-05 system."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Position = tuple[float, float, float]

# Around the name of an electrode: the kind that EDF+ puts before, the reference behind, dots.
_LABEL = re.compile(
    r"(?:eeg[ :_-]+)?(?P<name>[a-z]+\d*h?)"
    r"(?:[ _-]*[-_ ](?P<reference>ref\d*|le|re|ar|av|avg|ave|car|[am][12]|[am]1\+?[am]2))?\.*",
    re.IGNORECASE,
)
# Electrodes at the ears, which others are measured against.
_EARS = ("a1", "a2", "m1", "m2")


@cache
def _standard() -> dict[str, tuple[str, Position]]:
    from mne.channels import make_standard_montage

    positions = make_standard_montage("colin27_1005").get_positions()["ch_pos"]
    return {name.lower(): (name, _rounded(xyz)) for name, xyz in positions.items()}


def standard_name(name: str) -> str:
    """The 10-05 spelling of an electrode's name (``Fc5.`` -> ``FC5``); other names as they are."""
    found = _standard().get(name.strip().rstrip(".").lower())
    return found[0] if found else name


def electrode(label: str) -> str | None:
    """The 10-05 name of the electrode that a label means; None if it means none.

    ``C3..``, ``fp1``, ``EEG Fp1-Ref`` and ``C3-A2`` are electrodes. The difference of two
    electrodes (``Fp1-F3``), or of the ears (``A1-A2``), is none.
    """
    found = _LABEL.fullmatch(label.strip())
    if found is None or (found["reference"] and found["name"].lower() in _EARS):
        return None
    known = _standard().get(found["name"].lower())
    return known[0] if known else None


def standard_position(name: str) -> Position | None:
    """Head coordinates (x right, y front, z up) in metres, of a template head; None if unknown."""
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
    """Centre (3,) and radius of the sphere nearest to positions (n, 3), by least squares."""
    design = np.column_stack([2 * positions, np.ones(len(positions))])
    solved = np.linalg.lstsq(design, (positions**2).sum(axis=1), rcond=None)[0]
    return solved[:3], float(np.sqrt(max(0.0, solved[3] + solved[:3] @ solved[:3])))


def _rounded(xyz: object) -> Position:
    x, y, z = (round(float(value), 6) for value in xyz)  # type: ignore[attr-defined]
    return x, y, z
