"""Class patterns of a model: one map over the channels per class."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import BundleError
from bci.models.bundle import load_bundle
from bci.pipeline.filter_chain import Chain
from bci.signals import Channel, FloatArray, StreamInfo

_PATTERN = "pattern."


@dataclass(frozen=True)
class ClassPattern:
    """Weight of each channel for one class.

    ``ch_names`` are the decoder's input channels: those of the stream, or pairs after a bipolar
    filter. ``weights`` has shape (n_channels,); `decoders.patterns.class_patterns` explains it.
    """

    label: str
    ch_names: tuple[str, ...]
    weights: FloatArray


def pattern_arrays(patterns: Iterable[ClassPattern]) -> dict[str, NDArray[np.generic]]:
    """Return the patterns' weights as arrays, named ``pattern.<label>``."""
    return {_PATTERN + pattern.label: pattern.weights for pattern in patterns}


def load_patterns(folder: Path) -> tuple[ClassPattern, ...]:
    """Read the patterns in a model folder, in the order of the classes.

    The result is empty without patterns.

    Raises
    ------
    BundleError
        If the folder is missing or invalid, or a pattern does not fit the channels.
    """
    card, arrays = load_bundle(folder)
    channels = tuple(Channel(c.name, c.kind, c.unit) for c in card.stream.channels)
    stream = StreamInfo(card.name, "", card.stream.sfreq, channels, named=True)
    ch_names = tuple(channel.name for channel in Chain(card.pipeline, stream).channels)
    found = []
    for label in card.classes:
        if _PATTERN + label not in arrays:
            continue
        weights = np.asarray(arrays[_PATTERN + label], dtype=np.float32)
        if weights.shape != (len(ch_names),) or not np.isfinite(weights).all():
            raise BundleError(
                f"{folder}: the pattern of {label} has shape {weights.shape}, not "
                f"({len(ch_names)},), or is not finite; calibrate again"
            )
        found.append(ClassPattern(label, ch_names, weights))
    return tuple(found)
