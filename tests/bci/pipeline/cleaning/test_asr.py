import tracemalloc

import numpy as np
import pytest

from bci.pipeline.cleaning.asr import SubspaceReconstruction
from bci.pipeline.cleaning.asr_calibration import calibrate_asr, weighting
from bci.pipeline.cleaning.clean_windows import clean_rows, fit_clean
from bci.pipeline.cleaning.cleaning_settings import Asr
from bci.pipeline.filters import SosFilter
from bci.signals import Channel, FloatArray, Signal

SFREQ = 125.0
N_CHANNELS = 6
SIGNAL = Signal(SFREQ, tuple(Channel(f"E{i}", "eeg", "uV") for i in range(N_CHANNELS)))
_MIXING = np.random.default_rng(0).normal(size=(N_CHANNELS, N_CHANNELS))
_ARTIFACT = np.array([3.0, 2.0, 1.0, 0.5, 0.2, 0.1])


def background(seconds: float, seed: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    sources = rng.normal(0, 5, (round(seconds * SFREQ), N_CHANNELS))
    return (sources @ _MIXING).astype(np.float32)


def with_burst(clean: FloatArray, start: int, n: int) -> FloatArray:
    data = clean.copy()
    course = 100 * np.sin(2 * np.pi * 1.5 * np.arange(n) / SFREQ)
    data[start : start + n] += np.outer(course, _ARTIFACT).astype(np.float32)
    return data


LEARNT = calibrate_asr([background(60, 1)], SFREQ, 5.0, 0.25)


def stage() -> SubspaceReconstruction:
    return SubspaceReconstruction(LEARNT, 0.25, 0.02, 0.66, N_CHANNELS, SFREQ)


def test_a_burst_is_removed_but_for_its_first_moments() -> None:
    clean = background(20, 2)
    data = with_burst(clean, 1250, 500)
    made = stage()
    out, _ = made.process(data.copy(), 0)
    inside = slice(1250 + 40, 1750)
    left = np.square(out[inside] - clean[inside]).sum() / np.square(data - clean)[inside].sum()
    assert left < 0.05
    # Of 20 s, the burst of 4 s and the time until it has left the statistics.
    assert 0.2 < made.report()["changed share"] < 0.3


def test_clean_signal_passes_to_the_bit() -> None:
    data = background(20, 3)
    learnt = calibrate_asr([background(60, 1)], SFREQ, 20.0, 0.25)
    made = SubspaceReconstruction(learnt, 0.25, 0.02, 0.66, N_CHANNELS, SFREQ)
    out, _ = made.process(data.copy(), 0)
    assert np.array_equal(out, data)
    assert made.report() == {"changed share": 0.0, "components replaced": 0.0}


def test_no_more_components_are_replaced_than_allowed() -> None:
    made = SubspaceReconstruction(LEARNT, 0.25, 0.02, 0.34, N_CHANNELS, SFREQ)
    made.process(100 * background(5, 4), 0)
    assert made.n_removed == 2


def test_a_common_average_before_it_is_no_problem() -> None:
    def averaged(data: FloatArray) -> FloatArray:
        return data - data.mean(axis=1, keepdims=True)

    learnt = calibrate_asr([averaged(background(60, 1))], SFREQ, 5.0, 0.25)
    made = SubspaceReconstruction(learnt, 0.25, 0.02, 0.66, N_CHANNELS, SFREQ)
    clean = averaged(background(20, 5))
    out, _ = made.process(averaged(with_burst(clean, 1250, 500)), 0)
    assert np.square(out[1290:1750] - clean[1290:1750]).mean() < np.square(clean).mean()


def test_artifacts_of_the_calibration_are_left_out_of_it() -> None:
    data = background(60, 1)
    for start in range(500, 7000, 1000):
        data = with_burst(data, start, 200)
    (is_clean,) = clean_rows([data], SFREQ)
    assert 0.5 < is_clean.mean() < 0.9
    assert not is_clean[500:700].any()
    found = calibrate_asr([data], SFREQ, 5.0, 0.25)
    apart = np.linalg.norm(found["mixing"] - LEARNT["mixing"]) / np.linalg.norm(LEARNT["mixing"])
    assert apart < 0.1


def test_clean_amplitudes_are_found_among_others() -> None:
    rng = np.random.default_rng(0)
    amplitudes = np.abs(rng.normal(10, 1.5, 600))
    amplitudes[:90] += rng.exponential(40, 90)
    mean, deviation = fit_clean(amplitudes)
    assert mean == pytest.approx(10, abs=0.4)
    assert deviation == pytest.approx(1.5, abs=0.4)


@pytest.mark.long
def test_many_channels_take_little_memory() -> None:
    rng = np.random.default_rng(0)
    data = (rng.normal(0, 5, (5000, 200)) @ rng.normal(0, 0.07, (200, 200))).astype(np.float32)
    tracemalloc.start()
    found = calibrate_asr([data], SFREQ, 5.0, 0.25)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A thousand covariances of 200 channels take 320 MB, and their median several times that.
    assert peak < 300e6
    covariance = found["mixing"] @ found["mixing"].T
    assert np.linalg.eigvalsh(covariance).min() > 0


def test_too_little_clean_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="15 s are needed"):
        calibrate_asr([background(10, 1)], SFREQ, 5.0, 0.25)


def test_what_cannot_be_cleaned_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="has to be trained"):
        Asr().stage(SIGNAL)
    mixed = Signal(SFREQ, (*SIGNAL.channels, Channel("EOG", "eog", "uV")))
    with pytest.raises(ValueError, match="channels of one kind, not eeg and eog"):
        Asr().stage(mixed)
    more = Signal(SFREQ, (*SIGNAL.channels, Channel("E9", "eeg", "uV")))
    with pytest.raises(ValueError, match="other channels"):
        Asr().with_learnt(LEARNT).stage(more)


@pytest.mark.parametrize("sfreq", [100.0, 250.0, 1000.0])
def test_slow_and_fast_artifacts_weigh_more_than_rhythms(sfreq: float) -> None:
    made = SosFilter(weighting(sfreq), 1, sfreq)
    gains = np.abs(made.response(np.array([0.5, 5.0, 30.0])))
    assert gains[0] > 2.5
    assert gains[1] < 0.4
    assert gains[2] == pytest.approx(1.0, abs=0.1)
