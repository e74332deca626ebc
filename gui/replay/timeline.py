"""The whole recording at a glance: markers, predictions, cues, and the cursor to seek with."""

from PySide6.QtCore import QEvent, QLineF, QPointF, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bci.types import Recording
from gui.decisions.decision_rule import in_words
from gui.decisions.headline import is_decided
from gui.replay import timeline_data as ribbon
from gui.replay.lanes import LEFT, RIGHT, Lanes, Place
from gui.replay.predictions import Predictions
from gui.replay.trials import ReplayTrial, describe, step_at
from gui.theme import DARK, Theme
from gui.widgets.pieces import tip

TIMELINE_HEIGHT = 170
_LEAST_SPAN_S = 2.0
_ZOOM = 1.25
_NEAR = 5.0
_MOST_TOLD = 7


class Timeline(QWidget):
    """Click or drag to seek; the wheel zooms, with Shift it moves; a double click shows all."""

    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = DARK
        self.lanes = Lanes()
        self.position = 0.0
        self.view = (0.0, 1.0)
        self._picture: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(TIMELINE_HEIGHT)
        self.setMinimumWidth(320)
        self.setAccessibleName("Timeline")

    def set_recording(self, recording: Recording, steps: tuple[ReplayTrial, ...]) -> None:
        """Show another recording, whole, without predictions."""
        self.lanes = Lanes(recording, steps)
        self.show_all()

    def set_steps(self, steps: tuple[ReplayTrial, ...]) -> None:
        """Other trials of the recording, or what was decided of them."""
        self.lanes.steps = steps
        self._redraw()

    def set_predictions(self, predictions: Predictions | None, hop_s: float, until: float) -> None:
        """What a model predicted, as far as ``until`` seconds; None if none has run."""
        self.lanes.predictions, self.lanes.hop_s, self.lanes.until = predictions, hop_s, until
        self._redraw()

    def set_position(self, position: float, follow: bool) -> None:
        """Move the cursor; with ``follow`` the view goes with it."""
        self.position = position
        start, stop = self.view
        if follow and not start <= position <= stop:
            # A page on, with a little of what was before.
            self._show(position - 0.1 * (stop - start), stop - start)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._redraw()

    def show_all(self) -> None:
        self.view = (0.0, max(self.lanes.duration, 1e-3))
        self._redraw()

    def zoom(self, notches: float, around: float) -> None:
        """Show less time (notches above 0) or more, with the time ``around`` where it is."""
        start, stop = self.view
        span = max(min(_LEAST_SPAN_S, self.lanes.duration), (stop - start) * _ZOOM**-notches)
        share = (around - start) / (stop - start)
        self._show(around - share * span, span)

    def text_at(self, point: QPointF) -> str:
        """What is to be said of a point; empty where nothing is."""
        place, lanes = self._place(), self.lanes
        if lanes.recording is None:
            return ""
        time = place.time(point.x())
        if lanes.is_marker(point.y()):
            near = [m for m in lanes.recording.markers if abs(place.x(m.time) - point.x()) < _NEAR]
            return "\n".join(f"{marker.label} at {marker.time:.2f} s" for marker in near[:8])
        step = step_at(lanes.steps, time)
        said = f"{time:.2f} s"
        if lanes.predictions is not None and time <= lanes.until:
            held = ribbon.place(lanes.predictions, lanes.hop_s, time)
            if held is None:
                said += ": no prediction, as filters settle, samples were lost or swings are large"
            else:
                said += f": {_told(lanes.predictions, held)}"
        if step is not None:
            said += f"\ntrial {step + 1}: {describe(lanes.steps[step])}"
        return said

    def _place(self) -> Place:
        return Place(*self.view, LEFT, self.width() - RIGHT)

    def _show(self, start: float, span: float) -> None:
        duration = max(self.lanes.duration, 1e-3)
        span = min(span, duration)
        start = max(0.0, min(start, duration - span))
        self.view = (start, start + span)
        self._redraw()

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def _seek(self, event: QMouseEvent) -> None:
        if self.lanes.recording is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self._place().time(event.position().x()))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        if self._picture is None:
            ratio = self.devicePixelRatioF()
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(self.theme.colour("panel"))
            self.lanes.paint(self._picture, self.theme, self.font(), self._place(), self.size())
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        x = self._place().x(self.position)
        if self.lanes.recording is None or not LEFT <= x <= self.width() - RIGHT + 1:
            return
        top, bottom = self.lanes.span
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.colour("text"), 1.5))
        painter.drawLine(QLineF(x, top, x, bottom))
        painter.setBrush(self.theme.colour("text"))
        painter.setPen(Qt.PenStyle.NoPen)
        grip = [QPointF(x - 5, top - 4), QPointF(x + 5, top - 4), QPointF(x, top + 4)]
        painter.drawPolygon(QPolygonF(grip))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), tip(self.text_at(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._seek(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        turned = event.angleDelta()
        sideways = turned.x() or (
            turned.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0
        )
        start, stop = self.view
        if sideways:
            self._show(start - sideways / 120 * 0.1 * (stop - start), stop - start)
        else:
            self.zoom(turned.y() / 120, self._place().time(event.position().x()))
        event.accept()

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802
        self._redraw()


def _told(predictions: Predictions, k: int) -> str:
    """Write the decision below the probabilities; of many classes only the likeliest."""
    names, shares = predictions.classes, predictions.probabilities[k]
    shown = list(range(len(names)))
    if len(names) > _MOST_TOLD:
        shown = sorted(shown, key=lambda i: -shares[i])[:_MOST_TOLD]
    told = ", ".join(f"{names[i]} {100 * shares[i]:.0f} %" for i in shown)
    left = len(names) - _MOST_TOLD
    told = f"{told} and {left} less likely" if left > 0 else told
    decision = in_words(predictions.decisions[k])
    return f"{told}\n{'decided: ' if is_decided(decision) else ''}{decision}"
