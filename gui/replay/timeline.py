"""An overview of the whole recording: markers, predictions, trials and playhead."""

from html import escape
from math import floor, log10

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent

from bci.signals import Recording
from gui.decisions.decision_rule import in_words
from gui.decisions.headline import is_decided
from gui.plots.axis import Axis
from gui.plots.plot import Plot, Table
from gui.plots.probability_bars import TextAxis
from gui.plots.tags import Tag, Tags
from gui.replay.predictions import Predictions
from gui.replay.timeline_data import TimelineData, decided, ribbon_picture, shares
from gui.replay.trials import ReplayTrial, describe, trial_at
from gui.theme import Theme
from gui.widgets.layouts import is_seen
from gui.widgets.units import clock

TIMELINE_HEIGHT, _LEGEND_PX = 168, 20
# Top and height of each lane, in units of the y axis; the strip of decisions is the lower edge of
# the ribbon of probabilities.
MARKERS, RIBBON, _STRIP, ASKED, _DECIDED = (0, 16), (20, 50), (71, 6), (80, 18), (101, 18)
_BOTTOM = 120.0
_LEFT_PX, _RIGHT_PX = 72, 44
_MIN_SPAN_S = 2.0
_NEAR_PX = 5.0
_MAX_CLASSES, _MAX_LEGEND, _MAX_NEAR = 7, 8, 8
_LABEL_PX = 90.0
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)


class _ClockAxis(Axis):
    """A time axis with clock times, at whole seconds and minutes."""

    def tickSpacing(  # noqa: N802 - pyqtgraph's name
        self, low: float, high: float, size: float
    ) -> list[tuple[float, float]]:
        least = (high - low) / max(1.0, size / _LABEL_PX)
        return [(next((step for step in _STEPS_S if step >= least), 86400.0), 0.0)]

    def tickStrings(  # noqa: N802 - pyqtgraph's name
        self, values: list[float], _scale: float, spacing: float
    ) -> list[str]:
        digits = max(0, -floor(log10(spacing)))
        return [clock(value, digits) for value in values]

    def text_of(self, value: float) -> str:
        return f"{value:.2f} s"


