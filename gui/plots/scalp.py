"""Values at electrodes as a smooth picture of the head: spherical splines as one matrix."""

import numpy as np
from numpy.polynomial.legendre import legval
from numpy.typing import NDArray

from gui.plots.head import on_sphere

Values = NDArray[np.float64]

PIXELS = 65
LEAST_ELECTRODES = 4
# The splines of Perrin et al. 1989 (Electroencephalogr. Clin. Neurophysiol. 72, 184-187), with
# order 2 instead of 4: with 8 to 26 electrodes the peak of a single strong one is then drawn
# within 0.07 of the head's radius of it, with order 4 up to 0.2 away. The noise that is granted
# keeps two sensors at one place solvable.
_ORDER, _TERMS, _NOISE = 2, 50, 1e-5
_FINENESS = 4001
_ROUND, _NEAREST = 24, 3


class Scalp:
    """Interpolates between electrodes; a picture is one product with a matrix.

    Parameters
    ----------
    places : ndarray, shape (n_electrodes, 2)
        In the picture of the head, whose radius is 1, y to the nose; at least four.
    """

    def __init__(self, places: Values) -> None:
        n = len(places) + _ROUND
        rim, near = _rim(places)
        electrodes = on_sphere(np.concatenate([places, rim]))
        system = np.ones((n + 1, n + 1))
        system[:n, :n] = _spline(electrodes @ electrodes.T) + _NOISE * np.eye(n)
        system[n, n] = 0.0
        along = np.linspace(-1, 1, PIXELS)
        x, y = np.meshgrid(along, -along)
        pixels = on_sphere(np.column_stack([x.ravel(), y.ravel()]))
        basis = np.column_stack([_spline(pixels @ electrodes.T), np.ones(len(pixels))])
        # The system is symmetric; of its inverse only what multiplies the values is needed.
        weights = np.linalg.solve(system, basis.T)[:n].T
        self._matrix = weights @ np.concatenate([np.eye(len(places)), near])

    def picture(self, values: Values) -> Values:
        """Values at the electrodes, (n_electrodes,), as (65, 65) pixels, the nose up."""
        picture: Values = self._matrix @ values
        return picture.reshape(PIXELS, PIXELS)


def _rim(places: Values) -> tuple[Values, Values]:
    """Places around the head, (n_round, 2), and the electrodes' weights there.

    A spline runs away where no electrode holds it: the strongest place would lie in the void. So
    the rim has the mean of its nearest electrodes.
    """
    angle = np.linspace(0, 2 * np.pi, _ROUND, endpoint=False)
    radius = max(1.0, float(np.hypot(*places.T).max())) + 0.2
    rim = radius * np.column_stack([np.sin(angle), np.cos(angle)])
    away = np.linalg.norm(rim[:, None] - places[None], axis=2)
    nearest = np.argsort(away, axis=1, kind="stable")[:, :_NEAREST]
    weights = np.zeros((_ROUND, len(places)))
    np.put_along_axis(weights, nearest, 1 / _NEAREST, axis=1)
    return rim, weights


def _spline(cosines: Values) -> Values:
    """Of the angle between two places; looked up, since its sum is long."""
    n = np.arange(1, _TERMS + 1)
    series = np.concatenate([[0.0], (2 * n + 1) / (n * (n + 1.0)) ** _ORDER])
    at = np.linspace(-1, 1, _FINENESS)
    spline: Values = np.interp(cosines, at, legval(at, series) / (4 * np.pi))
    return spline
