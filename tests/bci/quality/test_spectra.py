import numpy as np
import pytest

from bci.pipeline.ring import RingBuffer
from bci.quality.spectra import ALPHA, BETA, Spectra, band_power, decibels, find_peak
from tests.signals import eeg_info, noise

SFREQ = 250.0


def filled(data: np.ndarray, first: int = 0, n_chunk: int = 97) -> Spectra:
    """Return the spectra of samples that were written in chunks."""
    ring = RingBuffer(round(60 * SFREQ), data.shape[1])
    spectra = Spectra(eeg_info(data.shape[1], SFREQ), ring)
    for row in range(0, len(data), n_chunk):
        part = data[row : row + n_chunk]
        index = np.arange(first + row, first + row + len(part))
        ring.write(part, index / SFREQ, first + row)
        while spectra.take():
            pass
    return spectra


def sine(hz: float, amplitude: float, n_samples: int) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(n_samples) / SFREQ)


def test_the_power_of_a_sine_is_that_of_its_band() -> None:
    data = noise(3000, 2, offset=5000) * 0.01
    data[:, 1] += sine(10.0, 20.0, len(data)).astype(np.float32)
    spectra = filled(data)
    alpha = band_power(spectra.density(), spectra.freqs, ALPHA)
    assert alpha[1] == pytest.approx(20.0**2 / 2, rel=0.02)
    assert band_power(spectra.density(), spectra.freqs, BETA)[1] < 1.0


def test_the_density_of_white_noise_is_its_variance_over_the_bandwidth() -> None:
    spectra = filled(noise(8000, 8))
    assert np.median(spectra.density()) == pytest.approx(20.0**2 / (SFREQ / 2), rel=0.15)


def test_other_chunks_give_the_same_spectra() -> None:
    data = noise(4000, 3)
    one, other = filled(data, n_chunk=31), filled(data, n_chunk=1000)
    np.testing.assert_array_equal(one.density(), other.density())
    np.testing.assert_array_equal(one.history(2), other.history(2))


def test_segments_with_a_lost_sample_are_unknown_and_the_mean_continues() -> None:
    ring = RingBuffer(round(60 * SFREQ), 2)
    spectra = Spectra(eeg_info(2, SFREQ), ring)
    ring.write(noise(2000, 2), np.arange(2000) / SFREQ, 0)
    ring.write(noise(1000, 2, seed=1), np.arange(2003, 3003) / SFREQ, 2003)
    while spectra.take():
        pass
    known = np.isfinite(spectra.history(0)).all(axis=1)
    assert known.any()
    assert not known[-12]
    assert known[-1]
    assert np.isfinite(spectra.density()).all()


def test_what_was_overwritten_before_it_was_looked_at_is_unknown() -> None:
    ring = RingBuffer(round(10 * SFREQ), 1)
    spectra = Spectra(eeg_info(1, SFREQ), ring)
    ring.write(noise(1000, 1), np.arange(1000) / SFREQ, 0)
    while spectra.take():
        pass
    rest = noise(6000, 1, seed=1)
    ring.write(rest, np.arange(1000, 7000) / SFREQ, 1000)
    while spectra.take():
        pass
    known = np.isfinite(spectra.history(0)).all(axis=1)
    assert known[-30:].all()
    assert not known[-60:-40].any()


def test_a_channel_that_sends_no_numbers_leaves_the_others_alone() -> None:
    data = noise(2000, 3)
    data[500:, 1] = np.nan
    density = filled(data).density()
    assert np.isnan(density[:, 1]).all()
    assert np.isfinite(density[:, [0, 2]]).all()


def test_the_peak_is_the_rhythm_and_not_the_slow_background() -> None:
    rng = np.random.default_rng(1)
    slow = np.cumsum(rng.normal(0, 2.0, (4000, 1)), axis=0)
    wave = sine(10.3, 8.0, 4000)[:, None]
    freqs = filled(slow.astype(np.float32)).freqs
    peak = find_peak(decibels(filled((slow + wave).astype(np.float32)).density()[:, 0]), freqs)
    assert peak is not None
    assert peak.hz == pytest.approx(10.3, abs=0.2)
    assert peak.above_db > 6
    # Noise has almost no such power.
    still = filled(noise(2000, 64))
    found = [find_peak(db, still.freqs) for db in decibels(still.density()).T]
    assert sum(peak is not None for peak in found) <= 2
    assert find_peak(decibels(np.full(len(freqs), 3.0)), freqs) is None
    assert find_peak(np.full(len(freqs), np.nan), freqs) is None


@pytest.mark.parametrize("n_channels", [2, 300])
def test_a_spectrum_up_to_half_the_rate_shows_a_fast_rhythm(n_channels: int) -> None:
    sfreq = 1000.0
    wave = 20 * np.sin(2 * np.pi * 110 * np.arange(4000) / sfreq)
    data = (noise(4000, n_channels) * 0.1 + wave[:, None]).astype(np.float32)
    ring = RingBuffer(round(60 * sfreq), n_channels)
    ring.write(data, np.arange(4000) / sfreq, 0)
    spectra = Spectra(eeg_info(n_channels, sfreq), ring, limit_hz=float("inf"))
    while spectra.take():
        pass
    assert 490 < spectra.freqs[-1] <= 500
    density = spectra.density()[:, 0]
    step = spectra.freqs[1] - spectra.freqs[0]
    assert spectra.freqs[int(np.argmax(density))] == pytest.approx(110, abs=step)
    # The power is kept when frequencies are merged.
    assert density.sum() * step == pytest.approx(200, rel=0.05)
    # The memory does not grow with the number of channels.
    assert spectra._segments.nbytes < 2e7


def test_a_slope_of_blinks_is_no_peak() -> None:
    freqs = np.arange(1, 60.5, 0.5)
    background = -10 * np.log2(freqs) + 0.3 * np.sin(freqs)
    slope = background + np.where(freqs < 6, 14 * (6 - freqs) / 3, 0)
    assert find_peak(slope, freqs) is None
    found = find_peak(slope + 9 * np.exp(-((freqs - 10) ** 2)), freqs)
    assert found is not None
    assert found.hz == pytest.approx(10, abs=0.3)
