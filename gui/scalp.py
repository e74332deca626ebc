"""Values at electrodes as a smooth picture of the head: spherical splines as one matrix."""

import numpy as np
from numpy.polynomial.legendre import legval
from numpy.typing import NDArray

from gui.head import on_sphere

Values = NDArray[np.float64]

PIXELS = 65
LEAST_ELECTRODES = 4
# Splines of order 4 with 50 terms, as Perrin et al. 1989 (Electroencephalogr. Clin. Neurophysiol.
# 72, 184-187) have it. The noise that is granted keeps two sensors at one place solvable.
_ORDER, _TERMS, _NOISE = 4, 50, 1e-5
_FINENESS = 4001


class Scalp:
    """Interpolates between electrodes; a picture is one product with a matrix.

    Parameters
    ----------
    places : ndarray, shape (n_electrodes, 2)
        In the picture of the head, whose radius is 1, y to the nose; at least four.
    """

    def __init__(self, places: Values) -> None:
        n = len(places)
        electrodes = on_sphere(places)
        system = np.ones((n + 1, n + 1))
        system[:n, :n] = _spline(electrodes @ electrodes.T) + _NOISE * np.eye(n)
        system[n, n] = 0.0
        along = np.linspace(-1, 1, PIXELS)
        x, y = np.meshgrid(along, -along)
        pixels = on_sphere(np.column_stack([x.ravel(), y.ravel()]))
        basis = np.column_stack([_spline(pixels @ electrodes.T), np.ones(len(pixels))])
        # The system is symmetric; of its inverse only what multiplies the values is needed.
        self._matrix = np.linalg.solve(system, basis.T)[:n].T

    def picture(self, values: Values) -> Values:
        """Values at the electrodes, (n_electrodes,), as (65, 65) pixels, the nose up."""
        picture: Values = self._matrix @ values
        return picture.reshape(PIXELS, PIXELS)


def _spline(cosines: Values) -> Values:
    """Of the angle between two places; looked up, since its sum is long."""
    n = np.arange(1, _TERMS + 1)
    series = np.concatenate([[0.0], (2 * n + 1) / (n * (n + 1.0)) ** _ORDER])
    at = np.linspace(-1, 1, _FINENESS)
    spline: Values = np.interp(cosines, at, legval(at, series) / (4 * np.pi))
    return spline
