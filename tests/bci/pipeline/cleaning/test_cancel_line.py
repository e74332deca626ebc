import numpy as np
import pytest

from bci.pipeline.cleaning.cancel_line import LineCanceller

SFREQ = 250.0


def line(hz: float, seconds: float, harmonics: tuple[float, ...] = (20.0, 6.0)) -> np.ndarray:
    """Return line noise with harmonics; strength and phase differ in four channels."""
    t = np.arange(round(seconds * SFREQ))[:, None] / SFREQ
    gains, phases = np.array([1.0, 0.5, 2.0, 0.1]), np.array([0.0, 1.0, 2.0, 3.0])
    waves = [
        a * gains * np.sin(2 * np.pi * n * hz * t + n * phases) for n, a in enumerate(harmonics, 1)
    ]
    return np.sum(waves, axis=0).astype(np.float32)


def canceller(**options: float) -> LineCanceller:
    given = {"freq_hz": 50.0, "follow_hz": 0.3, "harmonics": 2, "width_hz": 0.5}
    return LineCanceller(**(given | options), n_channels=4, sfreq=SFREQ)  # type: ignore[arg-type]


@pytest.mark.parametrize("hz", [49.9, 50.0, 50.1])
def test_the_line_is_followed_and_removed_with_its_harmonic(hz: float) -> None:
    data = line(hz, 30)
    stage = canceller()
    out, _ = stage.process(data.copy(), 0)
    assert stage.freq_hz == pytest.approx(hz, abs=0.005)
    assert np.square(out[-1000:]).sum() < 1e-4 * np.square(data[-1000:]).sum()


@pytest.mark.parametrize("hz", [49.9, 50.0])
def test_offsets_do_not_disturb_the_frequency(hz: float) -> None:
    wave = line(hz, 30)
    offsets = np.array([5000.0, -3000.0, 200_000.0, 0.0], dtype=np.float32)
    stage = canceller()
    out, _ = stage.process(wave + offsets, 0)
    assert stage.freq_hz == pytest.approx(hz, abs=0.005)
    assert stage.report()["largest amplitude"] == pytest.approx(40, rel=0.01)
    # The notch's gain at 0 Hz is not quite 1, so an offset remains an offset of about its size.
    left = out[-1000:] - out[-1000:].mean(axis=0, dtype=np.float64)
    assert np.abs(left).max() < 0.3


def test_a_frequency_that_wanders_is_followed() -> None:
    n = round(60 * SFREQ)
    hz = 50 + 0.1 * np.sin(2 * np.pi * np.arange(n) / n)
    wave = 20 * np.sin(2 * np.pi * np.cumsum(hz) / SFREQ)
    data = np.repeat(wave[:, None], 4, axis=1).astype(np.float32)
    stage = canceller(harmonics=1)
    out, _ = stage.process(data.copy(), 0)
    assert np.square(out[2000:]).sum() < 0.01 * np.square(data[2000:]).sum()


def test_a_rhythm_beside_the_line_stays() -> None:
    t = np.arange(5000)[:, None] / SFREQ
    rhythm = np.repeat(10 * np.sin(2 * np.pi * 45 * t), 4, axis=1).astype(np.float32)
    out, _ = canceller().process(rhythm.copy(), 0)
    assert np.square(out[2500:]).sum() == pytest.approx(np.square(rhythm[2500:]).sum(), rel=0.05)


def test_harmonics_above_half_the_rate_are_left_out() -> None:
    stage = canceller(harmonics=10)
    assert len(stage._amplitudes) == 2
    with pytest.raises(ValueError, match="below half the sampling rate"):
        canceller(freq_hz=130.0)
