"""Luminance of targets by frame, and flickers that a monitor cannot show."""

import numpy as np
import pytest

from bci.errors import ProfileError
from bci.profiles.flicker import Brightness, Codes, Flicker, FlickerTarget
from bci.profiles.profile import load_profile
from bci.stimulus.flicker import (
    check_refresh,
    flickering,
    joint_frequency_phase,
    square_frequencies,
)
from bci.stimulus.flicker_codes import sampled_bits
from bci.stimulus.flicker_warnings import flicker_warnings


def flicker(waveform: str = "sine", **hz: float) -> Flicker:
    targets = {name: {"frequency_hz": each} for name, each in hz.items()}
    return Flicker.model_validate({"targets": targets, "waveform": waveform})


def course(shown: Flicker, refresh_hz: float, n_frames: int) -> np.ndarray:
    made = flickering(shown, None, refresh_hz)
    return np.array([made.at(frame) for frame in range(n_frames)])


def test_a_sine_has_its_frequency_at_any_refresh() -> None:
    for refresh_hz in (59.94, 60.0, 144.0):
        n = round(10 * refresh_hz)
        power = np.abs(np.fft.rfft(course(flicker(A=11.0, B=13.7), refresh_hz, n).T)) ** 2
        power[:, 0] = 0
        peaks = power.argmax(axis=1) * refresh_hz / n
        np.testing.assert_allclose(peaks, [11.0, 13.7], atol=0.1)


def test_a_phase_of_pi_is_the_opposite_luminance() -> None:
    targets = {
        "A": FlickerTarget(frequency_hz=10.0),
        "B": FlickerTarget(frequency_hz=10.0, phase_pi=1.0),
    }
    shown = course(Flicker(targets=targets), 60.0, 60)
    np.testing.assert_allclose(shown.sum(axis=1), 1.0, atol=1e-9)


def test_a_square_wave_repeats_after_whole_frames() -> None:
    shown = course(flicker("square", A=10.0, B=12.0), 59.94, 60)
    np.testing.assert_array_equal(shown[:6, 0], [1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(shown[6:12, 0], shown[:6, 0])
    assert shown[:5, 1].tolist() == shown[5:10, 1].tolist()
    assert set(np.unique(shown)) == {0.0, 1.0}


def test_luminance_stays_within_the_bounds_of_the_user() -> None:
    shown = flicker(A=10.0, B=12.0)
    shown = shown.model_copy(update={"luminance": Brightness(darkest=0.2, brightest=0.6)})
    luminance = course(shown, 60.0, 120)
    assert luminance.min() >= 0.2
    assert luminance.max() <= 0.6


def test_frequencies_of_square_waves_are_fractions_of_the_refresh() -> None:
    found = square_frequencies(60.0, 7.0, 20.0)
    np.testing.assert_allclose(found, [60 / 8, 60 / 7, 10, 12, 15, 20])
    check_refresh(flicker("square", **{f"T{k}": hz for k, hz in enumerate(found)}), 60.0)


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (flicker("square", A=10.0, B=13.0), "13 Hz, which is no whole number of frames at 60 Hz"),
        (flicker(A=10.0, B=31.0), "31 Hz, and a monitor of 60 Hz shows less than 30 Hz"),
    ],
)
def test_a_monitor_that_cannot_show_a_frequency_is_refused(shown: Flicker, says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        flickering(shown, None, 60.0)


@pytest.mark.parametrize(
    ("paradigm", "says"),
    [
        ({"flicker": {"targets": {"A": {"frequency_hz": 50}, "B": {"frequency_hz": 9}}}},
         "target A flickers at 50 Hz, outside lowest_hz"),
        ({"flicker": {"targets": {"A": {"frequency_hz": 9}, "B": {"frequency_hz": 9}}}},
         "targets A and B have the same frequency and phase"),
        ({"codes": {"targets": [f"T{k}" for k in range(70)]}},
         "70 targets are more than the 63 codes"),
        ({"codes": {"targets": ["A", "B", "C"], "shift_bits": 30}},
         "3 targets are more than the 2 codes"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_shown_is_refused(paradigm: dict[str, object], says: str) -> None:
    profile = {"task": "ssvep", "pipeline": {"window_s": 1}, "paradigm": paradigm}
    with pytest.raises(ProfileError, match=says):
        load_profile(profile)


def test_targets_are_the_classes_with_a_marker_each() -> None:
    profile = load_profile("ssvep")
    assert profile.paradigm.classes["A"] == "flicker/A"
    stimuli = profile.stimuli
    assert stimuli is not None
    assert stimuli.classes == tuple("ABCDEFGH")
    assert (stimuli.frequencies[1], stimuli.phases[1]) == (8.8, np.pi / 2)
    assert stimuli.high_hz == 90


def test_forty_targets_have_joint_frequencies_and_phases() -> None:
    shipped = load_profile("ssvep-40").paradigm.flicker
    assert shipped is not None
    targets = joint_frequency_phase(tuple(shipped.targets))
    assert shipped.targets == targets
    assert len({(each.frequency_hz, each.phase_pi) for each in targets.values()}) == 40
    assert targets["<"].frequency_hz == 15.8
    flickering(shipped, None, 60.0)


def test_codes_repeat_after_a_cycle_and_follow_the_refresh() -> None:
    codes = Codes(targets=("A", "B", "C"))
    slow, fast = flickering(None, codes, 60.0), flickering(None, codes, 120.0)
    assert (slow.cycle, fast.cycle) == (63, 126)
    bits = np.array([slow.at(frame) for frame in range(63)]).T
    np.testing.assert_array_equal(slow.at(63), slow.at(0))
    np.testing.assert_array_equal(fast.at(21), slow.at(10))
    np.testing.assert_array_equal(bits[1], np.roll(bits[0], -codes.shift))
    # Equal to the bits that the decoder computes at its own rate.
    np.testing.assert_array_equal(sampled_bits(codes, 60.0, 63), bits)
    with pytest.raises(ProfileError, match="no whole number of frames at 75 Hz"):
        flickering(None, codes, 75.0)


def test_codes_of_an_m_sequence_hardly_correlate_and_gold_codes_differ() -> None:
    targets = tuple(f"T{k}" for k in range(20))
    for kind in ("m-sequence", "gold"):
        codes = Codes(targets=targets, kind=kind)  # type: ignore[arg-type]
        bits = sampled_bits(codes, 60.0, 63)
        correlations = np.corrcoef(bits)[~np.eye(20, dtype=bool)]
        assert np.abs(correlations).max() < 0.35


def test_warnings_name_the_photosensitive_range() -> None:
    first, *more = flicker_warnings(flicker(A=9.0, B=17.0), None)
    assert "photosensitive epilepsy" in first
    assert more == [
        "1 of 2 targets flicker at 15 to 25 Hz, where most photosensitive people react."
    ]
