"""Classes that are a level on each axis, such as ``valence-2/arousal-4``.

A decision for such a class decides the level on every axis.
"""

import re
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bci.errors import RecordingError

Array = NDArray[np.float64]

N_LEVELS = 5
_LABEL = re.compile(r"[A-Za-z][A-Za-z ]*-[1-9](/[A-Za-z][A-Za-z ]*-[1-9])+")


@dataclass(frozen=True, slots=True)
class LevelGrid:
    """All combinations of levels on several axes.

    ``axes`` are in the order of the class names. The levels of each axis are 1 to ``n_levels``.
    """

    axes: tuple[str, ...]
    n_levels: int = N_LEVELS

    @property
    def classes(self) -> tuple[str, ...]:
        """Every combination of levels as a class name, sorted."""
        levels = range(1, self.n_levels + 1)
        return tuple(
            "/".join(f"{axis}-{level}" for axis, level in zip(self.axes, each, strict=True))
            for each in product(levels, repeat=len(self.axes))
        )

    def numbers(self, labels: NDArray[np.str_]) -> NDArray[np.int64]:
        """Convert class names to levels from 0, shape (n_labels, n_axes)."""
        return np.array([_split(str(label))[1] for label in labels], dtype=np.int64) - 1

    def joint(self, by_axis: Array) -> Array:
        """Compute probabilities of the classes (..., n_classes) from those of the axes.

        ``by_axis`` has shape (..., n_axes, n_levels). The axes are assumed to be independent.
        """
        joint = by_axis[..., 0, :]
        for axis in range(1, len(self.axes)):
            joint = joint[..., :, None] * by_axis[..., axis, None, :]
            joint = joint.reshape(*joint.shape[:-2], -1)
        return np.ascontiguousarray(joint)

    def by_axis(self, joint: Array) -> Array:
        """Compute probabilities of each axis' levels from those of the classes.

        The result has shape (..., n_axes, n_levels). ``joint`` has shape (..., n_classes).
        """
        n = len(self.axes)
        shaped = joint.reshape(*joint.shape[:-1], *(self.n_levels,) * n)
        first = shaped.ndim - n
        others = [tuple(first + i for i in range(n) if i != axis) for axis in range(n)]
        return np.stack([shaped.sum(axis=each) for each in others], axis=-2)


def grid_of(classes: tuple[str, ...]) -> LevelGrid | None:
    """Return the grid that has exactly these sorted classes; None without such a grid."""
    if len(classes) < 4 or not all(_LABEL.fullmatch(label) for label in classes):
        return None
    axes, highest = _split(classes[-1])
    grid = LevelGrid(axes, highest[0])
    return grid if len(set(axes)) == len(axes) and grid.classes == classes else None


def grid_for(labels: NDArray[np.str_]) -> LevelGrid:
    """Return the grid, with all five levels, of the labels in recordings.

    Raises `RecordingError` if a label does not have a level on each of the same axes; the message
    names it.
    """
    grid: LevelGrid | None = None
    for label in np.unique(labels):
        text = str(label)
        if not _LABEL.fullmatch(text):
            raise RecordingError(
                f"class {text!r} is no level on two axes like 'valence-2/arousal-4', which this "
                "decoder needs: choose another decoder, or other markers"
            )
        axes, levels = _split(text)
        grid = grid or LevelGrid(axes)
        if axes != grid.axes or max(levels) > N_LEVELS:
            raise RecordingError(
                f"class {text!r} is not a level from 1 to {N_LEVELS} on each of "
                f"{', '.join(grid.axes)}, as the others are"
            )
    assert grid is not None
    return grid


def expected_levels(by_axis: Array) -> Array:
    """Return the expected level from 1, shape (..., n_axes).

    ``by_axis`` are probabilities, shape (..., n_axes, n_levels).
    """
    return np.asarray(by_axis @ np.arange(1.0, by_axis.shape[-1] + 1))


def _split(label: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    parts = [part.rsplit("-", 1) for part in label.split("/")]
    return tuple(axis for axis, _ in parts), tuple(int(level) for _, level in parts)
