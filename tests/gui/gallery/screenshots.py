"""A picture of each view, dark and light, small enough to store with the source."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QApplication, QWidget

from gui.theme import DARK, LIGHT
from tests.gui.gallery.frame import framed

# Number of the most frequent colours, and of further ones for the shades of maps.
_MOST, _SHADES = 40, 56


def take(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """Save ``NAME-dark.png`` and ``NAME-light.png`` of each view; yield the files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for theme in (DARK, LIGHT):
            view = framed(name, theme)
            file = folder / f"{name}-{theme.name}.png"
            save(view, file)
            view.close()
            view.deleteLater()
            yield file


def save(view: QWidget, file: Path) -> None:
    """Save a picture of a view, with few colours."""
    view.show()
    # Drawn twice, since axes have the width of their numbers at the last drawing.
    for _ in range(2):
        view.grab()
        QApplication.processEvents()
    writer = QImageWriter(str(file))
    writer.setCompression(100)
    if not writer.write(few_colours(view.grab().toImage())):
        raise OSError(f"{file}: {writer.errorString()}")


def few_colours(image: QImage) -> QImage:
    """Reduce a picture to its 40 most frequent colours and 56 more.

    Each other colour becomes the nearest of them. The 56 are unlike the 40: they stand for the
    shades of maps, none of which is frequent.
    """
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    width, height = image.width(), image.height()
    pixels = np.frombuffer(bytes(image.constBits()), dtype=np.uint32).reshape(height, -1)[:, :width]
    colours, which, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    channels = colours[:, None] >> np.array([0, 8, 16]) & 255
    channels = channels.astype(np.int32)
    kept = _kept(channels, counts)
    apart = ((channels[:, None] - channels[kept][None]) ** 2).sum(axis=2)
    indexed = apart.argmin(axis=1)[which].astype(np.uint8).reshape(height, width)
    reduced = QImage(indexed.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    reduced.setColorTable([int(colour) for colour in colours[kept]])
    # A copy, since the picture does not own the array's memory.
    return reduced.copy()


def _kept(channels: NDArray[np.int32], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the kept colours, shape (n, 3)."""
    order = np.argsort(-counts, kind="stable")
    kept, others = order[:_MOST], order[_MOST:]
    cells = channels // 16 @ np.array([256, 16, 1])
    others = others[~np.isin(cells[others], cells[kept])]
    # The most frequent colour of each cell, for the fullest cells.
    _, first, cell = np.unique(cells[others], return_index=True, return_inverse=True)
    full = np.bincount(cell, weights=counts[others], minlength=len(first))
    shades = others[first[np.argsort(-full, kind="stable")[:_SHADES]]]
    return np.sort(np.concatenate([kept, shades]))
