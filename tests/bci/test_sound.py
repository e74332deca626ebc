"""The tone of a feedback level: pitch, volume, and no clicks."""

import numpy as np
import pytest

from bci.sound import RATE_HZ, Tone, click
from bci.stimulus.onsets import SensorSignal, find_onsets


def settled(tone: Tone, level: float) -> np.ndarray:
    """Return one second of the tone, from half a second after it was set."""
    tone.set(level)
    tone.next(RATE_HZ // 2)
    return tone.next(RATE_HZ)


def pitch_hz(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples))))))


@pytest.mark.parametrize(("level", "hz"), [(0.0, 220), (0.5, 440), (1.0, 880), (7.0, 880)])
def test_pitch_follows_the_level(level: float, hz: float) -> None:
    assert pitch_hz(settled(Tone("pitch"), level)) == pytest.approx(hz, abs=1)


def test_volume_follows_the_level_and_stays_at_one_pitch() -> None:
    tone = Tone("volume")
    quiet, loud = settled(tone, 0.2), settled(tone, 0.8)
    assert np.abs(loud).max() == pytest.approx(4 * np.abs(quiet).max(), rel=0.01)
    assert pitch_hz(quiet) == pitch_hz(loud)


def test_nothing_clicks_however_the_level_jumps() -> None:
    tone = Tone("pitch")
    rng = np.random.default_rng(0)
    parts = []
    for k in range(400):
        tone.set(float(rng.uniform()) if k % 7 else np.nan)
        if k % 50 == 0:
            tone.chime()
        parts.append(tone.next(int(rng.integers(1, 500))))
    samples = np.concatenate(parts)
    # The largest slope of a full tone and a chime without clicks.
    steepest = 2 * np.pi / RATE_HZ * (0.25 * 880 + 0.3 * 1318.5) * 1.3
    assert np.abs(np.diff(samples)).max() < steepest
    assert np.abs(samples).max() <= 1


def test_blocks_of_any_length_give_the_same_sound() -> None:
    one, many = Tone("pitch"), Tone("pitch")
    one.set(0.7)
    many.set(0.7)
    whole = one.next(1000)
    parts = np.concatenate([many.next(n) for n in (1, 99, 400, 500)])
    assert parts == pytest.approx(whole, abs=1e-5)


def test_no_level_is_silence() -> None:
    tone = Tone("volume")
    settled(tone, 1.0)
    assert np.abs(settled(tone, np.nan)).max() < 1e-6


def test_click_is_found_at_its_first_sample() -> None:
    tone, blocks, clicked = Tone(sound=click()), [], []
    for number in range(200):
        if number in (40, 90, 140):
            tone.chime()
            clicked.append(number * 480 / RATE_HZ)
        blocks.append(tone.next(480))
    wave = np.concatenate(blocks)
    times = np.arange(len(wave)) / RATE_HZ
    onsets = find_onsets(SensorSignal("microphone", wave, times, RATE_HZ), "sound")
    np.testing.assert_allclose(onsets, clicked, atol=1 / RATE_HZ)
