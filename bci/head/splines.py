"""Spherical splines: values between electrodes, as one matrix.

Perrin, Pernier, Bertrand and Echallier, Electroenceph. Clin. Neurophysiol. 72 (1989) 184-187:
splines of order 4 on the head as a sphere. Models stored with a montage map depend on the order,
the number of terms and the regularisation.
"""

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

_ORDER = 4
_N_TERMS = 50
_REGULARISATION = 1e-5


def spline_weights(
    sources: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the weights of spherical-spline interpolation, a row for each target.

    Sources and targets are unit vectors from the centre of the head, (n, 3). The weights,
    (n_targets, n_sources), sum to one in each row, so that the reference stays that of the sources.
    """
    n = np.arange(1, _N_TERMS + 1)
    terms = np.concatenate([[0.0], (2 * n + 1) / (4 * np.pi * (n * (n + 1.0)) ** _ORDER)])
    count = len(sources)
    system = np.ones((count + 1, count + 1))
    system[:-1, :-1] = legendre.legval(sources @ sources.T, terms)
    system[:-1, :-1] += _REGULARISATION * np.eye(count)
    system[-1, -1] = 0.0
    reach = np.ones((len(targets), count + 1))
    reach[:, :-1] = legendre.legval(targets @ sources.T, terms)
    # The system is symmetric.
    solved = np.linalg.solve(system, reach.T).T
    return np.asarray(solved[:, :-1], dtype=np.float64)
