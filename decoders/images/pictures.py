"""Reading of pictures for embedding, in RGB and upright, with a limit of size."""

from pathlib import Path
from typing import TYPE_CHECKING

from bci.errors import GalleryError
from bci.tasks.image_gallery import PICTURE_KINDS, PREFIX

if TYPE_CHECKING:
    from PIL.Image import Image

NEEDS_PILLOW = "pictures need Pillow: pip install 'bci[images]'"
_MOST_PIXELS = 100_000_000
# Allowed formats, whatever the file's name: Pillow would pass PostScript to another program.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")


def find_pictures(folder: Path) -> dict[str, Path]:
    """Find the pictures below a folder, by their marker: ``image-`` and the file's stem.

    Raises
    ------
    GalleryError
        If there are fewer than two, or two with the same name.
    """
    if not folder.is_dir():
        raise GalleryError(f"{folder}: no such folder")
    found: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in PICTURE_KINDS or file.name.startswith("."):
            continue
        name = PREFIX + file.stem.removeprefix(PREFIX)
        if name in found:
            raise GalleryError(f"{found[name]} and {file} are both {name}: rename one")
        found[name] = file
    if len(found) < 2:
        raise GalleryError(f"{folder}: holds fewer than two pictures ({', '.join(PICTURE_KINDS)})")
    return found


def read_picture(file: Path) -> "Image":
    """Read a picture in RGB, rotated as the camera's orientation tag states.

    Raises
    ------
    GalleryError
        If Pillow is missing, or the file is damaged or far too large.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise GalleryError(f"{error}; {NEEDS_PILLOW}") from error
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise GalleryError(
                    f"{file}: {picture.width} x {picture.height} pixels is too large"
                )
            return ImageOps.exif_transpose(picture).convert("RGB")
    except (
        OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError,
    ) as error:  # fmt: skip
        raise GalleryError(f"{file}: not a picture that can be read ({error})") from error
