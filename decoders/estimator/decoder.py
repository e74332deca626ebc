"""An estimator with the protocol of decoders: training, checks, storage and decoding."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.errors import BciError, BundleError, DecodingError, PluginError, ProfileError
from bci.interfaces import OnEpoch
from bci.signals import FloatArray, Signal
from decoders.classical.linear_head import shaped, window_shape
from decoders.estimator.raised import brief
from decoders.estimator.stored import N_NOISE, Stored, proof, restore, store

# Number of training windows that are kept to compare the stored model with the trained one.
_N_EXAMPLES = 64
# Largest difference of probabilities between a window alone and in a batch; networks use float32.
_ALONE = 1e-4
_TO_ONE = 1e-3


class EstimatorDecoder:
    """A decoder that wraps an estimator in the style of scikit-learn.

    For the estimator, classes are numbered in alphabetical order. It receives float64 windows, or
    float32 if it is a skorch estimator.

    Parameters
    ----------
    estimator : object
        Untrained; cloned before each fit. None for a stored model.
    path : str
        Its name in messages.
    trusted : sequence of str
        Types that skops may store.
    """

    def __init__(self, estimator: Any, path: str, trusted: Sequence[str] = ()) -> None:
        self.classes: tuple[str, ...] = ()
        self.path = path
        self._given = estimator
        self._trusted = tuple(trusted)
        self._trained: Any = None
        self._stored: Stored | None = None

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,  # noqa: ARG002 - scikit-learn's fit has none
        signal: Signal | None = None,  # noqa: ARG002
        on_epoch: OnEpoch | None = None,  # noqa: ARG002 - it is done in one step
        checkpoint: Path | None = None,  # noqa: ARG002 - no base
    ) -> None:
        """Train on windows; see `bci.interfaces.Decoder`.

        Raises
        ------
        PluginError
            If the estimator fails, or gives no probabilities of each class.
        """
        names, numbers = np.unique(labels, return_inverse=True)
        self.classes = tuple(map(str, names))
        order = getattr(self._given, "class_names", ())
        if order and sorted(order) != list(self.classes):
            raise ProfileError(
                f"{self._who}: params.classes are {', '.join(order)}; those of the paradigm are "
                f"{', '.join(self.classes)}"
            )
        self._dtype = _input_type(self._given)
        self._shape = windows.shape[1], windows.shape[2]
        self._stored = None
        self._trained = _fresh(self._given)
        try:
            self._trained.fit(np.ascontiguousarray(windows, dtype=self._dtype), numbers)
        except BciError:
            raise
        except (Exception, SystemExit) as problem:  # the code is anyone's
            raise PluginError(
                f"{self._who}: fit raised {brief(problem)}{_hint(problem)}"
            ) from problem
        chosen = np.unique(np.linspace(0, len(windows) - 1, _N_EXAMPLES).astype(int))
        self._examples = np.ascontiguousarray(windows[chosen])
        self._deviations = np.maximum(windows.std(axis=(0, 2), dtype=np.float64), 1e-30)
        self._check_classes()
        self._check_probabilities()

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        """Class probabilities of one window; see `bci.interfaces.Decoder`."""
        if self._stored is not None:
            found = self._stored.probabilities(np.ascontiguousarray(window[None]))
        else:
            found = self._probabilities(window[None])[0]
        if (
            found.shape != (len(self.classes),)
            or not np.isfinite(found).all()
            or found.min() < 0
            or found.sum() <= 0
        ):
            raise DecodingError(f"{self._who} gives no probabilities of the window")
        return np.asarray(found / found.sum())

    def choose_runtime(self) -> None:
        """Store the trained estimator, and decode with the stored form from now on.

        Raises
        ------
        PluginError
            If it cannot be stored, or its stored form gives other probabilities.
        """
        wanted = np.stack([self._probabilities(window[None])[0] for window in self._examples])
        self._stored = store(self._trained, self._who, self._examples, wanted, self._trusted)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        if self._stored is None:
            self.choose_runtime()
        assert self._stored is not None
        return {
            "shape": np.array(self._shape, dtype=np.int64),
            "spread": self._deviations,
            "proof": proof(self._stored, self._shape, self._deviations),
            **self._stored.arrays(),
        }

    @classmethod
    def of_stored(
        cls,
        path: str,
        classes: tuple[str, ...],
        stored: Stored,
        shape: tuple[int, int],
        deviations: NDArray[np.float64],
    ) -> "EstimatorDecoder":
        """Make a decoder of a stored estimator; it cannot be trained again."""
        decoder = cls(None, path)
        decoder.classes = classes
        decoder._stored, decoder._shape, decoder._deviations = stored, shape, deviations
        return decoder

    @property
    def _who(self) -> str:
        return f"decoder {self.path}"

    def _probabilities(self, windows: FloatArray) -> NDArray[np.float64]:
        try:
            found = self._trained.predict_proba(np.ascontiguousarray(windows, dtype=self._dtype))
            return np.asarray(found, dtype=np.float64)
        except BciError:
            raise
        except (Exception, SystemExit) as problem:  # the code is anyone's
            raise DecodingError(f"{self._who}: predict_proba raised {brief(problem)}") from problem

    def _check_classes(self) -> None:
        known = getattr(self._trained, "classes_", None)
        if known is None:
            raise PluginError(f"{self._who}: it has no classes_ after fit")
        if not np.array_equal(np.asarray(known), np.arange(len(self.classes))):
            raise PluginError(
                f"{self._who}: its classes_ after fit are {np.asarray(known).tolist()!s:.100}, not "
                f"the labels that it was given, 0 to {len(self.classes) - 1}"
            )

    def _check_probabilities(self) -> None:
        n_classes = len(self.classes)
        few = self._examples[:: max(1, len(self._examples) // 8)]
        try:
            together = self._probabilities(few)
            alone = [self._probabilities(window[None]) for window in few]
        except DecodingError as problem:
            raise PluginError(str(problem)) from problem
        for given, n in ((together, len(few)), *((each, 1) for each in alone)):
            if given.shape != (n, n_classes):
                raise PluginError(
                    f"{self._who}: predict_proba gave shape {given.shape} for {n} windows and "
                    f"{n_classes} classes; it has to be ({n}, {n_classes})"
                )
        if (
            not np.isfinite(together).all()
            or together.min() < 0
            or (np.abs(together.sum(axis=1) - 1).max() > _TO_ONE)
        ):
            raise PluginError(
                f"{self._who}: predict_proba gave {together[0].round(4).tolist()!s:.100}; "
                "probabilities have to be from 0 to 1 and add up to 1"
            )
        if (difference := np.abs(np.concatenate(alone) - together).max()) > _ALONE:
            raise PluginError(
                f"{self._who}: a window alone has other probabilities than among others (by up to "
                f"{difference:.2g}); live, each window comes alone"
            )


def load(
    path: str,
    classes: tuple[str, ...],
    arrays: Mapping[str, NDArray[np.generic]],
    trusted: Sequence[str] = (),
) -> EstimatorDecoder:
    """Restore a stored estimator from the arrays of a bundle.

    ``trusted`` are types that the user trusts; the model folder cannot set them.


    Raises
    ------
    BundleError
        If it is damaged, needs other types or a package, or gives other probabilities than when it
        was stored.
    """
    who = f"decoder {path:.100}"
    try:
        shape = window_shape(arrays)
        deviations = shaped(arrays, "spread", (shape[0],))
        stored = restore(arrays, shape, len(classes), trusted)
        wanted = shaped(arrays, "proof", (N_NOISE, len(classes)))
        difference = float(np.abs(wanted - proof(stored, shape, deviations)).max())
    except ImportError as error:
        raise BundleError(f"{who}: {error}; pip install 'bci[estimators]'") from error
    except KeyError as error:
        raise BundleError(f"{who}: the bundle lacks the array {error}") from error
    except (TypeError, ValueError, DecodingError) as error:
        raise BundleError(f"{who}: {' '.join(str(error).split()):.400}") from error
    if not difference <= _ALONE:
        raise BundleError(
            f"{who}: a probability differs by {difference:.2g} from when the model was stored; the "
            "installed packages may be of other versions than in its card. Calibrate again"
        )
    return EstimatorDecoder.of_stored(path, classes, stored, shape, deviations)


def _fresh(estimator: Any) -> Any:
    """Make an untrained copy of an estimator."""
    if hasattr(estimator, "get_params"):
        from sklearn.base import clone

        return clone(estimator)
    return copy.deepcopy(estimator)


def _input_type(estimator: Any) -> type[np.floating[Any]]:
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    of_skorch = any(base.__module__.startswith("skorch.") for base in type(last).__mro__)
    return np.float32 if of_skorch else np.float64


def _hint(problem: BaseException) -> str:
    if "dim 3" not in str(problem):
        return ""
    return ". X is (n_trials, n_channels, n_samples): put mne.decoding.Vectorizer() before it"
