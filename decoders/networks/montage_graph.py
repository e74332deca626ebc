"""A montage as a hierarchy of graphs: channels, regions of the head, the head."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.head.electrodes import standard_position

Array = NDArray[np.float64]

# A channel with the same distance to two anchors belongs to the first one.
ANCHORS = {
    "frontal midline": "Fz",
    "frontal left": "F5",
    "frontal right": "F6",
    "central midline": "Cz",
    "central left": "C3",
    "central right": "C4",
    "temporal left": "T7",
    "temporal right": "T8",
    "parietal midline": "Pz",
    "parietal left": "P5",
    "parietal right": "P6",
    "occipital": "Oz",
}
# The head's centre in head coordinates, whose origin lies between the ears, in metres.
_CENTRE_M = np.array([0.0, -0.01, 0.04])


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Three levels: C channels, the R regions that contain channels, and the head.

    Attributes
    ----------
    channel_graph : ndarray, shape (C, C)
        Scaled Laplacian; see `scaled_laplacian`.
    regions : tuple of str, length R
    members : ndarray, shape (R, C)
        1 / (number of channels in the region) if a channel belongs to the region, else 0.
    region_graph : ndarray, shape (R, R)
    """

    channel_graph: Array
    regions: tuple[str, ...]
    members: Array
    region_graph: Array


def hierarchy(positions: Array) -> Hierarchy:
    """Make the graph hierarchy of a montage.

    Parameters
    ----------
    positions : ndarray, shape (n_channels, 3)
        Head coordinates in metres.

    Raises
    ------
    ValueError
        If a channel has no position; the message gives its number.
    """
    positions = np.asarray(positions, dtype=float)
    missing = np.flatnonzero(~np.isfinite(positions).all(axis=1))
    if len(missing):
        raise ValueError(
            f"a graph needs the position of every channel; {missing.tolist()} have none"
        )
    anchors = np.array([standard_position(name) for name in ANCHORS.values()], dtype=float)
    # Angles instead of distances, so that the size of head or helmet has no effect.
    nearest = (_directions(positions) @ _directions(anchors).T).round(6).argmax(axis=1)
    present = np.unique(nearest)
    members = (nearest == present[:, None]).astype(float)
    members /= members.sum(axis=1, keepdims=True)
    return Hierarchy(
        channel_graph=scaled_laplacian(positions),
        regions=tuple(list(ANCHORS)[i] for i in present),
        members=members,
        region_graph=scaled_laplacian(members @ positions),
    )


def scaled_laplacian(positions: Array) -> Array:
    """Compute the scaled Laplacian of a graph, shape (n, n), with eigenvalues in [-1, 1].

    The weight of an edge is exp(-d^2 / 2 s^2) for two positions with distance d; s is the mean
    distance of a position to its nearest neighbour. The normalised Laplacian I - D^-1/2 W D^-1/2
    has eigenvalues up to 2. Chebyshev polynomials need it scaled by 2 / 2 and shifted by -I, which
    gives -D^-1/2 W D^-1/2.
    """
    distance = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    scale = distance.min(axis=1).mean() if len(positions) > 1 else 1.0
    weights = np.exp(-0.5 * (distance / max(scale, 1e-3)) ** 2)
    degree = np.maximum(weights.sum(axis=1), 1e-12)
    return np.asarray(-weights / np.sqrt(degree[:, None] * degree[None]))


def _directions(positions: Array) -> Array:
    """Unit vectors from the centre of the head."""
    outward = positions - _CENTRE_M
    return np.asarray(outward / np.linalg.norm(outward, axis=1, keepdims=True))
