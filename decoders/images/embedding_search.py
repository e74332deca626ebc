"""Finding an image among candidates: embeddings as decoders learn them, compared by cosine."""

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

# Of the softmax over cosines: that of the networks' contrastive loss. Calibration then fits one
# more, on held-out trials.
TEMPERATURE = 0.1
_MOST = 1000
_TINY = 1e-12


@dataclass(frozen=True)
class Space:
    """Embeddings centred by the mean of training images, and brought to about unit variance.

    What all embeddings share says nothing of which image it was. ``centre`` (n_dimensions,).
    """

    centre: FloatArray
    scale: float

    @classmethod
    def of(cls, embeddings: FloatArray) -> "Space":
        """Vectors of training images, (n_images, n_dimensions)."""
        centre = embeddings.mean(axis=0)
        return cls(centre, float(np.sqrt(((embeddings - centre) ** 2).mean()) + _TINY))

    def __call__(self, embeddings: FloatArray) -> FloatArray:
        return np.asarray((embeddings - self.centre) / self.scale, dtype=np.float32)


@dataclass(frozen=True)
class Candidates:
    """Images to choose among: ``names`` ascending, ``vectors`` (n, n_dimensions) of length 1."""

    names: tuple[str, ...]
    vectors: FloatArray

    @classmethod
    def of(cls, gallery: Gallery, space: Space) -> "Candidates":
        """A gallery's images, as directions in a space."""
        order = np.argsort(gallery.names)
        names = tuple(gallery.names[i] for i in order)
        vectors = space(gallery.embeddings[order])
        return cls(names, vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + _TINY))

    @classmethod
    def from_arrays(
        cls, names: tuple[str, ...], arrays: Mapping[str, NDArray[np.generic]], n_dimensions: int
    ) -> "Candidates":
        """Those of a bundle: its classes, and the array ``candidates``."""
        vectors = shaped(arrays, "candidates", (len(names), n_dimensions))
        return cls(names, vectors.astype(np.float32))

    def only(self, names: Sequence[str]) -> "Candidates":
        """Some of them.

        Raises
        ------
        GalleryError
            Naming one that is not there, or if they are too many to decide among.
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
        """Similarity of a predicted vector to each, from -1 to 1."""
        direction = predicted / (np.linalg.norm(predicted) + _TINY)
        return (self.vectors @ direction).astype(np.float64)


def probabilities(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Their softmax over `TEMPERATURE`."""
    return softmax(cosines / TEMPERATURE)


@dataclass(frozen=True)
class Galleries:
    """The images whose embeddings are trained on, and those that are decided among live."""

    learnt: Gallery
    candidates: Gallery

    @classmethod
    def load(cls, learnt: str, candidates: str) -> "Galleries":
        """Read them from files; without ``candidates`` they are the learnt ones.

        Raises
        ------
        GalleryError
            If one cannot be read, or they are not of one kind.
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
        """All images of both."""
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
    """Requirements of a decoder of images.

    Raises
    ------
    GalleryError
        If there is none.
    """
    if galleries is None:
        raise GalleryError(
            "which image is which? Give the images' embeddings: --gallery FILE, or "
            "decoder.params.gallery in the profile; bci embed-images makes them"
        )
    return galleries
