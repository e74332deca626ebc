"""Loading a model bundle together with its decoder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import decoders
from bci.bundle import Card, load_bundle
from bci.confidence import Tempered
from bci.types import Decoder


def load_model(folder: Path, trusted: Sequence[str] = ()) -> tuple[Card, Decoder]:
    """A bundle's card and its decoder, ready to predict; it goes by the folder's name.

    A folder that was copied or renamed is what the user knows it by. ``trusted`` are types of a
    user's own estimator, which only the user can allow.

    Raises
    ------
    BundleError
        If the bundle is missing, invalid, or was changed.
    """
    stored, arrays = load_bundle(folder)
    card = stored.model_copy(update={"name": folder.resolve().name})
    return card, decoder_of(card, arrays, trusted)


def decoder_of(
    card: Card, arrays: Mapping[str, NDArray[np.generic]], trusted: Sequence[str] = ()
) -> Decoder:
    """The decoder of a loaded card and its arrays."""
    choice = card.decoder
    decoder = decoders.load(choice.name, choice.params, card.classes, arrays, trusted)
    return Tempered(decoder, card.confidence.temperature) if card.confidence else decoder
