"""Patterns of a model: one map over the channels for each class, stored beside its arrays."""

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
    """Relation of each channel to one class.

    ``ch_names`` are the channels that the decoder sees: the stream's, or pairs where a filter makes
    pairs. ``weights`` (n_channels,); see `decoders.patterns.class_patterns` for their meaning.
    """

    label: str
    ch_names: tuple[str, ...]
    weights: FloatArray


def pattern_arrays(patterns: Iterable[ClassPattern]) -> dict[str, NDArray[np.generic]]:
    """The patterns' weights as arrays for the model bundle, each named ``pattern.<label>``."""
    return {_PATTERN + pattern.label: pattern.weights for pattern in patterns}


def load_patterns(folder: Path) -> tuple[ClassPattern, ...]:
    """Read a bundle's patterns, in the order of its classes; empty where it has none.

    Raises
    ------
    BundleError
        If the bundle is missing or invalid, or a pattern does not fit its channels.
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
