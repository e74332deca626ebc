"""Patterns of linear decoders, after Haufe.

The weights of a linear decoder also cancel noise, so they do not show where its information comes
from. Haufe, Meinecke, Goergen, Daehne, Haynes, Blankertz and Biessmann, NeuroImage 87 (2014)
96-110: its pattern, the covariance of the features times the weights, does.
"""

import numpy as np

from decoders.classical.linear_head import Features

TINY = 1e-30


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
    rms = np.sqrt(np.mean(scores**2, axis=0))[:, None]
    return np.asarray(np.where(rms > TINY, change / np.maximum(rms, TINY), 0.0))


def class_weights(coef: Features) -> Features:
    """Weights of each class against the mean of all: a softmax determines no more than these."""
    return np.asarray(coef - coef.mean(axis=0))
