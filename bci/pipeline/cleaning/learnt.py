"""Convert trained parameters of filters to and from the arrays of a model."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bci.interfaces import TrainableFilter
from bci.profiles.pipeline_settings import PipelineSettings

Arrays = Mapping[str, NDArray[np.generic]]


def has_trainable(settings: PipelineSettings) -> bool:
    """Return True if any filter has to be trained."""
    return any(isinstance(step, TrainableFilter) for step in settings.filters)


def filter_arrays(settings: PipelineSettings) -> dict[str, NDArray[np.generic]]:
    """Return the filters' trained arrays by name.

    For example, ``filters.2.mixing`` is of the third filter.
    """
    return {
        f"filters.{position}.{name}": array
        for position, step in enumerate(settings.filters)
        for name, array in step.learnt.items()
    }


def with_filter_arrays(settings: PipelineSettings, arrays: Arrays) -> PipelineSettings:
    """Add to each filter the arrays that are stored under its position."""
    filters = list(settings.filters)
    for position, step in enumerate(filters):
        prefix = f"filters.{position}."
        own = {
            name.removeprefix(prefix): array
            for name, array in arrays.items()
            if name.startswith(prefix)
        }
        if own and isinstance(step, TrainableFilter):
            filters[position] = step.with_learnt(own)
    return settings.model_copy(update={"filters": tuple(filters)})
