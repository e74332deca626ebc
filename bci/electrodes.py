"""Scalp electrode names and positions of the international 10-05 system."""

from functools import cache

Position = tuple[float, float, float]


@cache
def _standard() -> dict[str, tuple[str, Position]]:
    from mne.channels import make_standard_montage

    positions = make_standard_montage("colin27_1005").get_positions()["ch_pos"]
    return {name.lower(): (name, _rounded(xyz)) for name, xyz in positions.items()}


def standard_name(name: str) -> str:
    """The 10-05 spelling of an electrode's name (``Fc5.`` -> ``FC5``); other names as they are."""
    found = _standard().get(name.strip().rstrip(".").lower())
    return found[0] if found else name


def standard_position(name: str) -> Position | None:
    """Head coordinates (x right, y front, z up) in metres, of a template head; None if unknown."""
    found = _standard().get(name.lower())
    return found[1] if found else None


def _rounded(xyz: object) -> Position:
    x, y, z = (round(float(value), 6) for value in xyz)  # type: ignore[attr-defined]
    return x, y, z
