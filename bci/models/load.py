"""Read models (a card and its decoder) from a folder, and write them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import decoders
from bci.interfaces import Decoder
from bci.models.bundle import load_bundle, save_bundle
from bci.models.card import Card
from bci.models.confidence import Tempered
from bci.signals import FloatArray


@dataclass(frozen=True)
class Model:
    """A trained decoder and the card that describes it.

    It unpacks into both: ``card, decoder = load_model(folder)``.

    Parameters
    ----------
    card : Card
        Classes, stream, filters, window and score of the model.
    decoder : Decoder
        The trained decoder.
    arrays : mapping of str to ndarray
        All arrays that are stored with the card, by name.
    """

    card: Card
    decoder: Decoder
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"<Model {self.card.name}: {self.card.decoder.name}, {', '.join(self.classes)}>"

    def __iter__(self) -> Iterator[Any]:
        return iter((self.card, self.decoder))

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels that the decoder decides between, in the order of the probabilities."""
        return self.card.classes

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        """Predict the class probabilities of one filtered window.

        Parameters
        ----------
        window : ndarray of float32, shape (n_channels, n_samples)
            Window from the model's pipeline.

        Returns
        -------
        probabilities : ndarray, shape (n_classes,)
            Probabilities in the order of `classes`.
        """
        return self.decoder.predict_proba(window)

    def save(self, folder: str | PathLike[str], overwrite: bool = False) -> None:
        """Write the model to a folder that `load_model` and ``bci run --model`` can read.

        Raises
        ------
        BundleError
            If the folder exists and ``overwrite`` is False, or if it cannot be written.
        """
        save_bundle(Path(folder), self.card, dict(self.arrays), overwrite)


def load_model(
    folder: str | PathLike[str], trusted: Sequence[str] = (), *, sealed: bool = True
) -> Model:
    """Read a model from a folder; its name is that of the folder.

    Parameters
    ----------
    folder : path
        Folder of the model.
    trusted : sequence of str
        Types, as ``package.module.Class``, that may be part of the stored estimator in addition to
        the built-in list. Only for models whose origin you know.
    sealed : bool
        Raise an error if the arrays were changed after the training.

    Returns
    -------
    model : Model
        Card, decoder and arrays.

    Raises
    ------
    BundleError
        If the model is missing, invalid, or was changed.

    Examples
    --------
    >>> import bci
    >>> model = bci.load_model("models/me")
    >>> model.classes
    ('left', 'right')
    >>> f"{len(model.card.stream.channels)} channels at {model.card.stream.sfreq:g} Hz"
    '16 channels at 250 Hz'
    """
    folder = Path(folder)
    stored, arrays = load_bundle(folder, sealed)
    card = stored.model_copy(update={"name": folder.resolve().name})
    return Model(card, decoder_of(card, arrays, trusted), arrays)


def decoder_of(
    card: Card, arrays: Mapping[str, NDArray[np.generic]], trusted: Sequence[str] = ()
) -> Decoder:
    """Create the trained decoder from a loaded card and its arrays."""
    choice = card.decoder
    decoder = decoders.load(choice.name, choice.params, card.classes, arrays, trusted)
    return Tempered(decoder, card.confidence.temperature) if card.confidence else decoder
