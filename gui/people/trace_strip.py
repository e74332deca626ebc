"""Small traces of a few channels over 4 s, to see that the signal is plausible."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from bci.pipeline.ring import RingBuffer
from bci.quality.channel_quality import State
from bci.signals import StreamInfo
from gui.scope.min_max import extremes, lost_columns
from gui.scope.rasterise import paint_columns
from gui.widgets.themed import Themed

SECONDS = 4.0
_MOST, _HEIGHT = 5, 104
# Height of a row in standard deviations of the median channel.
_DEVIATIONS = 5.0
_THICKNESS = 1.1
_SIGNALS = ("eeg", "ecog", "seeg", "mag", "grad", "unknown")


class TraceStrip(Themed, QWidget):
    """Traces of up to five channels, evenly chosen among the brain's, one row each.

    Each channel is centred on its mean over the strip. All have the same gain, which comes from
    the median of their standard deviations.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Signal")
        self.clear()

    def clear(self) -> None:
        """Remove the stream and its traces."""
        self._ring: RingBuffer | None = None
        self.channels: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.setToolTip("")
        self.update()

    def set_stream(self, info: StreamInfo, ring: RingBuffer) -> None:
        """Show the stream ``info``, whose samples are in ``ring``, from now on."""
        kinds = [k for k, each in enumerate(info.channels) if each.kind in _SIGNALS]
        among = np.array(kinds or range(info.n_channels), dtype=np.int64)
        few = np.linspace(0, len(among) - 1, min(_MOST, len(among))).round().astype(int)
        self.channels, self._ring = among[few], ring
        self._n_samples = max(2, round(SECONDS * (info.sfreq or 100.0)))
        names = ", ".join(info.ch_names[k][:40] for k in self.channels)
        self.setToolTip(f"The last {SECONDS:g} s of {names}")
        self.update()

    def apply_theme(self) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        ring = self._ring
        if ring is None or ring.end - ring.oldest < 2:
            painter.fillRect(self.rect(), self.theme.colour("panel"))
            return
        ratio = self.devicePixelRatioF()
        shape = round(self.height() * ratio), round(self.width() * ratio)
        pixels = np.full(shape, self.theme.colour("panel").rgb(), dtype=np.uint32)
        self._paint(ring, pixels, ratio)
        image = QImage(pixels.data, shape[1], shape[0], 4 * shape[1], QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        painter.drawImage(0, 0, image)

    def _paint(self, ring: RingBuffer, pixels: NDArray[np.uint32], ratio: float) -> None:
        height, width = pixels.shape
        per_column = self._n_samples / width
        stop = int((ring.end - 1) // per_column)
        low, high, first = extremes(ring, stop - width, stop, per_column, self.channels)
        if not len(low):
            return
        data, _ = ring.view(max(ring.oldest, ring.end - self._n_samples), ring.end)
        shown = data[:, self.channels]
        known = np.isfinite(shown)
        counts = np.maximum(known.sum(axis=0), 1)
        centres = np.where(known, shown, 0).sum(axis=0) / counts
        away = np.where(known, shown - centres, 0)
        deviation = float(np.median(np.sqrt((away**2).sum(axis=0) / counts)))
        row = height / len(self.channels)
        scale = row / (_DEVIATIONS * deviation) if deviation > 0 else 0.0
        n = len(self.channels)
        low -= centres.astype(np.float32)
        high -= centres.astype(np.float32)
        colours = [self.theme.colour(name) for name in ("panel", "lost", "trace")]
        paint_columns(
            pixels, width - len(low), low, high, lost_columns(ring, first, len(low), per_column),
            np.full(n, scale), _THICKNESS * ratio, np.ones(n, dtype=np.float32),
            np.zeros(n, dtype=np.uint8),
            np.array([(c.red(), c.green(), c.blue()) for c in colours], dtype=np.float32),
        )  # fmt: skip


def worst(states: list[State]) -> State:
    """Return the state of a signal from the states of its channels.

    It is bad if at least half of the judged channels are bad, good if all are good, else doubtful.
    It is not judged if no channel is.
    """
    judged = [state for state in states if state != State.NOT_JUDGED]
    if not judged:
        return State.NOT_JUDGED
    if 2 * judged.count(State.BAD) >= len(judged):
        return State.BAD
    return State.GOOD if all(state == State.GOOD for state in judged) else State.DOUBTFUL
