"""Spherical splines: matrices for the values between electrodes and for their Laplacian.

Perrin, Pernier, Bertrand and Echallier, Electroenceph. Clin. Neurophysiol. 72 (1989) 184-187:
splines of order 4 on a spherical head. Models stored with a montage map depend on the order, the
number of terms and the regularisation.
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
    """Compute the weights of spherical-spline interpolation, (n_targets, n_sources).

    ``sources`` and ``targets`` are unit vectors from the centre of the head, (n, 3). The weights
    of each target sum to one, so that the reference stays that of the sources.
    """
    reach = np.ones((len(targets), len(sources) + 1))
    reach[:, :-1] = legendre.legval(targets @ sources.T, _terms(_ORDER))
    return _solve(sources, reach)


def laplacian_weights(directions: NDArray[np.float64], radius_m: float) -> NDArray[np.float64]:
    """Compute the weights of the surface Laplacian at each electrode, (n, n).

    ``directions`` are unit vectors from the centre of the head, (n, 3). The weights give the
    negative Laplacian, which is positive over a source, per square metre. Each row sums to zero,
    so that the reference has no effect.
    """
    reach = np.zeros((len(directions), len(directions) + 1))
    # The Laplacian on the sphere multiplies a term of degree n by -n (n + 1).
    reach[:, :-1] = legendre.legval(directions @ directions.T, _terms(_ORDER - 1))
    return _solve(directions, reach) / radius_m**2


def _terms(order: int) -> NDArray[np.float64]:
    n = np.arange(1, _N_TERMS + 1)
    return np.concatenate([[0.0], (2 * n + 1) / (4 * np.pi * (n * (n + 1.0)) ** order)])


def _solve(sources: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve for the weights of the sources from ``reach``, the splines at each target."""
    count = len(sources)
    system = np.ones((count + 1, count + 1))
    system[:-1, :-1] = legendre.legval(sources @ sources.T, _terms(_ORDER))
    system[:-1, :-1] += _REGULARISATION * np.eye(count)
    system[-1, -1] = 0.0
    # The system is symmetric.
    solved = np.linalg.solve(system, reach.T).T
    return np.asarray(solved[:, :-1], dtype=np.float64)
