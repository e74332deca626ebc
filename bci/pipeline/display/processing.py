"""Filter, clean and re-reference samples of one stream for display."""

import numpy as np

from bci.pipeline.display.choice import DisplayChoice, rate_of
from bci.pipeline.display.cleaning import Cleaning, OnColumns, cleaning_stage
from bci.pipeline.display.reference import derivation
from bci.pipeline.filters import SosFilter
from bci.pipeline.gap_bridge import GapBridge
from bci.signals import FloatArray, StreamInfo, TimeArray


class DisplayProcessing:
    """Processing of a stream's samples for the display.

    The stream must allow ``choice``.
    """

    def __init__(self, info: StreamInfo, choice: DisplayChoice) -> None:
        self.derivation = derivation(choice.reference, info.channels, choice.left_out)
        self._stages: list[SosFilter | OnColumns] = []
        sfreq = rate_of(info)
        if not choice.filter.is_raw:
            self._stages.append(SosFilter(choice.filter.design(sfreq), info.n_channels, sfreq))
        for each in Cleaning:
            if each in choice.cleanings:
                self._stages.append(
                    cleaning_stage(each, info.channels, sfreq, choice.line_hz, choice.baseline)
                )
        self.settling = sum(stage.settling for stage in self._stages)
        self._bridge = GapBridge(info.n_channels)

    def process(self, data: FloatArray, times: TimeArray) -> FloatArray:
        """Process ``data`` (n_samples, n_channels), which may be overwritten.

        Missing values stay NaN. ``times`` (n_samples,) are the time stamps in seconds. A lost
        sample has NaN in ``times`` too and resets the filters; a sample with missing values alone
        does not. Returns the displayed channels, (n_samples, n_displayed).
        """
        unknown = ~np.isfinite(data)
        if not unknown.any():
            self._run(data)
        else:
            if self._stages:
                lost = np.isnan(times)
                edges = np.flatnonzero(np.diff(lost)) + 1
                for part in np.split(np.arange(len(data)), edges):
                    if lost[part[0]]:
                        self._reset()
                    else:
                        self._run(data[part[0] : part[-1] + 1])
            data[unknown] = np.nan
        return self.derivation.derive(data)

    def _run(self, data: FloatArray) -> None:
        if self._stages:
            self._bridge.fill(data)
        for stage in self._stages:
            stage.process(data, 0)

    def _reset(self) -> None:
        self._bridge.reset()
        for stage in self._stages:
            stage.reset()
