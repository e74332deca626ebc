"""Image galleries: images by name, each with its embedding by a vision model.

An image gallery is a safetensors file with one array of embeddings. Its header has the images'
names, the model that made the embeddings, and the paths of the pictures. It has no code.
`GalleryError` is raised for a file that is missing, too large, damaged, or no image gallery.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from bci.errors import GalleryError
from bci.files.writable import appearing
from bci.signals import FloatArray

PREFIX = "image-"
PICTURE_KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_FORMAT = "bci gallery 1"
_MAX_BYTES = 2 << 30
_MAX_IMAGES = 100_000
_MAX_DIMENSIONS = 10_000


@dataclass(frozen=True)
class Gallery:
    """Images that a person may be shown, with their embeddings."""

    names: tuple[str, ...]  # Distinct names as in the markers: ``image-0001``
    embeddings: FloatArray  # shape (n_images, n_dimensions)
    made_by: str  # Name of the model or method that made the embeddings
    # File of each image, relative to the folder of the image gallery; empty without pictures
    pictures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.embeddings.shape
        if len(shape) != 2 or shape[0] != len(self.names) or shape[1] < 1:
            raise GalleryError(f"{len(self.names)} images have embeddings of shape {shape}")
        _check(self.names, self.pictures)
        if not np.isfinite(self.embeddings).all():
            raise GalleryError("an embedding holds values that are not finite")

    def of(self, names: list[str]) -> FloatArray:
        """Return the embeddings of the images ``names``, shape (n, n_dimensions)."""
        row = {name: i for i, name in enumerate(self.names)}
        if missing := [name for name in dict.fromkeys(names) if name not in row]:
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise GalleryError(
                f"the gallery has no image {', '.join(missing[:5])}{more}: make it of all images "
                "that are shown (bci embed-images)"
            )
        return self.embeddings[[row[name] for name in names]]


def save_gallery(gallery: Gallery, file: Path) -> None:
    """Write an image gallery; on an error, ``file`` stays as it was."""
    header = {
        "format": _FORMAT,
        "made_by": gallery.made_by,
        "names": json.dumps(gallery.names),
        "pictures": json.dumps(gallery.pictures),
    }
    embeddings = np.ascontiguousarray(gallery.embeddings, dtype=np.float32)
    with appearing(file) as new:
        new.write_bytes(save({"embeddings": embeddings}, header))


def load_gallery(file: Path) -> Gallery:
    """Read an image gallery.

    Raises `GalleryError` if it is missing, too large, or no image gallery.
    """
    with _opened(file) as content:
        header = content.metadata()
        names, pictures = _listed(header)
        made_by = header["made_by"][:200]
        embeddings = np.asarray(content.get_tensor("embeddings"), dtype=np.float32)
        return Gallery(names, embeddings, made_by, pictures)


def read_pictures(file: Path) -> dict[str, Path]:
    """Return the paths of the pictures by image name, without reading embeddings.

    Images without a picture are left out.

    Raises `GalleryError` if the file is missing, too large, or no image gallery.
    """
    with _opened(file) as content:
        names, pictures = _listed(content.metadata())
        named = zip(names, pictures, strict=True) if pictures else ()
        return {name: file.parent / picture for name, picture in named if picture}


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """Open the file of an image gallery and check its header and shape."""
    if not file.is_file():
        raise GalleryError(f"{file}: no such gallery; make one with bci embed-images")
    if file.stat().st_size > _MAX_BYTES:
        raise GalleryError(f"{file}: larger than {_MAX_BYTES >> 30} GiB; not a gallery of ours")
    try:
        with safe_open(file, framework="np") as content:
            header = content.metadata() or {}
            if header.get("format") != _FORMAT or list(content.keys()) != ["embeddings"]:
                raise GalleryError("not a gallery; make one with bci embed-images")
            shape = content.get_slice("embeddings").get_shape()
            if len(shape) != 2 or shape[0] > _MAX_IMAGES or shape[1] > _MAX_DIMENSIONS:
                raise GalleryError(
                    f"embeddings of shape {tuple(shape)}; at most {_MAX_IMAGES} images of "
                    f"{_MAX_DIMENSIONS} dimensions"
                )
            yield content
    except GalleryError as problem:
        raise GalleryError(f"{file}: {problem}") from None
    except (
        SafetensorError, OSError, KeyError, ValueError, TypeError, RecursionError,
    ) as problem:  # fmt: skip
        raise GalleryError(f"{file}: damaged, or not a gallery ({problem})") from problem


def _listed(header: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names, pictures = (_texts(header[key]) for key in ("names", "pictures"))
    if any(_leads_out(picture) for picture in pictures):
        raise GalleryError("a picture lies outside the gallery's folder")
    _check(names, pictures)
    return names, pictures


def _check(names: tuple[str, ...], pictures: tuple[str, ...]) -> None:
    if len(names) < 2 or len(set(names)) < len(names):
        raise GalleryError("a gallery needs two images or more, each with a name of its own")
    if pictures and len(pictures) != len(names):
        raise GalleryError(f"{len(pictures)} pictures for {len(names)} images")


def gallery_from_vectors(vectors: Path, listed: Path, made_by: str) -> Gallery:
    """Create an image gallery from embeddings that another program made.

    ``vectors`` is a NumPy file of numbers, shape (n_images, n_dimensions). ``listed`` is a UTF-8
    text file with one image per line, in the order of the vectors. A line is the image's name, or
    the path of its picture, whose stem is then the name. Paths are relative to the folder in which
    the image gallery will be stored.

    Raises `GalleryError` if a file is missing or damaged, or if their lengths differ.
    """
    try:
        lines = listed.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise GalleryError(f"{listed}: cannot be read as a list of images") from problem
    images = [line.strip() for line in lines if line.strip()]
    try:
        # Pickles are refused, since they could run code.
        found = np.load(vectors, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise GalleryError(f"{vectors}: not a NumPy file of plain numbers ({problem})") from problem
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu" or found.ndim != 2:
        raise GalleryError(f"{vectors}: holds no table of numbers, one row an image")
    if len(found) != len(images):
        raise GalleryError(f"{vectors} has {len(found)} rows, {listed} lists {len(images)} images")
    if len(found) > _MAX_IMAGES or found.shape[1] > _MAX_DIMENSIONS:
        raise GalleryError(
            f"{vectors}: shape {found.shape}; at most {_MAX_IMAGES} images of {_MAX_DIMENSIONS} "
            "dimensions"
        )
    pictures = tuple(each if _is_picture(each) and not _leads_out(each) else "" for each in images)
    names = tuple(_name(each) for each in images)
    try:
        return Gallery(names, np.asarray(found, dtype=np.float32), made_by[:200], pictures)
    except GalleryError as problem:
        raise GalleryError(f"{listed}: {problem}") from None


def _name(image: str) -> str:
    """Convert an image to its name in markers.

    For example, ``birds/bird_01.jpg`` becomes ``image-bird_01``.
    """
    path = PurePosixPath(image.replace("\\", "/"))
    stem = path.stem if _is_picture(image) else path.name
    return PREFIX + stem.removeprefix(PREFIX)


def _is_picture(image: str) -> bool:
    return image.lower().endswith(PICTURE_KINDS)


def _texts(content: str) -> tuple[str, ...]:
    texts = json.loads(content)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("names are not a list of texts")
    return tuple(texts)


def _leads_out(picture: str) -> bool:
    path = PurePosixPath(picture)
    return path.is_absolute() or ".." in path.parts or "\\" in picture
