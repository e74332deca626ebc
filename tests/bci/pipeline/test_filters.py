import numpy as np
import pytest
from scipy import signal

from bci.pipeline import filters
from tests.signals import noise


def relative_rms(got: np.ndarray, expected: np.ndarray) -> float:
    return float(np.sqrt(np.mean((got - expected) ** 2) / np.mean(expected**2)))


@pytest.mark.parametrize("n_channels", [1, 7, 64, 129, 306])
@pytest.mark.parametrize(
    "sos",
    [
        filters.bandpass(8, 30, 1000, order=4),
        filters.bandpass(0.5, 40, 2000, order=4),
        filters.notch(50, 1000),
        filters.highpass(0.1, 1000),
    ],
    ids=["8-30", "0.5-40 at 2 kHz", "notch", "0.1 high-pass"],
)
def test_a_cascade_stays_within_1e4_relative_rms_of_scipy(sos: np.ndarray, n_channels: int) -> None:
    data = noise(5000, n_channels, offset=1e4)
    stage = filters.SosFilter(sos, n_channels, 1000, start_steady=False)
    parts = [stage.process(data[row : row + 10].copy(), row)[0] for row in range(0, len(data), 10)]
    got = np.concatenate(parts)
    expected = signal.sosfilt(sos, data.astype(np.float64), axis=0)
    assert relative_rms(got, expected) < 1e-4


def test_a_filter_starts_in_the_steady_state_of_its_first_sample() -> None:
    sos = filters.bandpass(8, 30, 250)
    constant = np.full((500, 3), 50_000, dtype=np.float32)
    got, _ = filters.SosFilter(sos, 3, 250).process(constant.copy(), 0)
    assert np.abs(got).max() < 1e-3 * 50_000 * 1e-3
    data = noise(500, 3, offset=300)
    zi = signal.sosfilt_zi(sos)[:, :, None] * data[0].astype(np.float64)
    expected, _ = signal.sosfilt(sos, data.astype(np.float64), axis=0, zi=zi)
    got, _ = filters.SosFilter(sos, 3, 250).process(data, 0)
    assert relative_rms(got, expected) < 1e-4


def test_common_average_leaves_a_mean_of_zero() -> None:
    for n_channels in (1, 5, 8, 19, 64):
        data = noise(100, n_channels, offset=1000)
        expected = data.astype(np.float64) - data.astype(np.float64).mean(axis=1, keepdims=True)
        got, _ = filters.CommonAverageReference().process(data.copy(), 0)
        np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize("n_channels", [1, 7, 16, 37, 64, 306])
def test_common_average_gives_the_same_bits_sample_by_sample(n_channels: int) -> None:
    data = noise(101, n_channels, offset=1000)
    whole, _ = filters.CommonAverageReference().process(data.copy(), 0)
    stage = filters.CommonAverageReference()
    parts = [stage.process(data[i : i + 1].copy(), i)[0] for i in range(len(data))]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_bipolar_is_anode_minus_cathode() -> None:
    data = noise(50, 4)
    got, _ = filters.BipolarReference([(0, 1), (3, 2)]).process(data.copy(), 0)
    np.testing.assert_array_equal(got[:, 0], data[:, 0] - data[:, 1])
    np.testing.assert_array_equal(got[:, 1], data[:, 3] - data[:, 2])


def test_decimation_removes_what_would_alias_and_keeps_what_is_below() -> None:
    sfreq, factor = 1000.0, 4
    t = np.arange(8000) / sfreq
    for freq, kept in ((20.0, True), (230.0, False)):
        wave = np.sin(2 * np.pi * freq * t)[:, None].astype(np.float32)
        got, first = filters.Decimator(factor, 1, sfreq).process(wave, 0)
        assert (first, len(got)) == (0, 2000)
        amplitude = np.sqrt(2 * np.mean(got[500:] ** 2))
        assert (abs(amplitude - 1) < 0.02) if kept else (amplitude < 0.002)


def test_decimation_keeps_the_samples_whose_index_the_factor_divides() -> None:
    stage = filters.Decimator(3, 1, 300.0)
    kept = []
    for first, n in ((0, 1), (1, 1), (2, 5), (7, 2), (9, 4)):
        got, out_first = stage.process(noise(n, 1), first)
        kept += list(range(out_first, out_first + len(got)))
    assert kept == [0, 1, 2, 3, 4]


def test_standardisation_brings_any_scale_to_unit_variance() -> None:
    data = noise(20_000, 2, offset=700) * np.array([1, 1e-9], dtype=np.float32)
    got, _ = filters.RunningStandardize(5.0, 2, 250.0).process(data, 0)
    np.testing.assert_allclose(got[5000:].std(axis=0), 1, atol=0.1)
    np.testing.assert_allclose(got[5000:].mean(axis=0), 0, atol=0.1)


def test_a_flat_channel_standardises_to_zero() -> None:
    got, _ = filters.RunningStandardize(1.0, 1, 100.0).process(np.full((300, 1), 5, np.float32), 0)
    np.testing.assert_array_equal(got, 0)


def test_a_long_silence_does_not_leave_subnormal_numbers_in_the_state() -> None:
    sos = filters.bandpass(8, 30, 250)
    stage = filters.SosFilter(sos, 1, 250, start_steady=False)
    burst = np.zeros((20_000, 1), dtype=np.float32)
    burst[0] = 100
    stage.process(burst, 0)
    assert np.all(stage._state == 0)


@pytest.mark.parametrize(
    ("design", "named"),
    [
        (lambda: filters.bandpass(8, 90, 160), "high_hz = 90"),
        (lambda: filters.notch(60, 100), "freq_hz = 60"),
        (lambda: filters.highpass(0, 100), "cutoff_hz = 0"),
    ],
)
def test_a_corner_outside_nyquist_is_named(design, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        design()


@pytest.mark.parametrize("q", [10.0, 30.0])
def test_a_notch_is_as_wide_as_its_quality_says(q: float) -> None:
    edges = 50.0 * np.array([1 - 0.5 / q, 1 + 0.5 / q])
    gain = np.abs(filters.SosFilter(filters.notch(50, 1000, q), 1, 1000).response(edges))
    np.testing.assert_allclose(gain, np.sqrt(0.5), atol=0.02)


@pytest.mark.parametrize("start_steady", [True, False])
def test_a_filter_that_was_reset_remembers_nothing(start_steady: bool) -> None:
    sos = filters.bandpass(8, 30, 250)
    used, fresh = (filters.SosFilter(sos, 2, 250, start_steady) for _ in range(2))
    used.process(noise(500, 2, offset=1e4), 0)
    used.reset()
    data = noise(300, 2, seed=1)
    np.testing.assert_array_equal(used.process(data.copy(), 0)[0], fresh.process(data.copy(), 0)[0])
