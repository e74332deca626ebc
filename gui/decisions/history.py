"""What the decoder said in the last half minute, above what was asked for."""

from collections import deque

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.decisions import DecisionEvent
from bci.lsl.engine_streams import ReceivedPrediction
from gui.decisions.decision_rule import DecisionRule
from gui.decisions.rejections import EXPLAINED
from gui.scope.overlay import paint_tag
from gui.theme import CAPTION_PX, DARK, Theme
from gui.widgets.empty_state import HINT_HEIGHT, HISTORY_HEIGHT, NO_ENGINE, paint_hint
from gui.widgets.pieces import is_seen, tip

_SPAN_S = 30.0
_STALE_S = 1.5
# A hole that began before the span shows within it.
_KEPT_S = 30.0
_LEFT, _NAMES = 52.0, 88.0
_NAME = 17.0
# It moves by a pixel or two meanwhile.
_FRAME_S = 0.08


class HistoryView(QWidget):
    """Probabilities of the last half minute as lines, with the true cue as a band under them.

    Each line has its class's name at its end; hatched is where windows gave no prediction, with
    the reason where it is known. Where a line is above the dotted one, its class was decided.
    Where decisions are taken over more than a window, a triangle on top is one, in place of a line.
    """

    def __init__(self, threshold: float = 0.7, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.hint = NO_ENGINE
        self.rule = DecisionRule(threshold)
        self._decisions: deque[DecisionEvent] = deque(maxlen=500)
        self.classes: tuple[str, ...] = ()
        self.now = self._painted = 0.0
        # When each prediction was taken, and its shares, (n_predictions, n_classes).
        self._times = np.zeros(0)
        self._shares = np.zeros((0, 0))
        self._cues: deque[tuple[float, str | None]] = deque(maxlen=500)
        self._rejected: deque[tuple[float, str]] = deque(maxlen=500)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            tip(
                "Above the dotted line a class is decided. Without one, a triangle marks a "
                f"decision of the engine, in the colour of its class.\n\n{EXPLAINED}"
            )
        )
        self.set_engine(False)

    def set_engine(self, alive: bool) -> None:
        """Whether an engine runs; without one a line says so, and takes no more room."""
        self.has_engine = alive
        self.setFixedHeight(HISTORY_HEIGHT if alive else HINT_HEIGHT)
        self.update()

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """What an engine that was found decides between."""
        self.classes = classes
        self._times, self._shares = np.zeros(0), np.zeros((0, len(classes)))
        self._rejected.clear()
        self._decisions.clear()
        self.set_engine(True)

    def add(self, predictions: list[ReceivedPrediction]) -> None:
        sound = [p for p in predictions if len(p.probabilities) == len(self.classes)]
        if not sound:
            return
        times = np.concatenate([self._times, [p.taken for p in sound]])
        shares = np.concatenate([self._shares, [p.probabilities for p in sound]])
        kept = times > times[-1] - _SPAN_S - _KEPT_S
        self._times, self._shares = times[kept], shares[kept]

    def add_cue(self, time: float, cue: str | None) -> None:
        """From ``time`` on (LSL clock) the subject was asked for ``cue``; None ends it."""
        self._cues.append((time, cue))

    def add_decisions(self, decisions: list[DecisionEvent]) -> None:
        """What the engine decided, at its times on the LSL clock."""
        self._decisions += decisions

    def show_rejected(self, now: float, why: str) -> None:
        """Windows gave no prediction; told at ``now``, LSL clock."""
        self._rejected.append((now, why))

    def cues_shown(self) -> list[str]:
        """The cues within the span, oldest first."""
        return [cue for _, _, cue in self._spans()]

    def advance(self, now: float) -> None:
        """Move the right edge to ``now``, LSL clock; painted as often as one sees it move."""
        self.now = now
        if abs(now - self._painted) >= _FRAME_S and self.has_engine and is_seen(self):
            self._painted = now
            self.update()

    def _x(self, time: float) -> float:
        return self._right - (self.now - time) / _SPAN_S * (self._right - _LEFT)

    @property
    def _right(self) -> float:
        return self.width() - _NAMES

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.theme.colour("panel"))
        if not self.has_engine:
            paint_hint(painter, self.theme, QRectF(self.rect()), self.hint)
            return
        top, bottom = 12.0, self.height() - 48.0
        font = QFont(self.font())
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        self._paint_scale(painter, top, bottom)
        self._paint_names(painter, top, bottom)
        painter.setClipRect(QRectF(_LEFT, 0, self._right - _LEFT, self.height()))
        self._paint_holes(painter, top, bottom)
        self._paint_lines(painter, top, bottom)
        if self.rule.evidence_s:
            self._paint_decisions(painter, top)
        self._paint_cues(painter, bottom + 8)
        painter.setClipping(False)
        painter.setPen(self.theme.colour("dim"))
        for ago in (0, 10, 20, 30):
            box = QRectF(self._x(self.now - ago) - 30, self.height() - 20, 60, 17)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, "now" if ago == 0 else f"-{ago} s")

    def _paint_names(self, painter: QPainter, top: float, bottom: float) -> None:
        """Each class's name where its line ends, the likeliest where there is no room for all.

        What the dotted line is stands among them, in its place.
        """
        ends = [self._decided_end]
        if len(self._shares):
            shares = self._shares[-1]
            most = int((bottom - top) // _NAME)
            likeliest = sorted(range(len(self.classes)), key=lambda k: -shares[k])[:most]
            ends += [(shares[k], self.classes[k], self.theme.class_colour(k)) for k in likeliest]
        ends.sort(key=lambda end: -end[0])
        y = top - _NAME
        for k, (share, name, colour) in enumerate(ends):
            below = (len(ends) - 1 - k) * _NAME
            y = max(bottom - float(share) * (bottom - top), y + _NAME)
            y = min(y, bottom - below)
            painter.setPen(colour)
            written = painter.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, round(_NAMES - 8)
            )
            box = QRectF(self._right + 7, y - 9, _NAMES - 7, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, written)

    @property
    def _decided_end(self) -> tuple[float, str, QColor]:
        """How high what is decided is, and how it is drawn."""
        if self.rule.evidence_s:
            return 1.0, "\u25be decided", self.theme.colour("dim")
        return self.rule.threshold, "\u00b7\u00b7\u00b7 decided", self.theme.colour("dim")

    def _paint_scale(self, painter: QPainter, top: float, bottom: float) -> None:
        """From 0 to 100 %, with the threshold of a decision as a dotted line."""
        high = bottom - top
        dim, align = self.theme.colour("dim"), Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | align
        # No number where that of the threshold is.
        marked = () if self.rule.evidence_s else (self.rule.threshold,)
        usual = [s for s in (0.0, 0.5, 1.0) if all(abs(s - m) * high > _NAME for m in marked)]
        for share in (*usual, *marked):
            y = bottom - share * high
            dotted = share in marked
            line = QPen(dim, 1.0, Qt.PenStyle.DotLine) if dotted else self.theme.colour("line")
            painter.setPen(line)
            painter.drawLine(QPointF(_LEFT, y), QPointF(self._right, y))
            painter.setPen(dim)
            painter.drawText(QRectF(0, y - 9, _LEFT - 6, 18), right, f"{100 * share:.0f} %")
        painter.drawText(QRectF(0, bottom + 8, _LEFT - 6, 18), right, "cue")

    def _holes(self) -> list[tuple[float, float]]:
        """From when to when no window gave a prediction."""
        times = np.append(self._times, self.now)
        before = np.flatnonzero(np.diff(times) > _STALE_S)
        return list(zip(times[before].tolist(), times[before + 1].tolist(), strict=True))

    def _paint_holes(self, painter: QPainter, top: float, bottom: float) -> None:
        hatch = QBrush(self.theme.colour("line"), Qt.BrushStyle.BDiagPattern)
        for start, stop in self._holes():
            box = QRectF(self._x(start), top, self._x(stop) - self._x(start), bottom - top)
            painter.fillRect(box, hatch)
            # A status tells of what was up to half a second before.
            why = {why for time, why in self._rejected if start < time < stop + 0.6}
            said = ", ".join(sorted(why)) or "no prediction"
            if painter.fontMetrics().horizontalAdvance(said) + 8 < box.width():
                paint_tag(painter, self.theme, QPointF(box.left() + 4, top + 2), said)

    def _paint_lines(self, painter: QPainter, top: float, bottom: float) -> None:
        shown = self._times > self.now - _SPAN_S - 1
        times, shares = self._times[shown], self._shares[shown]
        if not len(times):
            return
        per_s = (self._right - _LEFT) / _SPAN_S
        # Lowest and highest of each pixel; by its time, or the line would flicker as it moves.
        first = np.flatnonzero(np.diff(np.floor(times * per_s), prepend=-np.inf))
        both = [extreme.reduceat(shares, first) for extreme in (np.minimum, np.maximum)]
        y = bottom - np.stack(both, axis=1) * (bottom - top)  # (n_pixels, 2, n_classes)
        x = self._right - (self.now - times[first]) * per_s
        # A hole in the predictions stays a hole.
        holes = np.flatnonzero(np.diff(times[first]) > _STALE_S) + 1
        for k in range(len(self.classes)):
            painter.setPen(QPen(self.theme.class_colour(k), 2.0))
            for part_x, part_y in zip(np.split(x, holes), np.split(y[:, :, k], holes), strict=True):
                points = map(QPointF, np.repeat(part_x, 2).tolist(), part_y.ravel().tolist())
                painter.drawPolyline(QPolygonF(list(points)))

    def _paint_decisions(self, painter: QPainter, top: float) -> None:
        for decision in self._decisions:
            if decision.label is not None and decision.label in self.classes:
                x = self._x(decision.time)
                corners = QPointF(x - 6, top - 10), QPointF(x + 6, top - 10), QPointF(x, top)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.theme.class_colour(self.classes.index(decision.label)))
                painter.drawPolygon(QPolygonF(corners))

    def _paint_cues(self, painter: QPainter, top: float) -> None:
        for start, stop, cue in self._spans():
            box = QRectF(self._x(start), top, self._x(stop) - self._x(start), 18)
            if cue in self.classes:
                painter.fillRect(box, self.theme.class_colour(self.classes.index(cue)))
            else:
                painter.fillRect(box, self.theme.colour("dim"))
            # Of a cue that began before the span the name is in what is seen of it.
            box.setLeft(max(box.left(), _LEFT))
            if painter.fontMetrics().horizontalAdvance(cue) < box.width():
                painter.setPen(self.theme.colour("on_class"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cue)

    def _spans(self) -> list[tuple[float, float, str]]:
        ends = [*(time for time, _ in list(self._cues)[1:]), self.now]
        return [
            (start, stop, cue)
            for (start, cue), stop in zip(self._cues, ends, strict=False)
            if cue is not None and stop > self.now - _SPAN_S
        ]
