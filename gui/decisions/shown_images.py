"""What is needed to show images, as a model's galleries tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bci.errors import GalleryError
from bci.models.bundle import Card
from bci.tasks.image_gallery import read_pictures


@dataclass(frozen=True)
class ShownImages:
    """What is needed to show images by their names.

    ``pictures`` gives a file for each name that has one; ``compared_by`` tells what made the
    embeddings. A window begins with its image and ends ``window_s`` later.
    """

    window_s: float
    pictures: Mapping[str, Path] = field(default_factory=dict)
    compared_by: str = ""


def shown_images(card: Card) -> tuple[ShownImages, list[str]]:
    """A model's images with their pictures, as far as they are where its gallery says.

    The second is a sentence for each gallery that cannot be read: its images have names alone.
    """
    pictures: dict[str, Path] = {}
    lacking = []
    params = card.decoder.params
    for file in (Path(str(params[key])) for key in ("gallery", "candidates") if params.get(key)):
        try:
            pictures |= read_pictures(file)
        except GalleryError as problem:
            lacking.append(f"{problem}: images are shown by name")
    return ShownImages(card.pipeline.window_s, pictures, card.embedded_by or ""), lacking
