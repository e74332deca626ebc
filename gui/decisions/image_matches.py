"""Which image was seen: the five likeliest as thumbnails, and the true one where it is known."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.decisions import Decision
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.cue_matching import CueFinder, CueWindows
from gui.decisions.decision_rule import DecisionRule, in_words
from gui.decisions.headline import NO_PREDICTION, is_decided, paint_headline
from gui.decisions.shown_images import ShownImages
from gui.plots.threshold_line import paint_threshold
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.class_names import brief
from gui.widgets.empty_state import HINT_HEIGHT, NO_ENGINE, paint_hint
from gui.widgets.pieces import tip

_N_SHOWN = 5
# Pictures that are not read again; the large ones have 150 kB each.
_KEPT = 60
# The best one large, the others in rows below it.
_BEST, _BESIDE = 96.0, 122.0
_TOP, _HEAD, _ROW, _FOOT = 105.0, 16.0, 24.0, 41.0
_TILE, _TRUE, _LEFT = 22.0, 33.0, 56.0
_HEIGHT = round(_TOP + _HEAD + (_N_SHOWN - 1) * _ROW + _FOOT)
# Where the columns of numbers end, from the right edge.
_SHARE, _SIMILAR = 14.0, 106.0
_VCENTRE = Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | _VCENTRE


@dataclass(frozen=True)
class ImageMatch:
    """An image that fits the window: how likely it is, and how similar where that is told."""

    name: str
    probability: float
    similarity: float | None = None


class ImagesView(QWidget):
    """The five images that the last window fits best: similarity and probability of each.

    Parameters
    ----------
    shown : ShownImages
    threshold : float
        Least confidence of a decision, for the line through the bar.
    truth : CueFinder, optional
        Finds the image of a window; without it, ``windows`` does, which is told of cues.
    """

    def __init__(
        self,
        shown: ShownImages,
        threshold: float = 0.5,
        truth: CueFinder | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.hint = NO_ENGINE
        self.rule = DecisionRule(threshold)
        self.classes: tuple[str, ...] = ()
        self.best: list[ImageMatch] = []
        self._decided: Decision | None = None
        self.live = False
        self.true_image: str | None = None
        self.rank: int | None = None
        self.why = ""
        self.windows = CueWindows(shown.window_s)
        self._truth: CueFinder = truth or self.windows
        self._shown = shown
        self._read = lru_cache(_KEPT)(_read)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Seen image")
        self.setToolTip(
            tip(
                "Similarity: how much what was decoded is like the image, as a cosine: 1 is "
                "the same, 0 unrelated. Probability: of this image among all. An image beyond the "
                "dotted line is decided."
            )
        )
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
            order = np.argsort(-probabilities, kind="stable")[:_N_SHOWN]
            similar = prediction.similarities
            self.best = [
                ImageMatch(
                    self.classes[i],
                    float(probabilities[i]),
                    None if similar is None or np.isnan(similar[i]) else float(similar[i]),
                )
                for i in order
            ]
            self.true_image = self._truth.cue_of(prediction.taken)
            self._decided, self.rank, self.why = prediction.decision, None, ""
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
        """The engine's decision, in words."""
        return brief(in_words(self._decided)) if self.best else NO_PREDICTION

    @property
    def truth(self) -> str:
        """What was truly shown, in words."""
        if self.true_image is None:
            return "not known"
        rank = "no candidate" if self.rank is None else f"rank {self.rank} of {len(self.classes)}"
        return f"{brief(self.true_image)}, {rank}"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.has_engine:
            paint_hint(painter, self.theme, QRectF(self.rect()), self.hint)
            return
        self._paint_best(painter)
        if len(self.best) > 1:
            self._paint_heads(painter)
        for k, found in enumerate(self.best[1:]):
            self._paint_row(painter, _TOP + _HEAD + k * _ROW, found)
        self._paint_truth(painter, self.height() - _FOOT + 3)

    def _paint_best(self, painter: QPainter) -> None:
        """The likeliest image; beside it what is decided, from where on, and how similar it is."""
        best = self.best[0] if self.best else None
        left = _BESIDE if best else 14.0
        width = self.width() - left - _SHARE
        painter.setFont(self.font())
        colour = self.theme.colour("accent" if self.live else "dim")
        beside = self.rule.beside(self._decided if best else None)
        paint_headline(
            painter, self.theme, QRectF(left, 4, width, 30), self.decision, colour,
            beside, self.why, 24, bool(self.rule.evidence_s),
        )  # fmt: skip
        if best is None:
            return
        self._paint_tile(painter, QRectF(14, 6, _BEST, _BEST), best.name)
        self._paint_bar(painter, QRectF(left, 40, width, 10), best.probability)
        paint_threshold(painter, self.theme, QRectF(left, 37, width, 17), self.rule)
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("text" if self.live else "dim"))
        right = best.name == self.true_image
        said = " \u2713 truly shown" if right else ""
        if not is_decided(self.decision):
            said = brief(best.name) + (" \u2713" if right else "")
        lines = [said.strip()]
        if best.similarity is not None:
            lines.append(f"similarity {_signed(best.similarity)}")
        elide, room = Qt.TextElideMode.ElideRight, round(width)
        for k, line in enumerate(filter(None, lines)):
            text = painter.fontMetrics().elidedText(line, elide, room)
            painter.drawText(QRectF(left, 70 + 17 * k, width, 18), _VCENTRE, text)

    def _paint_heads(self, painter: QPainter) -> None:
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("dim"))
        heads = {"probability": _SHARE}
        if self.best[1].similarity is not None:
            heads["similarity"] = _SIMILAR
        for text, right in heads.items():
            box = QRectF(_LEFT, _TOP - 2, self.width() - _LEFT - right, _HEAD)
            painter.drawText(box, _RIGHT, text)

    def _paint_row(self, painter: QPainter, top: float, found: ImageMatch) -> None:
        right = found.name == self.true_image
        self._paint_tile(painter, QRectF(14, top, _TILE, _TILE), found.name)
        width = self.width() - _LEFT - _SHARE
        text = self.theme.colour("text" if self.live else "dim")
        self._font(painter, CAPTION_PX, bold=right)
        painter.setPen(text)
        label = painter.fontMetrics().elidedText(
            brief(found.name), Qt.TextElideMode.ElideMiddle, round(width - 160)
        )
        line = QRectF(_LEFT, top, width, 17)
        painter.drawText(line, _VCENTRE, f"{label}  \u2713" if right else label)
        painter.drawText(line, _RIGHT, f"{100 * found.probability:.0f} %")
        if found.similarity is not None:
            beside = line.adjusted(0, 0, _SHARE - _SIMILAR, 0)
            painter.drawText(beside, _RIGHT, _signed(found.similarity))
        self._paint_bar(painter, QRectF(_LEFT, top + 18, width, 4), found.probability)

    def _paint_bar(self, painter: QPainter, box: QRectF, share: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("line"))
        painter.drawRoundedRect(box, 2, 2)
        colour = self.theme.colour("accent")
        colour.setAlpha(255 if self.live else 90)
        painter.setBrush(colour)
        box.setWidth(box.width() * share)
        painter.drawRoundedRect(box, 2, 2)

    def _paint_truth(self, painter: QPainter, top: float) -> None:
        left = 14.0
        if self.true_image is not None:
            self._paint_tile(painter, QRectF(14, top, _TRUE, _TRUE), self.true_image)
            left = _LEFT
        self._font(painter, CAPTION_PX)
        painter.setPen(self.theme.colour("text" if self.true_image else "dim"))
        told = f"true image: {self.truth}"
        width = self.width() - left - 14
        painter.drawText(QRectF(left, top, width, 17), _VCENTRE, told)
        painter.setPen(self.theme.colour("dim"))
        by = f"by {self._shown.compared_by}" if self._shown.compared_by else ""
        # The rank has told it already.
        among = f"among {len(self.classes)}" if self.rank is None else ""
        told = painter.fontMetrics().elidedText(
            ", ".join(filter(None, (among, by))), Qt.TextElideMode.ElideRight, round(width)
        )
        painter.drawText(QRectF(left, top + 17, width, 17), _VCENTRE, told)

    def _paint_tile(self, painter: QPainter, box: QRectF, name: str) -> None:
        thumbnail = self._thumbnail(name, large=box.width() > _TRUE)
        if not thumbnail.isNull():
            painter.drawImage(box, thumbnail)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("line"))
        painter.drawRoundedRect(box, 4, 4)
        if box.width() > _TRUE:
            self._font(painter, CAPTION_PX)
            painter.setPen(self.theme.colour("dim"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "no picture")

    def _thumbnail(self, name: str, large: bool) -> QImage:
        """The middle square of an image's picture; null where there is none."""
        return self._read(self._shown.pictures.get(name), round(2 * (_BEST if large else _TRUE)))

    def _font(self, painter: QPainter, pixels: int, bold: bool = False) -> None:
        font = QFont(self.font())
        font.setPixelSize(pixels)
        font.setBold(bold)
        painter.setFont(font)


def _signed(similarity: float) -> str:
    return f"{similarity:.2f}".replace("-", "\u2212")


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
