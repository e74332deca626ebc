"""What the timeline draws, one lane above the other."""

from dataclasses import dataclass, field
from math import floor, log10

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPixmap

from bci.quality.channel_quality import State
from bci.types import Recording
from gui.electrodes.quality_marks import paint_mark
from gui.replay import timeline_data as ribbon
from gui.replay.predictions import Predictions
from gui.replay.trials import ReplayTrial
from gui.theme import CAPTION_PX, Theme

LEFT, RIGHT = 72.0, 44.0
_LEGEND, _MARKERS, _RIBBON = (4.0, 18.0), (26.0, 16.0), (46.0, 50.0)
# Along the lower edge of the ribbon.
_STRIP = (97.0, 6.0)
_CUES, _VERDICTS, _AXIS = (105.0, 18.0), (126.0, 18.0), (147.0, 30.0)
_MOST_IN_LEGEND = 8
_LABEL_ROOM = 90.0
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Place:
    """Which time is where: ``start`` at the x of ``left``, ``stop`` at ``right``."""

    start: float
    stop: float
    left: float
    right: float

    def x(self, time: float) -> float:
        share = (time - self.start) / (self.stop - self.start)
        return self.left + share * (self.right - self.left)

    def time(self, x: float) -> float:
        share = (x - self.left) / max(1.0, self.right - self.left)
        return self.start + share * (self.stop - self.start)


