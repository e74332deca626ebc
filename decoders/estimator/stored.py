"""The form in which a model folder stores a trained estimator: ONNX if possible, else skops.

Both are bytes in one of the folder's arrays, which the hash in the card covers. A form is used only
if it gives the same probabilities as the trained estimator.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bci.errors import PluginError
from bci.signals import FloatArray
from decoders.estimator import by_onnx, by_skops

N_NOISE = 4


class Stored(Protocol):
    """A stored estimator that was loaded again.

    ``tolerance`` is the largest allowed difference from the trained estimator's probabilities.
    """

    name: str
    tolerance: float

    def probabilities(self, window: FloatArray) -> NDArray[np.float64]:
        """Compute the probabilities (n_classes,) of one window (1, n_channels, n_samples)."""

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays for the bundle."""


def store(
    estimator: Any,
    who: str,
    examples: FloatArray,
    wanted: NDArray[np.float64],
    trusted: Sequence[str],
) -> Stored:
    """Store a trained estimator in the first form that gives its probabilities.

    Parameters
    ----------
    estimator : object
    who : str
        Its name in messages.
    examples : ndarray of float32, shape (n, n_channels, n_samples)
    wanted : ndarray, shape (n, n_classes)
        The estimator's probabilities of each example alone.
    trusted : sequence of str
        Types that skops may store besides the built-in ones.

    Raises
    ------
    PluginError
        If there is no such form; the message has the reason of each form.
    """
    reasons = []
    shape, n_classes = examples.shape[1:], wanted.shape[1]
    forms: list[Callable[[], Stored]] = [
        *by_onnx.forms(estimator, (shape[0], shape[1]), n_classes),
        lambda: by_skops.write(estimator, trusted),
    ]
    for form in forms:
        try:
            stored = form()
            found = np.stack([stored.probabilities(window[None]) for window in examples])
        except (ValueError, ImportError) as why:
            reasons.append(str(why).strip().splitlines()[0][:300])
            continue
        difference = float(np.abs(found - wanted).max())
        if difference <= stored.tolerance:
            return stored
        reasons.append(
            f"{stored.name} changes a probability by {difference:.2g} (at most "
            f"{stored.tolerance:g})"
        )
    raise PluginError(f"{who}: the trained estimator cannot be stored: {'; '.join(reasons)}")


def restore(
    arrays: Mapping[str, NDArray[np.generic]],
    shape: tuple[int, int],
    n_classes: int,
    trusted: Sequence[str],
) -> Stored:
    """Restore an estimator from the arrays of `Stored.arrays`.

    Raises
    ------
    ValueError, BundleError
        If it is damaged or not allowed.
    KeyError
        If an array is missing.
    ImportError
        If a package is missing.
    """
    if by_skops.ARRAY in arrays:
        return by_skops.restore(content_of(arrays, by_skops.ARRAY), trusted)
    return by_onnx.OnnxModel(content_of(arrays, by_onnx.ARRAY), shape, n_classes)


def content_of(arrays: Mapping[str, NDArray[np.generic]], name: str) -> bytes:
    """Return the bytes in the array ``name``."""
    content = np.asarray(arrays[name])
    if content.dtype != np.uint8 or content.ndim != 1 or content.size > by_onnx.MOST_BYTES:
        raise ValueError(
            f"array {name!r} is {content.dtype} of shape {content.shape}, not at most "
            f"{by_onnx.MOST_BYTES >> 20} MiB of bytes"
        )
    return content.tobytes()


def proof(
    stored: Stored, shape: tuple[int, int], deviations: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the probabilities of windows of seeded noise, (`N_NOISE`, n_classes).

    After loading, they show whether a stored model decodes as before. ``deviations`` (n_channels,)
    are the standard deviations of the channels.
    """
    noise = np.random.default_rng(0).standard_normal((N_NOISE, *shape))
    windows = (noise * deviations[:, None]).astype(np.float32)
    return np.stack([stored.probabilities(window[None]) for window in windows])
