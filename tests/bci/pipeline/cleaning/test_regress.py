import numpy as np
import pytest

from bci.errors import MismatchError
from bci.pipeline.cleaning.cleaning_settings import Regress
from bci.pipeline.filter_chain import Chain
from bci.profiles.pipeline_settings import PipelineSettings
from bci.signals import Channel, FloatArray, Signal, StreamInfo
from tests.signals import noise

SFREQ = 100.0
CHANNELS = (
    Channel("C3", "eeg", "uV"), Channel("C4", "eeg", "uV"), Channel("EOG", "eog", "uV"),
)  # fmt: skip
SIGNAL = Signal(SFREQ, CHANNELS)
MIXING = np.array([0.4, -0.2, 1.0])


def blinking(
    seconds: float, seed: int, mixing: np.ndarray = MIXING
) -> tuple[FloatArray, FloatArray]:
    """Return the signal with blinks, and without."""
    n = round(seconds * SFREQ)
    clean = noise(n, 3, seed) * np.float32([0.5, 0.5, 0.05])
    course = np.zeros(n)
    for at in range(50, n - 40, 300):
        course[at : at + 35] += 200 * np.hanning(35)
    return (clean + course[:, None] * mixing).astype(np.float32), clean


def trained(**options: object) -> Regress:
    made = Regress(**options)  # type: ignore[arg-type]
    return made.with_learnt(made.fit([blinking(60, 1)[0]], SIGNAL))


def test_blinks_are_regressed_out_and_the_sources_dropped() -> None:
    data, clean = blinking(30, 2)
    stage = trained().stage(SIGNAL)
    out, _ = stage.process(data.copy(), 0)
    assert [channel.name for channel in stage.channels] == ["C3", "C4"]
    left = np.square(out - clean[:, :2]).sum() / np.square(data - clean)[:, :2].sum()
    assert left < 0.02
    assert stage.report() == pytest.approx({"EOG in C3": 0.4, "EOG in C4": -0.2}, abs=0.01)


def test_sources_can_be_kept_as_they_are() -> None:
    data, _ = blinking(5, 2)
    stage = trained(sources=("eog",), keep=True).stage(SIGNAL)
    out, _ = stage.process(data.copy(), 0)
    assert [channel.name for channel in stage.channels] == ["C3", "C4", "EOG"]
    assert np.array_equal(out[:, 2], data[:, 2])
    assert not np.array_equal(out[:, 0], data[:, 0])


def test_adapting_coefficients_follow_an_electrode_that_moves() -> None:
    stage = trained(adapt=True, forget_s=5.0).stage(SIGNAL)
    moved, _ = blinking(40, 3, np.array([0.1, 0.3, 1.0]))
    stage.process(moved, 0)
    assert stage.report() == pytest.approx({"EOG in C3": 0.1, "EOG in C4": 0.3}, abs=0.02)
    stage.reset()
    assert stage.report() == pytest.approx({"EOG in C3": 0.4, "EOG in C4": -0.2}, abs=0.01)


def test_untrained_it_starts_from_zero_and_settles_where_it_adapts() -> None:
    stage = Regress(adapt=True, forget_s=5.0).stage(SIGNAL)
    assert stage.settling == 500
    assert set(stage.report().values()) == {0.0}
    stage.process(blinking(20, 4)[0], 0)
    assert stage.report() == pytest.approx({"EOG in C3": 0.4, "EOG in C4": -0.2}, abs=0.02)


def test_a_silent_source_changes_nothing() -> None:
    data, _ = blinking(20, 5)
    data[:, 2] = 0
    stage = Regress(adapt=True, forget_s=2.0).stage(SIGNAL)
    out, _ = stage.process(data.copy(), 0)
    assert np.array_equal(out, data[:, :2])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "has to be trained"),
        ({"sources": "emg"}, "no channel of kind 'emg'"),
        ({"sources": ["EOG2"]}, "no channel 'EOG2'"),
        ({"sources": ["C3", "C4", "EOG"]}, "all channels are sources"),
    ],
)
def test_what_cannot_be_regressed_is_refused_in_a_sentence(
    options: dict[str, object], problem: str
) -> None:
    wanted = PipelineSettings.model_validate(
        {"filters": [{"kind": "regress", **options}], "kinds": ["eeg", "eog"], "window_s": 1}
    )
    with pytest.raises(MismatchError, match=problem):
        Chain(wanted, StreamInfo("test", "EEG", SFREQ, CHANNELS))


def test_covariances_of_other_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="other channels"):
        trained().stage(Signal(SFREQ, (*CHANNELS, Channel("Cz", "eeg", "uV"))))
