import numpy as np
import pytest

from bci.head.electrodes import standard_position
from bci.pipeline.pipeline import Pipeline
from bci.profiles.pipeline_settings import PipelineSettings
from bci.quality.interpolate_bad import InterpolateBad
from bci.signals import Channel, FloatArray, Signal, StreamInfo
from tests.signals import chunked

SFREQ = 125.0
NAMES = (
    "F3", "Fz", "F4", "FC1", "FC2", "C3", "Cz", "C4", "CP1", "CP2", "P3", "Pz", "P4",
)  # fmt: skip
SIGNAL = Signal(SFREQ, tuple(Channel(name, "eeg", "uV", standard_position(name)) for name in NAMES))


def smooth(seconds: float, seed: int = 0) -> FloatArray:
    """Return slow smooth fields over the head, 20 uV, with an offset per channel."""
    rng = np.random.default_rng(seed)
    places = np.array([channel.position for channel in SIGNAL.channels]) / 0.1
    n = round(seconds * SFREQ)
    fields = np.column_stack([places, places[:, 0] * places[:, 1], np.ones(len(places))])
    courses = rng.normal(0, 12, (n, fields.shape[1]))
    courses[1:] = 0.7 * courses[1:] + 0.7 * courses[:-1]
    own = rng.normal(0, 1, (n, len(NAMES)))
    return (courses @ fields.T + own + 2000).astype(np.float32)


def test_a_bad_channel_is_interpolated_while_it_is_bad() -> None:
    data = smooth(40)
    bad = data.copy()
    loose = slice(round(10 * SFREQ), round(20 * SFREQ))
    bad[loose, 7] += np.random.default_rng(1).normal(0, 3000, bad[loose, 7].shape)
    stage = InterpolateBad().stage(SIGNAL)
    before = stage.process(bad[:1250].copy(), 0)[0]
    assert stage.interpolated == ()
    stage.process(bad[1250:2000].copy(), 1250)
    assert stage.interpolated == ("C4",)
    assert stage.report() == {"bad share": pytest.approx(1 / 13, abs=1e-3), "C4": 1.0}
    replaced, _ = stage.process(bad[2000:2500].copy(), 2000)
    reference, _ = InterpolateBad().stage(SIGNAL).process(data.copy(), 0)
    assert np.corrcoef(replaced[:, 7], reference[2000:2500, 7])[0, 1] > 0.9
    assert np.abs(replaced[:, 0] - reference[2000:2500, 0]).max() < 0.01
    assert np.array_equal(before, reference[:1250])
    stage.process(bad[2500:].copy(), 2500)
    assert stage.interpolated == ()


def test_windows_with_too_many_bad_channels_are_rejected_and_counted() -> None:
    data = smooth(20)
    data[round(8 * SFREQ) :, :5] += np.random.default_rng(1).normal(0, 3000, (1500, 5))
    wanted = PipelineSettings.model_validate(
        {"filters": [{"kind": "interpolate_bad"}], "window_s": 1.0, "hop_s": 0.2}
    )
    pipeline = Pipeline(wanted, StreamInfo("test", "EEG", SFREQ, SIGNAL.channels))
    ends = [w.end for chunk in chunked(data, SFREQ, 50) for w in pipeline.windows(chunk)]
    assert pipeline.counts.rejected_bad_channels > 20
    # The verdict needs two seconds with the same result.
    assert max(ends) / SFREQ == pytest.approx(10.0, abs=0.3)
    assert pipeline.chain.interpolated == ()


def windows_of(data: FloatArray, sizes: int) -> tuple[Pipeline, dict[int, bytes]]:
    wanted = PipelineSettings.model_validate(
        {"filters": [{"kind": "interpolate_bad"}], "window_s": 1.0, "hop_s": 0.2}
    )
    pipeline = Pipeline(wanted, StreamInfo("test", "EEG", SFREQ, SIGNAL.channels))
    chunks = chunked(data, SFREQ, sizes)
    return pipeline, {w.end: w.data.tobytes() for c in chunks for w in pipeline.windows(c)}


def test_a_channel_without_values_is_interpolated_and_windows_are_decoded() -> None:
    data = smooth(30)
    lost = data.copy()
    lost[1250:2500, 7] = np.nan
    pipeline, found = windows_of(lost, 50)
    # The verdict needs two seconds, the change 0.1 s, and a window is one second long.
    rejected = [end for end in range(1275, 3750, 25) if end not in found]
    assert max(rejected) / SFREQ == pytest.approx(13.1, abs=0.2)
    assert pipeline.counts.rejected_non_finite == len(rejected)
    assert windows_of(lost, 3000)[1] == windows_of(lost, 7)[1] == found
    # What is sent in place of values makes no difference while it is interpolated.
    flat = lost.copy()
    flat[1250:2500, 7] = lost[1249, 7]
    as_flat = windows_of(flat, 50)[1]
    assert all(as_flat[end] == each for end, each in found.items())


def test_windows_are_decoded_before_the_first_verdict() -> None:
    pipeline, found = windows_of(smooth(6), 50)
    # A window behind the transient of the high-pass; the first verdict takes up to five seconds.
    assert min(found) / SFREQ < 3.5
    assert pipeline.counts.rejected_bad_channels == 0


def test_a_channel_without_values_rejects_windows_where_it_is_not_interpolated() -> None:
    data = smooth(20)
    data[1000:, :5] = np.nan
    pipeline, found = windows_of(data, 50)
    assert max(found) == 1000
    assert pipeline.chain.interpolated == ()


def test_a_reset_forgets_the_bad_channels() -> None:
    data = smooth(10)
    data[:, 3] += np.random.default_rng(1).normal(0, 3000, len(data))
    stage = InterpolateBad().stage(SIGNAL)
    stage.process(data.copy(), 0)
    assert stage.interpolated == ("FC1",)
    stage.reset()
    assert stage.interpolated == ()


def test_too_few_places_are_refused() -> None:
    unplaced = Signal(SFREQ, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(13)))
    with pytest.raises(ValueError, match="0 EEG channels have a known place"):
        InterpolateBad().stage(unplaced)


def test_a_channel_without_a_place_is_named() -> None:
    mixed = Signal(SFREQ, (*SIGNAL.channels, Channel("X1", "eeg", "uV")))
    assert InterpolateBad().stage(mixed).remarks == (
        "at no known place, so never interpolated: X1",
    )
