"""Loading a model bundle together with its decoder."""

from pathlib import Path

import decoders
from bci.bundle import Card, load_bundle
from bci.types import Decoder


def load_model(folder: Path) -> tuple[Card, Decoder]:
    """A bundle's card and its decoder, ready to predict.

    Raises
    ------
    BundleError
        If the bundle is missing, invalid, or was changed.
    """
    card, arrays = load_bundle(folder)
    return card, decoders.load(card.decoder.name, card.decoder.params, card.classes, arrays)
