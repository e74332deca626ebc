"""Stored windows are identical to the windows of any streaming."""

from dataclasses import replace

import numpy as np
import pytest

from bci.pipeline.pipeline import Pipeline
from bci.profiles.paradigm import Paradigm, Rest
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Recording
from bci.training.epochs import chunks_for, find_trials, stream_run
from tests.signals import two_class_recording

PARADIGM = Paradigm(classes={"left": "left", "right": "right"}, rest=Rest(marker="rest"), stop_s=3)


def settings(**given: object) -> PipelineSettings:
    band = {"kind": "bandpass", "low_hz": 8, "high_hz": 30}
    return PipelineSettings.model_validate({"filters": [band], "window_s": 1.0, **given})


def with_gap(recording: Recording) -> Recording:
    """Return the recording without the samples of two seconds."""
    kept = np.r_[0:1000, 1256 : len(recording.data)]
    return replace(
        recording,
        data=recording.data[kept],
        timestamps=recording.timestamps[kept],
        indices=recording.indices[kept],
    )


@pytest.mark.parametrize(
    "wanted",
    [settings(), settings(hop_s=1.5), settings(at_cues=True), settings(max_peak_to_peak=40.0)],
    ids=["overlapping", "apart", "at cues", "artifacts"],
)
@pytest.mark.parametrize("gap", [False, True])
def test_each_window_is_the_one_that_is_streamed(wanted: PipelineSettings, gap: bool) -> None:
    recording = two_class_recording(n_trials=6)
    recording = with_gap(recording) if gap else recording
    kept = stream_run(recording, wanted, PARADIGM).windows
    pipeline, n = Pipeline(wanted, recording.info), 0
    for chunk in chunks_for(pipeline, recording, find_trials(recording, PARADIGM)):
        for window in pipeline.windows(chunk):
            bounds = (kept[n].start, kept[n].end, kept[n].taken)
            assert bounds == (window.start, window.end, window.taken)
            assert kept[n].data.tobytes() == window.data.tobytes()
            assert kept[n].data.strides == window.data.strides
            n += 1
    assert n == len(kept) > 4


def test_the_signal_is_kept_once() -> None:
    recording = two_class_recording(n_trials=6)
    run = stream_run(recording, settings(), PARADIGM)
    signals = {id(window.data.base): window.data.base for window in run.windows}
    assert sum(signal.nbytes for signal in signals.values()) <= recording.data.nbytes
