from pathlib import Path

import pytest

from bci.errors import GalleryError
from decoders.images.pictures import read_picture

PIL = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
def test_pictures_of_every_kind_are_read(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{kind.lower()}"
    PIL.new("RGB", (8, 4), (255, 0, 0)).save(file, kind)
    assert read_picture(file).size == (8, 4)


@pytest.mark.parametrize("kind", ["EPS", "TIFF", "GIF", "ICO"])
def test_other_kinds_are_refused_whatever_their_name_says(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    PIL.new("RGB", (16, 16)).save(file, kind)
    with pytest.raises(GalleryError, match="not a picture that can be read"):
        read_picture(file)


def test_a_picture_of_far_too_many_pixels_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    PIL.new("1", (20_000, 6_000)).save(file)
    with pytest.raises(GalleryError, match="pixels is too large"):
        read_picture(file)
