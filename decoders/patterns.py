"""What a trained decoder looks at: one map over the channels for each class.

The weights of a linear decoder also cancel noise, so they do not tell where its information comes
from. Haufe, Meinecke, Goergen, Daehne, Haynes, Blankertz and Biessmann, NeuroImage 87 (2014)
96-110: its pattern, the covariance of the features times the weights, does.
"""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bci.interpretation import ClassPattern
from bci.trials import Epochs
from bci.types import Decoder, FloatArray
from decoders.alignment import align_groups
from decoders.covariance import covariances
from decoders.csp import CspLda
from decoders.linear import Features
from decoders.log_power import LogPower
from decoders.tangent import TangentSpace

_BATCH = 256
_TINY = 1e-30


@runtime_checkable
class _Attentive(Protocol):
    """A network that weighs channels: windows tensor in, tensor (n_channels,) out."""

    def channel_attention(self, x: object) -> object: ...


def class_patterns(
    decoder: Decoder, epochs: Epochs, ch_names: tuple[str, ...]
) -> tuple[ClassPattern, ...]:
    """One map per class of a trained decoder, from the epochs that it was trained on.

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
    if isinstance(decoder, LogPower):
        maps = _log_power_maps(decoder, epochs)
    elif isinstance(decoder, CspLda):
        maps = _csp_maps(decoder, epochs)
    elif isinstance(decoder, TangentSpace):
        maps = _tangent_maps(decoder, epochs)
    elif isinstance(network := getattr(decoder, "served", None), _Attentive):
        maps = _attention_maps(network, decoder.classes, epochs)
    else:
        return ()
    return tuple(
        ClassPattern(label, ch_names, weights.astype(np.float32))
        for label, weights in zip(decoder.classes, maps, strict=True)
    )


def haufe_patterns(features: Features, weights: Features) -> Features:
    """Change of the features with one standard deviation of each linear score.

    Haufe et al. (2014), equation 6, one score at a time: ``Cov(features) @ w / std(score)``.

    Parameters
    ----------
    features : ndarray, shape (n_windows, n_features)
    weights : ndarray, shape (n_scores, n_features)

    Returns
    -------
    patterns : ndarray, shape (n_scores, n_features)
        In the features' unit; 0 for a score that does not vary.
    """
    centred = features - features.mean(axis=0)
    scores = centred @ weights.T
    # The covariance itself, which may be large, is never made.
    change = scores.T @ centred / len(centred)
    spread = np.sqrt(np.mean(scores**2, axis=0))[:, None]
    return np.asarray(np.where(spread > _TINY, change / np.maximum(spread, _TINY), 0.0))


def _class_weights(decoder: Decoder) -> Features:
    """Weights of each class against the mean of all: a softmax tells no more than these."""
    coef = np.asarray(decoder.arrays()["coef"], dtype=np.float64)
    return np.asarray(coef - coef.mean(axis=0))


def _log_power_maps(decoder: LogPower, epochs: Epochs) -> Features:
    squares = np.square(epochs.windows, dtype=np.float64).mean(axis=2)
    return haufe_patterns(np.log(np.maximum(squares, _TINY)), _class_weights(decoder))


def _csp_maps(decoder: CspLda, epochs: Epochs) -> Features:
    """Patterns of the components, A = Cov(X) W' inv(W Cov(X) W'), weighed by what they change.

    Channel ``c`` gets the power ``A[c, f] ** 2 * variance[f]`` from component ``f``; the change
    of all that, relative to the channel's power, is a change of its log power.
    """
    filters = np.asarray(decoder.arrays()["filters"], dtype=np.float64)  # (F, C)
    spreads = covariances(epochs.windows)  # (n, C, C)
    mean = spreads.mean(axis=0)
    spatial = mean @ filters.T @ np.linalg.pinv(filters @ mean @ filters.T)  # (C, F)
    variances = np.einsum("fc,ncd,fd->nf", filters, spreads, filters, optimize=True)
    change = haufe_patterns(np.log(variances), _class_weights(decoder))  # (K, F)
    powers = spatial**2 * variances.mean(axis=0)  # (C, F)
    return np.asarray(change @ powers.T / np.diag(mean))


def _tangent_maps(decoder: TangentSpace, epochs: Epochs) -> Features:
    """Patterns in the tangent space, brought back to a change of the covariance matrix.

    To first order the covariance ``R`` at which vectors are taken changes by ``sqrt(R) T sqrt(R)``
    with a pattern ``T``. Only its diagonal is kept, the change of each channel's power, relative
    to ``R``'s; what changes between channels is left out. For an aligned decoder each run's
    vectors are centred on their own mean, as its training did to first order.
    """
    reference = np.asarray(decoder.arrays()["reference"], dtype=np.float64)
    vectors = np.stack([decoder.features(window) for window in epochs.windows])
    if decoder.align:
        for run in np.unique(epochs.runs):
            vectors[epochs.runs == run] -= vectors[epochs.runs == run].mean(axis=0)
    values, eigenvectors = np.linalg.eigh(reference)
    root = (eigenvectors * np.sqrt(values)) @ eigenvectors.T
    changes = [
        np.diag(root @ decoder.matrix(pattern) @ root)
        for pattern in haufe_patterns(vectors, _class_weights(decoder))
    ]
    return np.asarray(np.stack(changes) / np.diag(reference))


def _attention_maps(network: _Attentive, classes: tuple[str, ...], epochs: Epochs) -> Features:
    aligned = align_groups(epochs.windows, epochs.runs)
    return np.stack([_attention(network, aligned[epochs.labels == label]) for label in classes])


def _attention(network: _Attentive, windows: FloatArray) -> NDArray[np.float64]:
    import torch

    total = np.zeros(windows.shape[1])
    for row in range(0, len(windows), _BATCH):
        part = windows[row : row + _BATCH]
        total += len(part) * np.asarray(network.channel_attention(torch.from_numpy(part)))
    return total / len(windows)
