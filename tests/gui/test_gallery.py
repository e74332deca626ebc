"""Every view by itself, as in the gallery."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.theme import DARK
from tests.gui.gallery.frame import framed
from tests.gui.gallery.screenshots import few_colours, take
from tests.gui.gallery.views import VIEWS

_MOST_BYTES = 90_000
# Windows for the subject, which are dark in both themes.
_ALWAYS_DARK = ("speller", "speller-flicker")
_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "dashboard.md"


def pixels(file: Path) -> np.ndarray:
    image = QImage(str(file)).convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(bytes(image.constBits()), dtype=np.uint32)
    return flat.reshape(image.height(), image.width())


@pytest.mark.slow
@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_a_picture_that_is_small_not_blank_and_the_same_again(
    qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    dark, light = take(tmp_path / "first", (name,))
    assert (dark.name, light.name) == (f"{name}-dark.png", f"{name}-light.png")
    images = [pixels(file) for file in (dark, light)]
    for file, image in zip((dark, light), images, strict=True):
        assert file.stat().st_size < _MOST_BYTES
        assert image.shape[0] <= 800
        assert image.shape[1] <= 1280
        # More than a background with text.
        assert len(np.unique(image)) > 10
    assert (images[0] != images[1]).mean() > (0.1 if name in _ALWAYS_DARK else 0.5)
    # Only the dark one, since drawing takes long.
    for image, file in zip(images[:1], take(tmp_path / "again", (name,)), strict=False):
        # The dashboard has present times, which change the rounding of some pixels.
        assert (pixels(file) != image).mean() < 1e-3


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_reports_that_what_it_shows_is_simulated(qtbot: QtBot, name: str) -> None:
    view = framed(name, DARK)
    view.show()
    said = [label.text() for label in view.findChildren(QLabel) if label.isVisible()]
    assert any(text.startswith("SIMULATED") for text in said)
    view.close()


def test_fewer_colours_keep_those_that_are_most(qtbot: QtBot) -> None:
    ramp = np.arange(300, dtype=np.uint32).repeat(3).reshape(30, 30) % 256 * 0x010101
    image = QImage((ramp | 0xFF000000).tobytes(), 30, 30, 120, QImage.Format.Format_RGB32)
    reduced = few_colours(image)
    assert reduced.colorCount() == 40 + 256 // 16 - 3  # 40 of them lie in three cells of 16 shades
    assert reduced.pixelColor(0, 0) == image.pixelColor(0, 0)
    # No colour is far from the original.
    apart = [
        abs(reduced.pixelColor(x, y).red() - image.pixelColor(x, y).red())
        for x in range(30)
        for y in range(30)
    ]
    assert max(apart) < 16


def test_every_view_is_on_the_page_about_the_dashboard() -> None:
    page = _PAGE.read_text()
    for name in VIEWS:
        assert f"images/gallery/{name}-dark.png" in page