@dataclass
class Lanes:
    """Markers, predictions with decisions below them, cues, what was right, and the time."""

    recording: Recording | None = None
    steps: tuple[ReplayTrial, ...] = ()
    predictions: Predictions | None = None
    hop_s: float = 0.1
    until: float = 0.0
    labels: tuple[str, ...] = field(init=False)
    counts: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = {}
        for marker in self.recording.markers if self.recording else ():
            self.counts[marker.label] = self.counts.get(marker.label, 0) + 1
        self.labels = tuple(sorted(self.counts))

    @property
    def duration(self) -> float:
        return float(self.recording.timestamps[-1]) if self.recording else 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Where the cursor is drawn, from top to bottom."""
        return _MARKERS[0], _AXIS[0]

    def is_marker(self, y: float) -> bool:
        """Whether a height is that of the markers."""
        return y < _RIBBON[0]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of their colours."""
        if self.predictions is not None:
            return self.predictions.classes
        return tuple(sorted({step.label for step in self.steps}))

    def colour(self, theme: Theme, label: str) -> QColor:
        """Of a class, or of a marker; what is asked of nobody is dim.

        Of more classes than there are colours all have the same: neighbours would look alike.
        """
        classes = self.classes
        if label not in classes:
            return theme.colour("dim")
        if len(classes) > len(theme.classes):
            return theme.colour("accent")
        return theme.class_colour(classes.index(label))

    def paint(self, picture: QPixmap, theme: Theme, base: QFont, place: Place, size: QSize) -> None:
        painter = QPainter(picture)
        font = QFont(base)
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        if self.recording is None:
            painter.setPen(theme.colour("dim"))
            box = QRectF(0, 0, size.width(), size.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "no recording is open")
            painter.end()
            return
        for name, (top, height) in (
            ("markers", _MARKERS), ("decoder", _RIBBON), ("asked", _CUES),
            ("decided", _VERDICTS),
        ):  # fmt: skip
            painter.setPen(theme.colour("dim"))
            box = QRectF(4, top, LEFT - 12, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | _MIDDLE, name)
        self._paint_legend(painter, theme)
        painter.setClipRect(QRectF(place.left, 0, place.right - place.left + 1, size.height()))
        self._paint_lost(painter, theme, place, self.recording)
        self._paint_markers(painter, theme, place, self.recording)
        self._paint_ribbon(painter, theme, place)
        self._paint_steps(painter, theme, place)
        painter.setClipping(False)
        if self.predictions is not None and len(self.classes) == 2:
            painter.setPen(theme.colour("dim"))
            beside = QRectF(place.right + 5, _RIBBON[0], RIGHT - 5, _RIBBON[1])
            painter.drawText(beside, _MIDDLE, "50 %")
        _paint_axis(painter, theme, place)
        painter.end()

    def _paint_legend(self, painter: QPainter, theme: Theme) -> None:
        asked = self._classes_of_markers()
        top, height = _LEGEND
        x = LEFT
        for label in self.labels[:_MOST_IN_LEGEND]:
            name = asked.get(label, label)
            shown = label if name == label else f"{label} = {name}"
            text = f"{shown[:28]} \u00d7{self.counts[label]}"
            painter.fillRect(QRectF(x, top + 3, 8, 8), self.colour(theme, name))
            painter.setPen(theme.colour("text"))
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(QRectF(x + 12, top, width + 4, height), _MIDDLE, text)
            x += width + 30
        rest = len(self.labels) - _MOST_IN_LEGEND
        text = f"and {rest} more" if rest > 0 else "" if self.labels else "no markers"
        painter.setPen(theme.colour("dim"))
        painter.drawText(QRectF(x, top, 200, height), _MIDDLE, text)

    def _classes_of_markers(self) -> dict[str, str]:
        """Which class a marker's label asks for, by the trials that begin with it."""
        assert self.recording is not None
        onsets = {step.onset: step.label for step in self.steps}
        return {m.label: onsets[m.time] for m in self.recording.markers if m.time in onsets}

    def _paint_lost(
        self, painter: QPainter, theme: Theme, place: Place, recording: Recording
    ) -> None:
        for k in np.flatnonzero(np.diff(recording.indices) != 1):
            x, end = (place.x(float(t)) for t in recording.timestamps[k : k + 2])
            box = QRectF(x, _MARKERS[0], max(1.0, end - x), _VERDICTS[0] + 16 - _MARKERS[0])
            painter.fillRect(box, theme.colour("lost"))

    def _paint_markers(
        self, painter: QPainter, theme: Theme, place: Place, recording: Recording
    ) -> None:
        asked = self._classes_of_markers()
        top, height = _MARKERS
        drawn: set[tuple[int, str]] = set()
        shown = [m for m in recording.markers if place.start <= m.time <= place.stop]
        room = (place.right - place.left) / max(1, len(shown))
        for marker in shown:
            x = place.x(marker.time)
            if (round(x), marker.label) in drawn:
                continue
            drawn.add((round(x), marker.label))
            colour = self.colour(theme, asked.get(marker.label, marker.label))
            painter.setPen(QPen(colour, 2.0))
            painter.drawLine(QLineF(x, top, x, top + height))
            if room > _LABEL_ROOM:
                painter.drawText(QRectF(x + 4, top, room, height), _MIDDLE, marker.label[:14])

    def _paint_ribbon(self, painter: QPainter, theme: Theme, place: Place) -> None:
        top, height = _RIBBON
        if self.predictions is None:
            painter.setPen(QPen(theme.colour("line"), 1.0))
            painter.drawRect(QRectF(place.left, top, place.right - place.left, height))
            painter.setPen(theme.colour("dim"))
            box = QRectF(place.left, top, place.right - place.left, height)
            text = "no predictions yet: choose a model above and run it"
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            return
        width = max(1, round(place.right - place.left))
        shares = ribbon.shares(self.predictions, self.hop_s, place.start, place.stop, width)
        n_classes = shares.shape[1]
        if n_classes > len(theme.classes):
            _paint_likeliest(painter, theme, place.left, shares)
        else:
            _paint_stacked(painter, theme, place.left, shares)
        self._paint_strip(painter, theme, place, width)
        hatch = QBrush(theme.colour("dim"), Qt.BrushStyle.BDiagPattern)
        for start, stop in ribbon.rejected(self.predictions, self.hop_s, self.until):
            box = QRectF(place.x(start), top, place.x(stop) - place.x(start), height)
            painter.fillRect(box, hatch)
        if n_classes == 2:
            # Above it the one class is likelier, below it the other.
            painter.setPen(QPen(theme.colour("panel"), 1.0, Qt.PenStyle.DashLine))
            middle = top + height / 2
            painter.drawLine(QLineF(place.left, middle, place.right, middle))

    def _paint_strip(self, painter: QPainter, theme: Theme, place: Place, width: int) -> None:
        """Draw the decision at each time in the colour of its class; a gap where there is none."""
        assert self.predictions is not None
        top, height = _STRIP
        box = QRectF(place.left, top - 1, place.right - place.left, height + 1)
        painter.fillRect(box, theme.colour("panel"))
        numbers = ribbon.decided(self.predictions, self.hop_s, place.start, place.stop, width)
        colours = [self.colour(theme, name) for name in self.predictions.classes]
        for column in np.flatnonzero(numbers >= 0):
            left = place.left + float(column)
            painter.fillRect(QRectF(left, top, 1.0, height), colours[numbers[column]])

    def _paint_steps(self, painter: QPainter, theme: Theme, place: Place) -> None:
        top, height = _CUES
        named = self._is_room_for_names(painter, place)
        for step in self.steps:
            left, right = place.x(step.onset), place.x(step.stop)
            if right < place.left or left > place.right:
                continue
            box = QRectF(left, top, max(1.0, right - left - 1), height)
            painter.fillRect(box, self.colour(theme, step.label))
            if named:
                painter.setPen(theme.colour("on_class"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, step.label)
            if step.decision is None:
                continue
            state = State.GOOD if step.is_right else State.BAD
            radius = max(2.0, min(4.5, box.width() / 3))
            middle = QPointF(box.center().x(), _VERDICTS[0] + _VERDICTS[1] / 2)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_mark(painter, theme, state, middle, radius)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _is_room_for_names(self, painter: QPainter, place: Place) -> bool:
        """Whether every class can be written into its trials: all are, or none."""
        per_second = (place.right - place.left) / (place.stop - place.start)
        wide = {s.label: painter.fontMetrics().horizontalAdvance(s.label) for s in self.steps}
        return all(wide[s.label] < (s.stop - s.onset) * per_second - 1 for s in self.steps)


def _paint_stacked(
    painter: QPainter, theme: Theme, left: float, shares: NDArray[np.float64]
) -> None:
    top, height = _RIBBON
    tops = top + height * np.cumsum(np.nan_to_num(shares), axis=1)
    colours = [theme.class_colour(k) for k in range(shares.shape[1])]
    for column in np.flatnonzero(~np.isnan(shares[:, 0])):
        x, at = left + float(column), top
        for colour, below in zip(colours, tops[column].tolist(), strict=True):
            painter.fillRect(QRectF(x, at, 1.0, below - at), colour)
            at = below


def _paint_likeliest(
    painter: QPainter, theme: Theme, left: float, shares: NDArray[np.float64]
) -> None:
    """Of more classes than there are colours: the likeliest alone, as high as it is likely."""
    top, height = _RIBBON
    for column in np.flatnonzero(~np.isnan(shares[:, 0])):
        high = height * float(shares[column].max())
        box = QRectF(left + float(column), top + height - high, 1.0, high)
        painter.fillRect(box, theme.colour("accent"))


def clock(seconds: float, digits: int = 0) -> str:
    """``1:02``, ``1:00:02``; with ``digits`` after the point."""
    whole = round(seconds * 10**digits)
    minutes, rest = divmod(whole, 60 * 10**digits)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 10**digits:0{3 + digits if digits else 2}.{digits}f}"
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}"


def _paint_axis(painter: QPainter, theme: Theme, place: Place) -> None:
    top, _ = _AXIS
    step = _tick((place.stop - place.start) / max(1.0, (place.right - place.left) / 90))
    painter.setPen(QPen(theme.colour("line"), 1.0))
    painter.drawLine(QLineF(place.left, top, place.right, top))
    digits = max(0, -floor(log10(step)))
    k = int(np.ceil(place.start / step - 1e-9))
    while (time := k * step) <= place.stop:
        x = place.x(time)
        painter.setPen(QPen(theme.colour("dim"), 1.0))
        painter.drawLine(QLineF(x, top, x, top + 4))
        box = QRectF(x - 40, top + 5, 80, 18)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, clock(time, digits))
        k += 1


def _tick(least: float) -> float:
    """A step of time, of at least so many seconds, that reads well."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
    return next((step for step in steps if step >= least), 86400.0)
