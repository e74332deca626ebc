"""One map over the channels for each class of a trained decoder."""

import numpy as np

from bci.interfaces import Decoder
from bci.training.class_patterns import ClassPattern
from bci.training.epochs import Epochs


def class_patterns(
    decoder: Decoder, epochs: Epochs, ch_names: tuple[str, ...]
) -> tuple[ClassPattern, ...]:
    """One map per class of a trained decoder, from the epochs that it was trained on.

    A decoder that has maps gives them by its method ``class_maps(epochs)``, shape (n_classes,
    n_channels).

    For ``log-power``, ``csp-lda`` and ``tangent-space`` a weight is how much the channel's log
    power (natural logarithm) rises when the decoder's score of the class, against the mean score
    of all classes, rises by one standard deviation. Below 0 the power falls with the class. With
    two classes one map is the other's negative.

    For DBConformer a weight is the channel's mean attention over the class's windows: positive,
    adding up to 1, and blind to direction. It is of aligned channels, each of which holds a
    little of its neighbours.

    Parameters
    ----------
    decoder : Decoder
    epochs : Epochs
    ch_names : tuple of str
        Channels of the epochs.

    Returns
    -------
    patterns : tuple of ClassPattern
        In the order of the decoder's classes; empty for a decoder without any.
    """
    class_maps = getattr(decoder, "class_maps", None)
    maps = None if class_maps is None else class_maps(epochs)
    if maps is None:
        return ()
    return tuple(
        ClassPattern(label, ch_names, np.asarray(weights, dtype=np.float32))
        for label, weights in zip(decoder.classes, maps, strict=True)
    )
