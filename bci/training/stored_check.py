"""Check that a stored model gives the same predictions as the trained one."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import yaml
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from bci.engine.running_model import RunningModel
from bci.errors import BundleError, DecodingError
from bci.files import plain_yaml
from bci.interfaces import Decoder
from bci.models.bundle import with_trained_filters
from bci.models.card import Card
from bci.signals import Chunk, FloatArray, Recording
from bci.training.epochs import Epochs, chunks_for, find_trials, trial_of

Arrays = Mapping[str, NDArray[np.generic]]
Restore = Callable[[Card, Arrays], Decoder]
"""Function that creates the decoder of a loaded card and its arrays."""

_N_WINDOWS = 32
# Samples per chunk; any number that differs from the chunks from which epochs are cut.
_CHUNK = 61


def check_stored(
    decoder: Decoder,
    card: Card,
    arrays: Arrays,
    restore: Restore,
    epochs: Epochs,
    recordings: list[Recording],
) -> None:
    """Raise an error if the stored model predicts otherwise than the trained one.

    Up to 32 calibration windows are decoded by the trained decoder, by the stored one, and by the
    stored one behind the live pipeline. All probabilities must be identical. ``epochs`` are the
    training data, cut from ``recordings`` in their order.

    Raises
    ------
    BundleError
        If a probability differs; the message names the window and the difference.
    """
    loaded_card, loaded_arrays = _through_bytes(card, arrays)
    again = restore(loaded_card, loaded_arrays)
    chosen = np.unique(np.linspace(0, len(epochs.labels) - 1, _N_WINDOWS).astype(int))
    for number in chosen:
        window = epochs.windows[number]
        _compare("stored", _decided(decoder, window), _decided(again, window), number)
    run = int(epochs.runs[0])
    streamed = _stream(
        RunningModel(loaded_card, again, recordings[run].info), recordings[run], card
    )
    of_run = np.flatnonzero(epochs.runs == run)[:_N_WINDOWS]
    for number, found in zip(of_run, streamed, strict=False):
        _compare("streamed", _decided(decoder, epochs.windows[number]), found, number)


def _stream(
    decoding: RunningModel, recording: Recording, card: Card
) -> Iterator[NDArray[np.float64] | None]:
    """Yield the probabilities of a recording's trial windows, decoded as live."""
    pipeline = decoding.pipeline
    trials = find_trials(recording, card.paradigm)
    for chunk in chunks_for(pipeline, recording, trials):
        for start in range(0, len(chunk.data), _CHUNK):
            rows = slice(start, start + _CHUNK)
            piece = Chunk(chunk.data[rows], chunk.timestamps[rows], chunk.first + start)
            for window in pipeline.windows(piece):
                if trial_of(window.taken, trials, pipeline) is not None:
                    yield _decided(decoding.decoder, window.data)


def _decided(decoder: Decoder, window: FloatArray) -> NDArray[np.float64] | None:
    try:
        return decoder.predict_proba(window)
    except DecodingError:  # such a window has no prediction live either
        return None


def _compare(
    what: str,
    wanted: NDArray[np.float64] | None,
    found: NDArray[np.float64] | None,
    number: int,
) -> None:
    if (wanted is None) != (found is None):
        raise BundleError(
            f"the {what} model differs from the trained one: window {number + 1} has probabilities "
            "by one of them alone. The model is not written"
        )
    if wanted is None or found is None:
        return
    difference = (
        float(np.abs(wanted - found).max()) if wanted.shape == found.shape else float("inf")
    )
    if not difference == 0.0:
        raise BundleError(
            f"the {what} model differs from the trained one: by {difference:.3g} in a probability "
            f"of window {number + 1}. The model is not written; choose another decoder"
        )


def _through_bytes(card: Card, arrays: Arrays) -> tuple[Card, Arrays]:
    """Write card and arrays to bytes and read them again, as through a model folder."""
    text = plain_yaml.dump(card.model_dump(mode="json"))
    content = save_arrays({name: np.asarray(array, order="C") for name, array in arrays.items()})
    loaded = yaml.load(text, Loader=plain_yaml.PlainLoader)  # noqa: S506 - a SafeLoader
    stored = load_arrays(content)
    return with_trained_filters(Card.model_validate(loaded), stored), stored
