"""Conversion of a network's weights to plain arrays and back."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

_PREFIX = "weights."


def weight_arrays(module: nn.Module, prefix: str = _PREFIX) -> dict[str, NDArray[np.generic]]:
    """Return all weights as arrays for a bundle; their names begin with ``prefix``."""
    return {prefix + key: value.numpy() for key, value in module.state_dict().items()}


def load_weights(
    module: nn.Module, arrays: Mapping[str, NDArray[np.generic]], prefix: str = _PREFIX
) -> None:
    """Load a network's weights from a bundle's arrays.

    Raises
    ------
    KeyError
        If one is missing.
    ValueError
        If one has another shape than the network needs, or is not finite.
    """
    state = {}
    for key, like in module.state_dict().items():
        array = np.asarray(arrays[prefix + key])
        if array.shape != tuple(like.shape) or not np.isfinite(array).all():
            raise ValueError(
                f"array {prefix + key!r} has shape {array.shape}, not {tuple(like.shape)}, "
                "or is not finite"
            )
        state[key] = torch.from_numpy(np.array(array)).to(like.dtype)
    module.load_state_dict(state)
