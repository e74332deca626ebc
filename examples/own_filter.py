"""Filter a recording by a filter of your own: python examples/own_filter.py RECORDING"""

import sys

import numpy as np

import bci
from bci.profiles.pipeline_settings import FilterSettings, PipelineSettings
from bci.testing import check_filter


class Difference(FilterSettings):  # in a profile: {kind: difference}
    kind: str = "difference"

    def stage(self, signal):
        return DifferenceStage(signal.sfreq)


class DifferenceStage:
    decimation, settling = 1, 1  # one sample for each; one until a transient is over

    def __init__(self, sfreq):
        self.sfreq, self.last = sfreq, np.empty((0, 0))

    def reset(self):
        self.last = np.empty((0, 0))

    def process(self, data, first):  # a chunk may be empty; its newest sample is the state
        before = np.vstack([self.last if len(self.last) else data[:1], data])
        self.last = before[-1:]
        return np.diff(before, axis=0), first

    def response(self, freqs_hz):
        return 1 - np.exp(-2j * np.pi * freqs_hz / self.sfreq)


check_filter(Difference())
chunks = bci.filtered(sys.argv[1], PipelineSettings(filters=(Difference(),), window_s=1.0))
print(f"deviation {np.concatenate([chunk.data for chunk in chunks]).std():.2f} uV a sample")
