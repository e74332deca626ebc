"""Windows of a recording whose signal is kept, so that many steps can read them."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from bci.pipeline.pipeline import Pipeline, Window
from bci.signals import Chunk, FloatArray


class _Stretch:
    """Filtered signal without a gap that some windows lie in, one behind the other."""

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.windows: list[Window] = []
        self._parts: list[FloatArray] = []

    def add(self, window: Window) -> None:
        """Take in a window, and of its samples those that are new."""
        self._parts.append(window.data.T[max(0, self.end - window.start) :].copy())
        self.end = max(self.end, window.end)
        self.windows.append(window)

    def kept(self) -> list[Window]:
        """The windows as views into one array."""
        signal = np.concatenate(self._parts)
        return [
            replace(each, data=signal[each.start - self.start : each.end - self.start].T)
            for each in self.windows
        ]


def keep_windows(pipeline: Pipeline, chunks: Iterable[Chunk]) -> list[Window]:
    """Stream chunks through a pipeline once, and keep each sound window.

    The windows overlap, so that what they hold is the filtered signal once: 64 channels at 250 Hz
    take 77 MB for 20 min. That is never more than the recording itself takes.

    Parameters
    ----------
    pipeline : Pipeline
        Fresh; it need not have a decoder.
    chunks : iterable of Chunk

    Returns
    -------
    windows : list of Window
        In order of time. Their ``data`` are views, laid out as those of `Pipeline.windows`, and
        stay right.
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
