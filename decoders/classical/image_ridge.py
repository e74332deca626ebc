"""The linear baseline of image decoding: ridge regression from a window to the embedding."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bci.interfaces import OnEpoch
from bci.signals import FloatArray, Signal
from decoders.classical.linear_head import shaped, window_shape
from decoders.classical.robust_scaling import RobustScaling
from decoders.images.embedding_search import Candidates, Galleries, Space, probabilities, required

# Candidate penalties; leave-one-out on the training windows chooses.
_PENALTIES = np.logspace(1, 7, 13)


class ImageRidge:
    """Decoder: ridge regression from all samples to the image's embedding, and search by cosine.

    Parameters
    ----------
    gallery : str
        File of the images' embeddings; see `bci.tasks.image_gallery`.
    candidates : str
        File of the images among which the decoder chooses live; empty for those of the gallery.
    """

    summary = "seen images: ridge regression to embeddings"
    task = "images"
    needs_cues = True

    def __init__(self, gallery: str = "", candidates: str = "") -> None:
        self._galleries = Galleries.load(gallery, candidates) if gallery else None
        self.classes: tuple[str, ...] = ()
        self.similarities: NDArray[np.float64] | None = None
        self.embedded_by = ""

    def fit(
        self,
        windows: FloatArray,
        labels: NDArray[np.str_],
        *,
        groups: NDArray[np.int64] | None = None,  # noqa: ARG002 - all windows have equal weight
        signal: Signal | None = None,  # noqa: ARG002
        on_epoch: OnEpoch | None = None,  # noqa: ARG002 - it is done in one step
        checkpoint: Path | None = None,  # noqa: ARG002 - one person's, no base
    ) -> None:
        """Train on windows; see `bci.interfaces.Decoder`.

        Raises
        ------
        GalleryError
            If there is no gallery, or an image is not in it.
        """
        from sklearn.linear_model import RidgeCV

        galleries = required(self._galleries)
        shown, number = np.unique(labels, return_inverse=True)
        embeddings = galleries.learnt.of([str(name) for name in shown])
        space = Space.of(embeddings)
        self._scaling = RobustScaling.fit(windows)
        features = self._scaling(windows).reshape(len(windows), -1)
        fitted = RidgeCV(alphas=_PENALTIES).fit(features, space(embeddings)[number])
        self._shape = windows.shape[1:]
        self._weights = np.ascontiguousarray(fitted.coef_, dtype=np.float32)
        self._bias = np.asarray(fitted.intercept_, dtype=np.float32)
        self.embedded_by = galleries.learnt.made_by
        self._known = Candidates.of(galleries.union(), space)
        self.choose_from(galleries.candidates.names)

    def choose_from(self, names: Sequence[str]) -> None:
        self._candidates = self._known.only(names)
        self.classes = self._candidates.names

    @property
    def baseline(self) -> FloatArray:
        return self._scaling.centre[:, 0]

    def predict_proba(self, window: FloatArray) -> NDArray[np.float64]:
        predicted = self._weights @ self._scaling(window).ravel() + self._bias
        self.similarities = self._candidates.cosines(predicted)
        return probabilities(self.similarities)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "shape": np.array(self._shape, dtype=np.int64),
            "weights": self._weights,
            "bias": self._bias,
            "candidates": self._candidates.vectors,
            **self._scaling.arrays(),
        }

    @classmethod
    def from_arrays(
        cls,
        params: dict[str, Any],
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> "ImageRidge":
        del params  # a trained model needs no gallery
        decoder = cls()
        n_channels, n_samples = window_shape(arrays)
        n_dimensions = len(arrays["bias"])
        weights = shaped(arrays, "weights", (n_dimensions, n_channels * n_samples))
        decoder._shape = n_channels, n_samples
        decoder._weights = weights.astype(np.float32)
        decoder._bias = shaped(arrays, "bias", (n_dimensions,)).astype(np.float32)
        decoder._scaling = RobustScaling.from_arrays(arrays, n_channels)
        decoder._known = Candidates.from_arrays(classes, arrays, n_dimensions)
        decoder.choose_from(classes)
        return decoder
