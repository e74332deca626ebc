"""Search of an image among candidates, by the cosine of predicted and known embeddings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import GalleryError
from bci.signals import FloatArray
from bci.tasks.image_gallery import Gallery, load_gallery
from decoders.classical.linear_head import shaped
from decoders.classical.softmax import softmax

# Temperature of the softmax over cosines, as in the networks' contrastive loss. Calibration fits a
# further temperature on held-out trials.
TEMPERATURE = 0.1
_MOST = 1000
_TINY = 1e-12


@dataclass(frozen=True)
class Space:
    """Transformation of embeddings: minus the mean of training images, scaled to unit variance.

    The mean is removed because it is the same for all images. ``centre`` has the shape
    (n_dimensions,).
    """

    centre: FloatArray
    scale: float

    @classmethod
    def of(cls, embeddings: FloatArray) -> "Space":
        """Make the transformation from training images' embeddings, (n_images, n_dimensions)."""
        centre = embeddings.mean(axis=0)
        return cls(centre, float(np.sqrt(((embeddings - centre) ** 2).mean()) + _TINY))

    def __call__(self, embeddings: FloatArray) -> FloatArray:
        return np.asarray((embeddings - self.centre) / self.scale, dtype=np.float32)


@dataclass(frozen=True)
class Candidates:
    """Candidate images: sorted ``names``, and ``vectors`` (n, n_dimensions) of length 1."""

    names: tuple[str, ...]
    vectors: FloatArray

    @classmethod
    def of(cls, gallery: Gallery, space: Space) -> "Candidates":
        """Make candidates of a gallery's images, as directions in the transformed space."""
        order = np.argsort(gallery.names)
        names = tuple(gallery.names[i] for i in order)
        vectors = space(gallery.embeddings[order])
        return cls(names, vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + _TINY))

    @classmethod
    def from_arrays(
        cls, names: tuple[str, ...], arrays: Mapping[str, NDArray[np.generic]], n_dimensions: int
    ) -> "Candidates":
        """Read the candidates of a bundle: its classes ``names`` and its array ``candidates``."""
        vectors = shaped(arrays, "candidates", (len(names), n_dimensions))
        return cls(names, vectors.astype(np.float32))

    def only(self, names: Sequence[str]) -> "Candidates":
        """Select candidates by name.

        Raises
        ------
        GalleryError
            If a name is missing, or there are too few or too many candidates.
        """
        wanted = sorted(set(names))
        row = {name: i for i, name in enumerate(self.names)}
        if missing := [name for name in wanted if name not in row]:
            raise GalleryError(f"the gallery has no image {', '.join(missing[:5])}")
        if not 2 <= len(wanted) <= _MOST:
            raise GalleryError(
                f"{len(wanted)} images to decide among; 2 to {_MOST} can be: give those that will "
                "be shown as a gallery of their own (decoder.params.candidates)"
            )
        return Candidates(tuple(wanted), self.vectors[[row[name] for name in wanted]])

    def cosines(self, predicted: NDArray[np.floating]) -> NDArray[np.float64]:
        """Compute the cosine with each candidate, (n,), from -1 to 1.

        ``predicted`` (n_dimensions,) is the predicted embedding.
        """
        direction = predicted / (np.linalg.norm(predicted) + _TINY)
        return (self.vectors @ direction).astype(np.float64)


def probabilities(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute probabilities (n,) of candidates: the softmax of cosines (n,) by `TEMPERATURE`."""
    return softmax(cosines / TEMPERATURE)


@dataclass(frozen=True)
class Galleries:
    """Images and embeddings: ``learnt`` for training, ``candidates`` for the live choice."""

    learnt: Gallery
    candidates: Gallery

    @classmethod
    def load(cls, learnt: str, candidates: str) -> "Galleries":
        """Read galleries from files; an empty ``candidates`` means the gallery ``learnt``.

        Raises
        ------
        GalleryError
            If one cannot be read, or they were made by different models.
        """
        ours = load_gallery(Path(learnt))
        theirs = load_gallery(Path(candidates)) if candidates else ours
        dimensions = ours.embeddings.shape[1], theirs.embeddings.shape[1]
        if (ours.made_by, dimensions[0]) != (theirs.made_by, dimensions[1]):
            raise GalleryError(
                f"{learnt} was made by {ours.made_by} ({dimensions[0]} dimensions), {candidates} "
                f"by {theirs.made_by} ({dimensions[1]}): embed both by the same model"
            )
        return cls(ours, theirs)

    def union(self) -> Gallery:
        """Join the images of both galleries."""
        if self.candidates is self.learnt:
            return self.learnt
        known = set(self.learnt.names)
        new = [i for i, name in enumerate(self.candidates.names) if name not in known]
        return Gallery(
            (*self.learnt.names, *(self.candidates.names[i] for i in new)),
            np.concatenate([self.learnt.embeddings, self.candidates.embeddings[new]]),
            self.learnt.made_by,
        )


def required(galleries: Galleries | None) -> Galleries:
    """Return the galleries that a decoder of images needs.

    Raises
    ------
    GalleryError
        If ``galleries`` is None.
    """
    if galleries is None:
        raise GalleryError(
            "which image is which? Give the images' embeddings: --gallery FILE, or "
            "decoder.params.gallery in the profile; bci embed-images makes them"
        )
    return galleries
