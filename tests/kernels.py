"""The kernels that most tests need, compiled once: three processes would each compile them."""

import numpy as np

from bci.clock.dejitter import SampleClock
from bci.pipeline.pipeline import Pipeline
from bci.profiles.pipeline_settings import PipelineSettings
from bci.quality.meter import QualityMeter
from tests.signals import chunked, eeg_info, noise

FILTERS = (
    {"kind": "common_average"},
    {"kind": "bandpass", "low_hz": 8, "high_hz": 30},
    {"kind": "notch", "freq_hz": 50},
    {"kind": "standardize"},
)


def compile_kernels() -> None:
    """Have a clock, a pipeline and a meter work for a moment; Numba keeps what it compiles."""
    SampleClock(250.0).stamp(np.arange(500) / 250.0, arrived=2.0)
    info = eeg_info()
    settings = PipelineSettings.model_validate({"filters": FILTERS, "window_s": 1.0})
    pipeline, meter = Pipeline(settings, info), QualityMeter(info)
    for chunk in chunked(noise(1000), info.sfreq, 25):
        list(pipeline.windows(chunk))
        meter.push(chunk)


if __name__ == "__main__":
    compile_kernels()
