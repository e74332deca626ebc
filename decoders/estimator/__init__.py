"""Any scikit-learn estimator as a decoder.

`factory` makes the estimator that a profile names, or checks an estimator object. `decoder` trains
it and decodes with it. `stored` chooses the form in which a model folder stores it: `by_onnx`,
with `mne_onnx`, or `by_skops`, with `trusted_types`. `onnx_file` is for a user's own ONNX file.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bci.interfaces import Decoder

# Name in profiles for a user's own ONNX file.
ONNX = "onnx"


def is_estimator(name: str) -> bool:
    """Return whether a decoder's name in a profile or card is that of an estimator.

    Such a name is ``module:factory``, or ``onnx`` for a user's own ONNX file.
    """
    return ":" in name or name == ONNX


def wrap(estimator: Any, trusted: Sequence[str] = ()) -> "Decoder":
    """Make a decoder of an estimator.

    Parameters
    ----------
    estimator : object
        With ``fit(X, y)`` and ``predict_proba(X)`` on ``X`` (n_trials, n_channels, n_samples), such
        as a pipeline of pyriemann or MNE. It is cloned before each fit. For a
        `decoders.sklearn_api.BciClassifier`, its own decoder is returned.
    trusted : sequence of str
        Further types, as ``package.module.Class``, that skops may store besides the built-in list.

    Returns
    -------
    decoder : Decoder
        Untrained.

    Raises
    ------
    PluginError
        If ``fit`` or ``predict_proba`` is missing.

    Examples
    --------
    >>> from pyriemann.classification import MDM
    >>> from pyriemann.estimation import Covariances
    >>> from sklearn.pipeline import make_pipeline
    >>> decoder = wrap(make_pipeline(Covariances("oas"), MDM()))
    """
    from decoders.estimator.factory import decoder_of, path_of

    return decoder_of(estimator, path_of(estimator), trusted)