class Timeline(Plot):
    """The timeline of a recording, with mouse actions.

    A click or drag of the left button moves the playhead. The wheel zooms, and with Shift it moves
    the view, as the middle button does. A double click shows the whole recording. The shaded span
    is that of the traces.
    """

    sought = Signal(float)

    def __init__(self) -> None:
        lanes, axis = TextAxis("left", _LEFT_PX), _ClockAxis("bottom")
        super().__init__("Timeline", axis, lanes, grid=False, zoom=(True, False))
        self.data = TimelineData()
        self._colours: dict[str, QColor] = {}
        self.hint = "no recording is open"
        names = {"markers": MARKERS, "decoder": RIBBON, "asked": ASKED, "decided": _DECIDED}
        lanes.setTicks([[(top + height / 2, name) for name, (top, height) in names.items()]])
        self._half = TextAxis("right", _RIGHT_PX)
        self.plotItem.setAxisItems({"right": self._half})
        self.plotItem.showAxis("right")
        self.plotItem.layout.setContentsMargins(0, 0, 0, 0)
        self.invertY(True)
        self.shown = pg.LinearRegionItem((0, 0), movable=False)
        self._gaps, self._asked = _bars(0.0, _BOTTOM), _bars(*ASKED)
        self.markers = pg.ScatterPlotItem(symbol="|", size=MARKERS[1])
        self._ribbon, self._strip = (pg.ImageItem(axisOrder="row-major") for _ in range(2))
        self._middle = pg.PlotCurveItem()
        self.verdicts = pg.ScatterPlotItem(size=9)
        self.cursor = pg.InfiniteLine(0.0, angle=90)
        self.cursor.addMarker("v", 1.0, 9)
        for item in (
            self.shown, self._gaps, self.markers, self._ribbon, self._strip, self._middle,
            self._asked, self.verdicts, self.cursor,
        ):  # fmt: skip
            self.addItem(item, ignoreBounds=True)
        self._marker_names = Tags(self, (0.0, 0.5))
        self._names, self._no_predictions = Tags(self), Tags(self)
        self.setFixedHeight(TIMELINE_HEIGHT)
        self.setMinimumWidth(320)
        self.plotItem.vb.sigXRangeChanged.connect(self._draw_view)
        self.set_recording(None)

    @property
    def view(self) -> tuple[float, float]:
        """The start and the end of the shown span, in seconds of the recording."""
        low, high = self.plotItem.vb.viewRange()[0]
        return float(low), float(high)

    def set_recording(self, recording: Recording | None) -> None:
        """Show the whole of another recording, without trials and predictions."""
        self.data = TimelineData(recording)
        self.is_blank = recording is None
        duration = max(self.data.duration, 1e-3)
        self.setLimits(
            xMin=0.0, xMax=duration, maxXRange=duration, minXRange=min(_MIN_SPAN_S, duration)
        )
        self.set_home((0.0, duration), (0.0, _BOTTOM))
        self.reset()
        self.refresh()

    def set_trials(self, trials: tuple[ReplayTrial, ...]) -> None:
        """Show the trials of the recording, with their decisions if they have any."""
        self.data.trials = trials
        self.refresh()

    def set_predictions(self, predictions: Predictions | None, until: float) -> None:
        """Show predictions; ``predictions`` is None if no model has run.

        ``until`` is the time in seconds up to which the model has run.
        """
        is_new = predictions is None or self.data.predictions is None
        self.data.predictions, self.data.until = predictions, until
        if is_new:
            self.refresh()
        else:
            self._draw_view()

    def set_position(self, position: float, shown_s: float) -> None:
        """Move the playhead to ``position``, and the view if needed.

        ``shown_s`` is the length of the span before it that the traces show, in seconds.
        """
        self.cursor.setValue(position)
        self.shown.setRegion((max(0.0, position - shown_s), position))
        start, stop = self.view
        if not start <= position <= stop:
            # The next page keeps a tenth of the view before the playhead.
            self._move_to(position - 0.1 * (stop - start))

    def _move_to(self, start: float) -> None:
        low, high = self.view
        start = max(0.0, min(start, self.data.duration - (high - low)))
        self.setXRange(start, start + high - low, padding=0)

    def numbers(self) -> Table:
        """Return the predictions in view with decisions; the trials if no model has run."""
        low, high = self.view
        predictions = self.data.predictions
        if predictions is None:
            trials = [(t.onset, t.stop, t.label) for t in self.data.trials if low < t.stop < high]
            return Table(("onset (s)", "stop (s)", "asked"), trials)
        rows: list[list[object]] = []
        in_view = (predictions.times >= low) & (predictions.times <= high)
        for k in np.flatnonzero(in_view).tolist():
            decision = predictions.decisions[k]
            label = decision.label if decision is not None else None
            rows.append([predictions.times[k], *predictions.probabilities[k], label])
        return Table(("time (s)", *predictions.classes, "decided"), rows)

    def read(self, place: QPointF) -> str:
        """Return the markers near ``place``; below their lane, prediction and trial."""
        x, data = place.x(), self.data
        if data.recording is None:
            return ""
        if place.y() < RIBBON[0]:
            near = _NEAR_PX * self.plotItem.vb.viewPixelSize()[0]
            markers = [m for m in data.recording.markers if abs(m.time - x) < near][:_MAX_NEAR]
            return "\n".join(f"{marker.label} at {marker.time:.2f} s" for marker in markers)
        text = f"{x:.2f} s"
        if data.predictions is not None and x <= data.until:
            k = data.predictions.number_at(x)
            why = "no prediction, as filters settle, samples were lost or swings are large"
            text += f": {why if k is None else _describe(data.predictions, k)}"
        number = trial_at(data.trials, x)
        if number is not None:
            text += f"\ntrial {number + 1}: {describe(data.trials[number])}"
        return text

    def draw(self) -> None:
        """Draw all items again."""
        theme, data = self.theme, self.data
        self._colours = data.colours(theme)
        self.cursor.setPen(self.pen(theme.text, 1.5))
        self.shown.setBrush(theme.colour("text", 22))
        for line in self.shown.lines:
            line.setPen(None)
        self._gaps.setOpts(x0=data.gaps[:, 0], x1=data.gaps[:, 1], brush=theme.lost, pen=theme.lost)
        self._draw_markers(theme)
        self._draw_trials(theme)
        two = data.predictions is not None and len(data.classes) == 2
        # With two classes, the line at 50 % shows which one is likelier.
        middle = RIBBON[0] + RIBBON[1] / 2
        self._half.setTicks([[(middle, "50 %")] if two else []])
        self._half.setTextPen(theme.dim)
        self._middle.setData([0.0, data.duration] if two else [], [middle] * 2 if two else [])
        self._middle.setPen(self.pen(theme.panel, 1, style=Qt.PenStyle.DashLine))
        self._draw_view()

    def _colour_of(self, label: str) -> QColor:
        return self._colours.get(label, self.theme.colour("dim"))

    def _draw_markers(self, theme: Theme) -> None:
        markers = self.data.recording.markers if self.data.recording is not None else ()
        self.markers.setData(
            [marker.time for marker in markers],
            [MARKERS[0] + MARKERS[1] / 2] * len(markers),
            brush=[self._colour_of(marker.label) for marker in markers],
            pen=None,
        )
        counts, classes = self.data.counts, self.data.marker_classes
        parts = []
        for label in sorted(counts)[:_MAX_LEGEND]:
            name = classes.get(label, label)
            text = escape((label if name == label else f"{label} = {name}")[:28])
            parts.append(
                f"<span style='color: {self._colour_of(label).name()}'>\u25a0</span> "
                f"<span style='color: {theme.text}'>{text} \u00d7{counts[label]}</span>"
            )
        if len(counts) > _MAX_LEGEND:
            parts.append(f"and {len(counts) - _MAX_LEGEND} more")
        self.set_heading_html("&nbsp;&nbsp; ".join(parts) or "no markers")
        self.plotItem.layout.setRowFixedHeight(0, _LEGEND_PX)

    def _draw_trials(self, theme: Theme) -> None:
        trials = self.data.trials
        onsets, stops = (np.array([getattr(t, at) for t in trials]) for at in ("onset", "stop"))
        brushes = [self._colour_of(trial.label) for trial in trials]
        self._asked.setOpts(x0=onsets, x1=stops, brushes=brushes, pen=theme.panel)
        judged = [trial for trial in trials if trial.decision is not None]
        good, _, bad = theme.quality
        self.verdicts.setData(
            [trial.middle for trial in judged],
            [_DECIDED[0] + _DECIDED[1] / 2] * len(judged),
            symbol=["o" if trial.is_right else "x" for trial in judged],
            brush=[
                (good if trial.is_right else bad) if trial.is_sure else theme.dim
                for trial in judged
            ],
            pen=None,
        )

    def _draw_view(self) -> None:
        """Draw the items that depend on the span in view."""
        if self.data.recording is None or not is_seen(self):
            return
        start, stop = self.view
        width = max(1, round(self.plotItem.vb.width()))
        self._draw_predictions(start, stop, width)
        markers = [m for m in self.data.recording.markers if start <= m.time <= stop]
        if width < _LABEL_PX * len(markers):
            markers = []
        at = MARKERS[0] + MARKERS[1] / 2
        self._marker_names.show(
            [Tag(m.time, at, m.label[:14], self._colour_of(m.label)) for m in markers]
        )
        trials, at = self.data.trials, ASKED[0] + ASKED[1] / 2
        # Names are shown only if those of all trials fit.
        room = {name: self._names.width_of(name) for name in {trial.label for trial in trials}}
        second = width / (stop - start)
        if any(room[trial.label] > (trial.stop - trial.onset) * second for trial in trials):
            trials = ()
        ink = self.theme.colour("on_class")
        seen = [trial for trial in trials if start <= trial.middle <= stop]
        self._names.show([Tag(trial.middle, at, trial.label, ink) for trial in seen])

    def _draw_predictions(self, start: float, stop: float, width: int) -> None:
        predictions, data = self.data.predictions, self.data
        text = "no predictions yet: choose a model above and run it"
        at = Tag((start + stop) / 2, RIBBON[0] + RIBBON[1] / 2, text, self.theme.colour("dim"))
        self._no_predictions.show([at] if predictions is None else [])
        for picture in (self._ribbon, self._strip):
            picture.setVisible(predictions is not None)
        if predictions is None:
            return
        columns = shares(predictions, start, stop, width)
        n_known = round((data.until - start) / (stop - start) * width)
        self._ribbon.setImage(ribbon_picture(columns, self.theme, RIBBON[1], n_known))
        self._ribbon.setRect(QRectF(start, RIBBON[0], stop - start, RIBBON[1]))
        numbers = decided(predictions, start, stop, width)
        colours = [self._colour_of(name).getRgb() for name in predictions.classes]
        # The last colour, found by index -1 for no decision, is transparent.
        lookup = np.array([*colours, (0, 0, 0, 0)], dtype=np.uint8)
        self._strip.setImage(lookup[numbers][None])
        self._strip.setRect(QRectF(start, _STRIP[0], stop - start, _STRIP[1]))

    def _seek(self, event: QMouseEvent) -> bool:
        """Move the playhead if the left button is down; return whether it did."""
        is_left = bool(event.buttons() & Qt.MouseButton.LeftButton)
        if is_left and self.data.recording is not None:
            at = self.plotItem.vb.mapSceneToView(self.mapToScene(event.position().toPoint()))
            self.sought.emit(float(at.x()))
            return True
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if not self._seek(event):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self._seek(event):
            super().mouseMoveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        turned, shift = event.angleDelta(), Qt.KeyboardModifier.ShiftModifier
        sideways = turned.x() or (turned.y() if event.modifiers() & shift else 0)
        if not sideways:
            super().wheelEvent(event)
            return
        start, stop = self.view
        self._move_to(start - sideways / 120 * 0.1 * (stop - start))
        event.accept()


def _bars(top: float, height: float) -> pg.BarGraphItem:
    return pg.BarGraphItem(x0=[], x1=[], y=top + height / 2, height=height, pen=None)


def _describe(predictions: Predictions, k: int) -> str:
    """Return probabilities and decision in words; of many classes the likeliest only."""
    names, probabilities = predictions.classes, predictions.probabilities[k]
    shown = list(range(len(names)))
    if len(names) > _MAX_CLASSES:
        shown = sorted(shown, key=lambda i: -probabilities[i])[:_MAX_CLASSES]
    text = ", ".join(f"{names[i]} {100 * probabilities[i]:.0f} %" for i in shown)
    if len(names) > _MAX_CLASSES:
        text += f" and {len(names) - _MAX_CLASSES} less likely"
    decision = in_words(predictions.decisions[k])
    return f"{text}\n{'decided: ' if is_decided(decision) else ''}{decision}"
