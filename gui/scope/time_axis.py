"""The scope's axis of time, in seconds before the newest sample."""

from typing import Any

from PySide6.QtCore import QRectF

from gui.plots.axis import Axis

HEIGHT = 22
_OUTSIDE = 40.0
# Seconds from one mark to the next, by how many are shown.
_EVERY_S = {2.0: 0.5, 5.0: 1.0, 10.0: 2.0, 20.0: 5.0, 30.0: 5.0}


class TimeAxis(Axis):
    """Seconds before the newest sample; in a sweep, seconds from its left edge."""

    def __init__(self) -> None:
        super().__init__("bottom", write=_in_seconds)
        self.setStyle(tickTextOffset=1, tickLength=4, hideOverlappingLabels=False)

    def show_time(self, seconds: float) -> None:
        """Choose the marks for so many seconds."""
        every = _EVERY_S.get(seconds, seconds / 5)
        self.setTickSpacing(every, every)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        # It begins below the traces: a frame of these paints no axis. pyqtgraph drops texts that
        # leave it, before they are shifted.
        width, height = self.size().width(), self.size().height()
        return QRectF(-_OUTSIDE, 2, width + 2 * _OUTSIDE, height - 2)

    def generateDrawSpecs(self, painter: Any) -> Any:  # noqa: N802 - pyqtgraph's name
        specs = super().generateDrawSpecs(painter)
        if specs is None:
            return None
        axis, marks, texts = specs
        # The outermost have their text within the axis.
        width = self.size().width()
        inside = [
            (rect.translated(max(0, -rect.left()) - max(0, rect.right() - width), 0), flags, text)
            for rect, flags, text in texts
        ]
        return axis, marks, inside


def _in_seconds(value: float) -> str:
    return f"{value:.3g} s".replace("-", "\u2212")
