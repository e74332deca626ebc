"""Loading a model bundle together with its decoder."""

from pathlib import Path

import decoders
from bci.bundle import Card, load_bundle
from bci.confidence import Tempered
from bci.types import Decoder


def load_model(folder: Path) -> tuple[Card, Decoder]:
    """A bundle's card and its decoder, ready to predict; it goes by the folder's name.

    A folder that was copied or renamed is what the user knows it by.

    Raises
    ------
    BundleError
        If the bundle is missing, invalid, or was changed.
    """
    stored, arrays = load_bundle(folder)
    card = stored.model_copy(update={"name": folder.resolve().name})
    decoder = decoders.load(card.decoder.name, card.decoder.params, card.classes, arrays)
    return card, Tempered(decoder, card.confidence.temperature) if card.confidence else decoder
