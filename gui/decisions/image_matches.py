"""The images that match a window best, with probabilities, and the true image."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPixmap
from PySide6.QtWidgets import QLabel

from bci.errors import GalleryError
from bci.lsl.engine_streams import ReceivedPrediction
from bci.models.card import Card
from bci.tasks.image_gallery import read_pictures
from bci.training.time_course import TimeCourse
from gui.decisions.decision_view import CueFinder
from gui.decisions.word_list import N_SHOWN, FiveLikeliest
from gui.plots.line_with_band import CourseView
from gui.plots.probability_bars import ProbabilityBars
from gui.theme import Theme
from gui.widgets.labels import plain, tip
from gui.widgets.layouts import column_of, named, row_of
from gui.widgets.units import brief

# Number of pictures kept in memory; a large one takes 150 kB.
_N_KEPT = 60
_BEST_PX, _TRUE_PX, _TILE_PX, _ROW_PX = 96, 33, 22, 24
_COURSE_PX = 130
_TIP = (
    "Similarity: how much what was decoded is like the image, as a cosine: 1 is the same, 0 "
    "unrelated. Probability: of this image among all. An image beyond the dotted line is decided."
)


@dataclass(frozen=True)
class ShownImages:
    """The images that a model can decide on, and the timing of its windows.

    ``pictures`` has the files of images by name; ``compared_by`` is the method that made their
    embeddings. An image is shown ``offset_s`` seconds after its marker. Its window begins with the
    image and ends ``window_s`` seconds later. ``course`` is the accuracy on held-out images by the
    time after the image, None if the model has none; ``chance`` is the accuracy of guessing.
    """

    window_s: float
    pictures: Mapping[str, Path] = field(default_factory=dict)
    compared_by: str = ""
    course: TimeCourse | None = None
    chance: float = 0.0
    offset_s: float = 0.0


def shown_images(card: Card, course: TimeCourse | None = None) -> tuple[ShownImages, list[str]]:
    """Return a model's images, with the pictures that its image galleries contain.

    The second value has one sentence per gallery that cannot be read; its images have no pictures.
    """
    pictures: dict[str, Path] = {}
    lacking = []
    params = card.decoder.params
    for file in (Path(str(params[key])) for key in ("gallery", "candidates") if params.get(key)):
        try:
            pictures |= read_pictures(file)
        except GalleryError as problem:
            lacking.append(f"{problem}: images are shown by name")
    by = card.embedded_by or ""
    window_s, offset_s = card.pipeline.window_s, card.paradigm.offset_s
    return ShownImages(window_s, pictures, by, course, card.score.chance, offset_s), lacking


class ImageMatches(FiveLikeliest):
    """The five images that match a window best, with similarity and probability.

    ``truth`` finds the image that was shown in a window.
    """

    def __init__(
        self, shown: ShownImages, threshold: float = 0.5, truth: CueFinder | None = None
    ) -> None:
        bars = ProbabilityBars("Likeliest images", 100, 104, thickness=0.4)
        super().__init__("Seen image", truth, threshold, bars, 24)
        self._similar: NDArray[np.float32] | None = None
        self._shown = shown
        self._read = lru_cache(_N_KEPT)(_read)
        self.bars.set_rows(N_SHOWN, _ROW_PX)
        self.best_tile, self.true_tile = _tile(_BEST_PX), _tile(_TRUE_PX)
        self.tiles = [_tile(_TILE_PX) for _ in range(N_SHOWN)]
        self.true_text = plain(QLabel())
        self._heads = named(QLabel("similarity   probability"), "dim")
        self.course = CourseView()
        self.course.setFixedHeight(_COURSE_PX)
        self.course.set_heading("held-out images found, by time")
        self.course.set_course(shown.course, shown.window_s, shown.chance)
        self.course.setVisible(not self.course.is_blank)
        self._lay_out()
        self.setToolTip(tip(_TIP))
        self.set_engine(False)

    def _lay_out(self) -> None:
        truth = row_of(self.true_tile, (self.true_text, 1))
        beside = column_of(self.headline, truth)
        top = row_of(self.best_tile, (beside, 1), spacing=10)
        top.addStrut(_BEST_PX)
        spacing = _ROW_PX - _TILE_PX
        tiles = column_of(*self.tiles, None, margins=(0, 1, 0, 0), spacing=spacing)
        self.body.addLayout(top)
        self.body.addWidget(self._heads, 0, Qt.AlignmentFlag.AlignRight)
        self.body.addLayout(row_of(tiles, (self.bars, 1)))
        self.body.addWidget(self.course)

    def take(self, prediction: ReceivedPrediction) -> None:
        self._similar = prediction.similarities
        super().take(prediction)

    def figure(self, number: int) -> str:
        """Return the similarity of image ``number`` as text; empty if it is unknown."""
        if self._similar is None or np.isnan(self._similar[number]):
            return ""
        return f"{self._similar[number]:.2f}".replace("-", "\u2212")

    @property
    def truth(self) -> str:
        if self.true_class is None:
            return "not known"
        rank = "no candidate"
        if self.true_class in self.classes:
            own = self.probabilities[self.classes.index(self.true_class)]
            better = sum(share > own for share in self.probabilities)
            rank = f"rank {1 + better} of {len(self.classes)}"
        return f"{brief(self.true_class)}, {rank}"

    def refresh(self) -> None:
        super().refresh()
        self.course.theme = self.theme
        self._show_pictures()
        true, _, rank = self.truth.partition(", ")
        self.true_text.setText(f"true image: {true}\n{rank}")
        has_figures = any(bar.figure for bar in self.bars.bars)
        if has_figures != self._heads.isVisibleTo(self):
            self._heads.setVisible(has_figures)
            self.fit_height()
        self.write_foot(self._shown.compared_by and f"by {self._shown.compared_by}", "dim")
        self.beside_foot.setText(f"of {len(self.classes)} images")

    def _show_pictures(self) -> None:
        names = [self.classes[k] for k in self.best]
        large = self._picture(names[0], _BEST_PX) if names else QPixmap()
        small = [self._picture(name, _TRUE_PX) for name in names[1:]]
        _show(self.best_tile, self.theme, large, "no picture")
        none = [QPixmap()] * N_SHOWN
        for tile, picture in zip(self.tiles, [large, *small, *none], strict=False):
            _show(tile, self.theme, picture)
        true = self._picture(self.true_class, _TRUE_PX) if self.true_class else QPixmap()
        _show(self.true_tile, self.theme, true)
        self.true_tile.setVisible(self.true_class is not None)
        self.best_tile.setVisible(bool(names))

    def _picture(self, name: str, side: int) -> QPixmap:
        """Return the middle square of an image's picture; a null pixmap without one.

        It has twice ``side`` pixels, to be sharp on a dense screen.
        """
        return QPixmap.fromImage(self._read(self._shown.pictures.get(name), 2 * side))


def _tile(side: int) -> QLabel:
    tile = QLabel(scaledContents=True, alignment=Qt.AlignmentFlag.AlignCenter)
    tile.setFixedSize(side, side)
    return tile


def _show(tile: QLabel, theme: Theme, picture: QPixmap, without: str = "") -> None:
    tile.setStyleSheet(f"background: {theme.line}; color: {theme.dim}; border-radius: 4px;")
    if picture.isNull():
        tile.setText(without)
    else:
        tile.setPixmap(picture)


def _read(file: Path | None, side: int) -> QImage:
    if file is None:
        return QImage()
    reader = QImageReader(str(file))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        expand = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        reader.setScaledSize(size.scaled(QSize(side, side), expand))
    image = reader.read()
    middle = (image.width() - side) // 2, (image.height() - side) // 2
    return image.copy(*middle, side, side) if not image.isNull() else image
