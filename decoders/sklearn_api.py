"""Decoders as scikit-learn classifiers, for ``cross_val_score``, pipelines and MOABB."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

import decoders
from bci.errors import ProfileError
from bci.head.electrodes import standard_name, standard_position
from bci.interfaces import Decoder
from bci.signals import Channel, Signal

_VOLTAGES = ("eeg", "seeg", "ecog", "eog", "emg")


class BciClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A decoder of this project as a classifier of cut trials.

    Parameters
    ----------
    decoder : str
        Name, as in a profile: ``bci profiles --keys`` lists them.
    params : dict, optional
        Parameters of the decoder, like ``decoder.params`` of a profile.
    sfreq : float, optional
        Sampling rate of the trials in hertz; networks and spectral decoders need it.
    ch_names : sequence of str, optional
        Names of the trials' channels, which determine their positions.
    kind : str
        Kind of all channels: ``eeg``, ``seeg``, ``mag`` ...

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Labels in the order of the columns of `predict_proba`.
    decoder_ : Decoder
        The trained decoder.

    Notes
    -----
    Values are converted to float32 and must be in the unit of recordings: microvolts for EEG. MOABB
    returns microvolts; MNE's epochs are in volts.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import cross_val_score
    >>> rng = np.random.default_rng(0)
    >>> y = np.resize(["left", "right"], 40)
    >>> X = rng.normal(size=(40, 4, 128)) * 10
    >>> X[y == "left", 1] *= 2
    >>> bool(cross_val_score(BciClassifier("tangent-space"), X, y).mean() > 0.9)
    True
    """

    def __init__(
        self,
        decoder: str = "tangent-space",
        params: Mapping[str, Any] | None = None,
        sfreq: float | None = None,
        ch_names: Sequence[str] | None = None,
        kind: str = "eeg",
    ) -> None:
        self.decoder = decoder
        self.params = params
        self.sfreq = sfreq
        self.ch_names = ch_names
        self.kind = kind

    def fit(
        self,
        X: NDArray[np.floating[Any]],
        y: NDArray[Any],
        groups: NDArray[Any] | None = None,
    ) -> "BciClassifier":
        """Train the decoder.

        Parameters
        ----------
        X : ndarray, shape (n_trials, n_channels, n_samples)
        y : ndarray, shape (n_trials,)
            Labels, which are texts or numbers.
        groups : ndarray, shape (n_trials,), optional
            Run of each trial; decoders with alignment align run by run.

        Raises
        ------
        ValueError
            If there is one class only, or the arrays do not fit together.
        ProfileError
            If there is no such decoder or parameter.
        """
        X, y = self._checked(X, y)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has one class, {str(self.classes_[0])!r}; there must be two or more"
            )
        is_text = self.classes_.dtype.kind == "U"
        # As texts, numbers would be sorted in another order.
        names = self.classes_
        if not is_text:
            names = np.array([f"{number:06d}" for number in range(len(self.classes_))])
        runs = None if groups is None else np.unique(groups, return_inverse=True)[1]
        self.decoder_ = self.make_decoder()
        self.decoder_.fit(X, names[numbers], groups=runs, signal=self._signal(X.shape[1]))
        if is_text:  # decoders of levels and images may have more classes than the training data
            self.classes_ = np.array(self.decoder_.classes)
        return self

    def predict_proba(self, X: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Class probabilities of each trial, shape (n_trials, n_classes)."""
        check_is_fitted(self)
        X = self._checked(X)
        return np.stack([self.decoder_.predict_proba(trial) for trial in X])

    def predict(self, X: NDArray[np.floating[Any]]) -> NDArray[Any]:
        """The likeliest class of each trial, shape (n_trials,)."""
        check_is_fitted(self)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def make_decoder(self) -> Decoder:
        """Make the untrained decoder.

        Raises
        ------
        ProfileError
            If there is no such decoder or parameter.
        """
        return decoders.create(self.decoder, self.params)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

    def _checked(self, X: Any, y: Any = "no_validation") -> Any:
        checked = validate_data(
            self,
            X,
            y,
            reset=not isinstance(y, str),
            dtype=np.float32,
            allow_nd=True,
            ensure_2d=False,
            order="C",
        )
        trials = checked if isinstance(y, str) else checked[0]
        if trials.ndim != 3:
            raise ValueError(
                f"X has shape {trials.shape}; it has to be (n_trials, n_channels, n_samples). "
                "Reshape your data"
            )
        return checked

    def _signal(self, n_channels: int) -> Signal | None:
        if self.sfreq is None:
            return None
        unit = "uV" if self.kind in _VOLTAGES else "unknown"
        if self.ch_names is None:
            names = [f"ch{k + 1}" for k in range(n_channels)]
            return Signal(self.sfreq, tuple(Channel(name, self.kind, unit) for name in names))
        if len(self.ch_names) != n_channels:
            raise ProfileError(
                f"ch_names has {len(self.ch_names)} names, the trials have {n_channels} channels"
            )
        channels = (
            Channel(name, self.kind, unit, standard_position(standard_name(name)))
            for name in self.ch_names
        )
        return Signal(self.sfreq, tuple(channels))


def as_classifier(
    decoder: str,
    sfreq: float | None = None,
    ch_names: Sequence[str] | None = None,
    **params: object,
) -> BciClassifier:
    """Make a scikit-learn classifier of a decoder by name; see `BciClassifier`.

    Parameters
    ----------
    decoder : str
    sfreq : float, optional
    ch_names : sequence of str, optional
    **params
        Parameters of the decoder.
    """
    return BciClassifier(decoder, params or None, sfreq, ch_names)
