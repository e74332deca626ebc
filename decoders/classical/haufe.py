"""Patterns of linear decoders, after Haufe.

The weights of a linear decoder also cancel noise, so they do not show which channels have the
information. Its patterns do: they are the covariance of the features times the weights. Source:
Haufe, Meinecke, Goergen, Daehne, Haynes, Blankertz and Biessmann, NeuroImage 87 (2014) 96-110.
"""

import numpy as np

from decoders.classical.linear_head import Features

TINY = 1e-30


def haufe_patterns(features: Features, weights: Features) -> Features:
    """Compute the change of the features per standard deviation of each linear score.

    Haufe et al. (2014), equation 6, for each score alone: ``Cov(features) @ w / std(score)``.

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
    # The covariance itself, which may be large, is never computed.
    change = scores.T @ centred / len(centred)
    rms = np.sqrt(np.mean(scores**2, axis=0))[:, None]
    return np.asarray(np.where(rms > TINY, change / np.maximum(rms, TINY), 0.0))


def class_weights(coef: Features) -> Features:
    """Subtract the mean over classes from the weights of each class, (n_classes, n_features).

    A softmax determines the weights only up to this mean.
    """
    return np.asarray(coef - coef.mean(axis=0))
