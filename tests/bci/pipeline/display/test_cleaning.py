"""Cleaning of the display: the removed artifacts, and the streams that allow it."""

from dataclasses import replace

import numpy as np
import pytest

from bci.pipeline.display.choice import DisplayChoice
from bci.pipeline.display.cleaning import Cleaning, cleanings_named, learn_baseline, words_of
from bci.pipeline.display.filter import DISPLAY_FILTERS, DisplayFilter
from bci.pipeline.display.reference import DisplayReference
from bci.pipeline.display.signal import DisplaySignal
from bci.pipeline.ring import RingBuffer
from bci.signals import Channel, StreamInfo
from tests.signals import noise

SFREQ = 250.0
N = 10_000
EEG = tuple(Channel(name, "eeg", "uV") for name in ("Fp1", "F3", "C3", "Cz", "C4"))
INFO = StreamInfo("cap", "EEG", SFREQ, (*EEG, Channel("EOG", "eog", "uV")), "cap", True)
FILTER = DISPLAY_FILTERS[0]


def blinking() -> tuple[np.ndarray, np.ndarray]:
    """Return samples with blinks in all channels, and the blinks."""
    rng = np.random.default_rng(3)
    blinks = np.zeros(N)
    blinks[rng.integers(0, N, 60)] = 200.0
    blinks = np.convolve(blinks, np.hanning(60), "same")
    data = noise(N, 6) * 0.2 + blinks[:, None] * np.array([0.8, 0.5, 0.3, 0.3, 0.3, 1.0])
    return data.astype(np.float32), blinks


def shown(data: np.ndarray, choice: DisplayChoice, size: int = N) -> np.ndarray:
    ring = RingBuffer(2 * N, data.shape[1])
    signal = DisplaySignal(INFO, ring, choice)
    for row in range(0, N, size):
        ring.write(data[row : row + size], np.arange(row, row + size) / SFREQ, row)
        signal.take()
    return signal.ring.latest(N).data.copy()


def test_blinks_are_regressed_out_by_the_eog() -> None:
    data, blinks = blinking()
    plain = shown(data, DisplayChoice(FILTER))
    clean = shown(data, DisplayChoice(FILTER, cleanings=frozenset({Cleaning.EOG})))
    newest = slice(-4000, None)
    before, after = (
        np.corrcoef(each[newest, 1], blinks[newest])[0, 1] ** 2 for each in (plain, clean)
    )
    assert after < 0.1 * before
    np.testing.assert_array_equal(clean[:, 5], plain[:, 5])


def test_line_noise_is_cancelled_a_little_beside_its_nominal_frequency() -> None:
    data = noise(N, 6) * 0.1
    data += (20 * np.sin(2 * np.pi * 50.08 * np.arange(N) / SFREQ))[:, None].astype(np.float32)
    clean = shown(data, DisplayChoice(FILTER, cleanings=frozenset({Cleaning.LINE})))
    assert clean[-2000:].std() < 0.4 * data[-2000:].std()


def test_a_burst_is_reconstructed_by_a_baseline_of_recent_signal() -> None:
    data = noise(N, 6) * 0.3
    baseline = learn_baseline(INFO.channels, SFREQ, FILTER, data.copy())
    choice = DisplayChoice(FILTER, cleanings=frozenset({Cleaning.ASR}), baseline=baseline)
    burst = data.copy()
    burst[8000:8500] += 40 * noise(500, 1, seed=5)
    plain, clean = (shown(burst, each)[8100:8500, :5] for each in (DisplayChoice(FILTER), choice))
    assert clean.std() < 0.2 * plain.std()
    with pytest.raises(ValueError, match="are clean"):
        learn_baseline(INFO.channels, SFREQ, FILTER, data[:2000].copy())


def test_a_baseline_is_used_for_its_own_filter_and_channels_only() -> None:
    baseline = learn_baseline(INFO.channels, SFREQ, FILTER, noise(N, 6))
    choice = DisplayChoice(FILTER, cleanings=frozenset({Cleaning.ASR}), baseline=baseline)
    assert choice.within(INFO).cleanings
    assert not replace(choice, filter=DISPLAY_FILTERS[1]).within(INFO).cleanings
    assert not choice.within(replace(INFO, channels=EEG)).cleanings


@pytest.mark.parametrize("size", [40, 250])
def test_chunks_change_nothing_that_is_seen(size: int) -> None:
    data, _ = blinking()
    data[2000:2100, 2] = np.nan
    choice = DisplayChoice(
        FILTER, DisplayReference.AVERAGE, cleanings=frozenset({Cleaning.EOG, Cleaning.LINE})
    )
    whole, parts = shown(data, choice), shown(data, choice, size)
    np.testing.assert_allclose(parts, whole, atol=0.02)
    np.testing.assert_array_equal(np.isnan(whole), np.isnan(data))


def test_what_a_stream_does_not_allow_has_a_reason() -> None:
    choice = DisplayChoice(FILTER)
    allowed = {each: choice.why_not_cleaned(each, INFO) for each in Cleaning}
    assert set(allowed.values()) == {""}
    raw = DisplayChoice(DisplayFilter(None))
    assert all(raw.why_not_cleaned(each, INFO) for each in Cleaning)
    central = replace(INFO, channels=EEG[2:])
    assert "no EOG" in choice.why_not_cleaned(Cleaning.EOG, central)
    assert choice.why_not_cleaned(Cleaning.LINE, replace(INFO, sfreq=100.0))
    assert choice.why_not_cleaned(Cleaning.ASR, replace(INFO, channels=EEG[:2]))
    everything = replace(raw, cleanings=frozenset(Cleaning))
    assert not everything.within(INFO).cleanings


def test_frontal_channels_stand_in_for_the_eog_and_are_named() -> None:
    assert words_of(Cleaning.EOG, INFO.channels) == "EOG regressed"
    assert words_of(Cleaning.EOG, EEG) == "frontal channels regressed"


def test_names_that_are_no_cleaning_are_left_out() -> None:
    assert cleanings_named(["ASR", "magic"]) == {Cleaning.ASR}
