"""Maps of channel weights, one per class, of a trained decoder."""

import numpy as np

from bci.interfaces import Decoder
from bci.training.class_patterns import ClassPattern
from bci.training.epochs import Epochs


def class_patterns(
    decoder: Decoder, epochs: Epochs, ch_names: tuple[str, ...]
) -> tuple[ClassPattern, ...]:
    """Compute one map per class of a trained decoder, from its training epochs.

    A decoder with maps has the method ``class_maps(epochs)``, which returns an array (n_classes,
    n_channels).

    For ``log-power``, ``csp-lda`` and ``tangent-space``, a weight is the change of the channel's
    log power (natural logarithm) per standard deviation of the class's score. The score is relative
    to the mean score of all classes. A negative weight means that the power falls with the class.
    With two classes, one map is the negative of the other.

    For DBConformer, a weight is the channel's mean attention over the class's windows. These
    weights are positive, sum to 1 and show no direction of change. They belong to aligned channels,
    which contain a small part of their neighbours.

    Parameters
    ----------
    decoder : Decoder
    epochs : Epochs
    ch_names : tuple of str
        Channels of the epochs.

    Returns
    -------
    patterns : tuple of ClassPattern
        In the order of the decoder's classes; empty for a decoder without maps.
    """
    class_maps = getattr(decoder, "class_maps", None)
    maps = None if class_maps is None else class_maps(epochs)
    if maps is None:
        return ()
    return tuple(
        ClassPattern(label, ch_names, np.asarray(weights, dtype=np.float32))
        for label, weights in zip(decoder.classes, maps, strict=True)
    )
