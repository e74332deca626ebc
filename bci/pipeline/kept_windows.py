"""Keep all windows of a recording, sharing one copy of the signal."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from bci.pipeline.pipeline import Pipeline, Window
from bci.signals import Chunk, FloatArray


class _Stretch:
    """A stretch of filtered signal without a gap, and the windows in it."""

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.windows: list[Window] = []
        self._parts: list[FloatArray] = []

    def add(self, window: Window) -> None:
        """Add a window, and those of its samples that are new."""
        self._parts.append(window.data.T[max(0, self.end - window.start) :].copy())
        self.end = max(self.end, window.end)
        self.windows.append(window)

    def kept(self) -> list[Window]:
        """Return the windows as views into one array."""
        signal = np.concatenate(self._parts)
        return [
            replace(each, data=signal[each.start - self.start : each.end - self.start].T)
            for each in self.windows
        ]


def keep_windows(pipeline: Pipeline, chunks: Iterable[Chunk]) -> list[Window]:
    """Stream chunks through a pipeline once, and keep each usable window.

    Overlapping windows share one copy of the filtered signal: 64 channels at 250 Hz take 77 MB for
    20 min. That is never more than the recording itself takes.

    Parameters
    ----------
    pipeline : Pipeline
        New pipeline; a decoder is not needed.
    chunks : iterable of Chunk
        Chunks of one stream.

    Returns
    -------
    windows : list of Window
        Windows in order of time. Their ``data`` are views with the layout of `Pipeline.windows`,
        and stay valid.
    """
    stretches: list[_Stretch] = []
    for chunk in chunks:
        for window in pipeline.windows(chunk):
            last = stretches[-1] if stretches else None
            if last is None or not last.start <= window.start <= last.end:
                last = _Stretch(window.start)
                stretches.append(last)
            last.add(window)
    return [window for stretch in stretches for window in stretch.kept()]
