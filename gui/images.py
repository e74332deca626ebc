"""Which image was seen: the five likeliest as thumbnails, and the true one where it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.lsl.predictions import ReceivedPrediction
from gui.cue_windows import CueWindows
from gui.headline import NO_PREDICTION, NOT_SURE, paint_headline
from gui.hint import HINT_HEIGHT, NO_ENGINE, paint_hint
from gui.theme import DARK, Theme

_N_SHOWN = 5
_TITLE, _ROW, _FOOT = 33.0, 31.0, 46.0
_TILE = 27.0
_HEIGHT = round(_TITLE + _N_SHOWN * _ROW + _FOOT)
_VCENTRE = Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | _VCENTRE


@dataclass(frozen=True)
class ShownImages:
    """What is needed to show images by their names.

    ``pictures`` gives a file for each name that has one; ``compared_by`` tells what made the
    embeddings. A window begins with its image and ends ``window_s`` later.
    """

    window_s: float
    pictures: Mapping[str, Path] = field(default_factory=dict)
    compared_by: str = ""


class ImagesView(QWidget):
    """The five images that the last window fits best, with their probabilities.

    Parameters
    ----------
    shown : ShownImages
    threshold : float
        Least probability of an image that is named; below it the view is not sure.
    """

    def __init__(
        self, shown: ShownImages, threshold: float = 0.5, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.hint = NO_ENGINE
        self.threshold = threshold
        self.classes: tuple[str, ...] = ()
        self.best: list[tuple[str, float]] = []
        self.live = False
        self.true_image: str | None = None
        self.rank: int | None = None
        self.why = ""
        self.windows = CueWindows(shown.window_s)
        self._shown = shown
        self._thumbnails: dict[str, QImage] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Seen image")
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        """Whether an engine runs; without one a line says so, and takes no more room."""
        self.has_engine = alive
        self.setFixedHeight(_HEIGHT if alive else HINT_HEIGHT)
        self.update()

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """The candidates of an engine that was found."""
        self.classes, self.best, self.why = classes, [], ""
        self.true_image = self.rank = None
        self.set_engine(True)

    def add_cue(self, time: float, image: str | None) -> None:
        """An image was shown at ``time``, LSL clock."""
        self.windows.add(time, image)

    def show_prediction(self, prediction: ReceivedPrediction | None) -> None:
        """The newest prediction, with the image that its window began with; None when it is old."""
        self.live = prediction is not None
        if prediction is not None and len(prediction.probabilities) == len(self.classes):
            probabilities = prediction.probabilities
            order = np.argsort(-probabilities, kind="stable")
            self.best = [(self.classes[i], float(probabilities[i])) for i in order[:_N_SHOWN]]
            self.true_image = self.windows.cue_of(prediction.taken)
            self.rank, self.why = None, ""
            if self.true_image in self.classes:
                own = probabilities[self.classes.index(self.true_image)]
                self.rank = 1 + int((probabilities > own).sum())
            self.setAccessibleDescription(f"{self.decision}; true image: {self.truth}")
        self.update()

    def show_rejected(self, why: str) -> None:
        """The last window gave no prediction, for this reason."""
        self.best, self.true_image, self.rank, self.why = [], None, None, why
        self.update()

    @property
    def decision(self) -> str:
        """What is decided, in words."""
        if not self.best:
            return NO_PREDICTION
        name, probability = self.best[0]
        return _short(name) if probability >= self.threshold else NOT_SURE

    @property
    def truth(self) -> str:
        """What was truly shown, in words."""
        if self.true_image is None:
            return "not known"
        rank = "no candidate" if self.rank is None else f"rank {self.rank} of {len(self.classes)}"
        return f"{_short(self.true_image)}, {rank}"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.has_engine:
            paint_hint(painter, self.theme, QRectF(self.rect()), self.hint)
            return
        width = self.width() - 28.0
        painter.setFont(self.font())
        colour = self.theme.colour("accent" if self.live else "dim")
        confidence = self.best[0][1] if self.best else None
        paint_headline(
            painter, self.theme, QRectF(14, 3, width, _TITLE - 4), self.decision, colour,
            confidence, self.why, 24,
        )  # fmt: skip
        for k, (name, probability) in enumerate(self.best):
            self._paint_row(painter, _TITLE + k * _ROW, name, probability)
        self._paint_truth(painter, _TITLE + _N_SHOWN * _ROW)

    def _paint_row(self, painter: QPainter, top: float, name: str, probability: float) -> None:
        right = name == self.true_image
        self._paint_tile(painter, QRectF(14, top, _TILE, _TILE), name)
        left, width = 50.0, self.width() - 50.0 - 14.0
        text = self.theme.colour("text" if self.live else "dim")
        self._font(painter, 13, bold=right)
        painter.setPen(text)
        label = painter.fontMetrics().elidedText(
            _short(name), Qt.TextElideMode.ElideMiddle, round(width - 90)
        )
        painter.drawText(
            QRectF(left, top, width, 16), _VCENTRE, f"{label}  \u2713" if right else label
        )
        painter.drawText(QRectF(left, top, width, 16), _RIGHT, f"{100 * probability:.0f} %")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("line"))
        painter.drawRoundedRect(QRectF(left, top + 18, width, 6), 3, 3)
        colour = self.theme.colour("accent")
        colour.setAlpha(255 if self.live else 90)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(left, top + 18, width * probability, 6), 3, 3)
        painter.setBrush(text)
        painter.drawRect(QRectF(left + width * self.threshold, top + 16, 1, 10))

    def _paint_truth(self, painter: QPainter, top: float) -> None:
        left = 14.0
        if self.true_image is not None:
            self._paint_tile(painter, QRectF(14, top + 2, _TILE, _TILE), self.true_image)
            left = 50.0
        self._font(painter, 13)
        painter.setPen(self.theme.colour("text" if self.true_image else "dim"))
        told = f"true image: {self.truth}"
        painter.drawText(QRectF(left, top + 2, self.width() - left - 14, _TILE), _VCENTRE, told)
        self._font(painter, 12)
        painter.setPen(self.theme.colour("dim"))
        by = f" compared by {self._shown.compared_by}" if self._shown.compared_by else ""
        told = painter.fontMetrics().elidedText(
            f"{len(self.classes)} images{by}", Qt.TextElideMode.ElideRight, self.width() - 28
        )
        painter.drawText(QRectF(14, top + 29, self.width() - 28, 16), _VCENTRE, told)

    def _paint_tile(self, painter: QPainter, box: QRectF, name: str) -> None:
        thumbnail = self._thumbnail(name)
        if not thumbnail.isNull():
            painter.drawImage(box, thumbnail)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("line"))
        painter.drawRoundedRect(box, 4, 4)
        self._font(painter, 11)
        painter.setPen(self.theme.colour("dim"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _short(name)[-4:])

    def _thumbnail(self, name: str) -> QImage:
        """The middle square of an image's picture; null where there is none."""
        if name not in self._thumbnails:
            self._thumbnails[name] = _read(self._shown.pictures.get(name))
        return self._thumbnails[name]

    def _font(self, painter: QPainter, pixels: int, bold: bool = False) -> None:
        font = QFont(self.font())
        font.setPixelSize(pixels)
        font.setBold(bold)
        painter.setFont(font)


def _short(name: str) -> str:
    return name.removeprefix("image-")


def _read(file: Path | None) -> QImage:
    if file is None:
        return QImage()
    reader = QImageReader(str(file))
    reader.setAutoTransform(True)
    size = reader.size()
    side = round(2 * _TILE)
    if size.isValid():
        expand = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        reader.setScaledSize(size.scaled(QSize(side, side), expand))
    image = reader.read()
    middle = (image.width() - side) // 2, (image.height() - side) // 2
    return image.copy(*middle, side, side) if not image.isNull() else image
