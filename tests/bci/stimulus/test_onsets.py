"""Onsets of a simulated sensor, and their delays after the markers."""

import numpy as np
import pytest

from bci.errors import DeviceError
from bci.signals import Marker
from bci.stimulus.offsets import TimingFigures, figures_of, match
from bci.stimulus.onsets import SensorSignal, find_onsets
from devices.simulated.diode import SimulatedDiode

DELAY_S, JITTER_S = 0.0231, 0.002


def signal_of(values: np.ndarray, sfreq: float) -> SensorSignal:
    return SensorSignal("diode:1", values, np.arange(len(values)) / sfreq, sfreq)


def marker_times(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, 9])
    return 1.0 + np.cumsum(rng.uniform(0.3, 0.7, n))


def lab(sfreq: float, seed: int, n: int = 120, jitter_s: float = JITTER_S) -> tuple:
    """Return markers, the photodiode's signal, and the true delays."""
    markers = marker_times(n, seed)
    diode = SimulatedDiode(DELAY_S, jitter_s, np.random.default_rng(seed))
    for time in markers:
        diode.receive(Marker(float(time), "patch"))
    times = np.arange(round((markers[-1] + 1) * sfreq)) / sfreq
    return markers, signal_of(diode.measure(times, 1 / sfreq), sfreq), np.array(diode.delays)


def measured(markers: np.ndarray, signal: SensorSignal) -> TimingFigures:
    return figures_of(match(markers, find_onsets(signal), signal.name), 60.0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sfreq", [250.0, 500.0, 1000.0, 2000.0])
def test_known_delay_and_jitter_come_back(sfreq: float, seed: int) -> None:
    markers, signal, delays = lab(sfreq, seed)
    found = measured(markers, signal)
    assert (found.n, found.missed, found.extra, found.late) == (120, 0, 0, 0)
    assert found.offset_s == pytest.approx(DELAY_S, abs=0.001)
    assert found.sd_s == pytest.approx(delays.std(ddof=1), rel=0.10)
    assert found.offset_low_s < found.offset_s < found.offset_high_s
    assert found.sd_low_s < found.sd_s < found.sd_high_s
    assert found.drift_low < 0 < found.drift_high


def test_sensor_the_other_way_round_gives_the_same_onsets() -> None:
    markers, signal, _ = lab(500.0, 1)
    turned = signal_of(-signal.values, 500.0)
    assert measured(markers, turned) == measured(markers, signal)


def test_missed_flips_extra_light_and_late_frames_are_counted() -> None:
    markers, _, _ = lab(1000.0, 2)
    diode = SimulatedDiode(DELAY_S, 0.0005, np.random.default_rng(2))
    for k, time in enumerate(markers):
        late = 1 / 60 if k in (50, 60) else 0.0
        if k not in (10, 20, 30):
            diode.receive(Marker(float(time) + late, "patch"))
    diode.receive(Marker(0.2, "door"))
    times = np.arange(round((markers[-1] + 1) * 1000)) / 1000
    found = measured(markers, signal_of(diode.measure(times, 1e-3), 1000.0))
    assert (found.missed, found.extra, found.late) == (3, 1, 2)
    assert found.offset_s == pytest.approx(DELAY_S, abs=0.001)


def test_drift_of_a_sensor_s_clock_is_found_with_its_interval() -> None:
    markers, signal, _ = lab(1000.0, 3)
    drifting = SensorSignal("d", signal.values, signal.times * (1 + 2e-4), 1000.0)
    found = measured(markers, drifting)
    assert found.drifts
    assert found.drift_low < 60 * 2e-4 < found.drift_high


def test_backlight_that_is_switched_is_one_flash() -> None:
    markers, signal, _ = lab(2000.0, 4)
    # A backlight at 240 Hz, dark for a quarter of its period.
    switched = np.where(signal.times * 240 % 1 < 0.25, 120.0, signal.values)
    found = measured(markers, signal_of(switched, 2000.0))
    assert (found.missed, found.extra) == (0, 0)


def test_click_is_found_by_its_magnitude() -> None:
    rng, sfreq = np.random.default_rng(5), 8000.0
    markers = marker_times(16, 5)
    times = np.arange(round((markers[-1] + 1) * sfreq)) / sfreq
    wave = 0.01 * rng.standard_normal(len(times))
    for time in markers + 0.05:
        after = times - time
        wave += np.sin(2 * np.pi * 900 * after) * np.exp(-after.clip(0) / 0.004) * (after >= 0)
    onsets = find_onsets(signal_of(wave, sfreq), "sound")
    found = figures_of(match(markers, onsets, "microphone"))
    assert (found.n, found.extra) == (16, 0)
    assert found.offset_s == pytest.approx(0.05, abs=0.001)


def test_trigger_line_is_dated_at_the_first_sample_of_each_pulse() -> None:
    line = np.zeros(1000)
    line[100:110] = line[400:410] = 5
    onsets = find_onsets(signal_of(line, 1000.0), "trigger")
    np.testing.assert_allclose(onsets, [0.1, 0.4])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.full(500, 3.0), r"diode:1 never changes \(it is always 3\): put the photodiode"),
        (np.empty(0), "it gave no sample"),
        (np.random.default_rng(1).normal(0, 5, 5000), "never changes by more than its noise"),
    ],
)
def test_channel_that_never_changes_is_refused_in_a_sentence(
    values: np.ndarray, words: str
) -> None:
    with pytest.raises(DeviceError, match=words):
        find_onsets(signal_of(values, 500.0))


def test_light_that_has_nothing_to_do_with_the_markers_is_refused() -> None:
    _, signal, _ = lab(500.0, 6)
    other = 100.0 + marker_times(120, 7)
    with pytest.raises(DeviceError, match="of 120 flashes have an onset"):
        match(other, find_onsets(signal), signal.name)
    with pytest.raises(DeviceError, match="3 markers are too few"):
        match(other[:3], find_onsets(signal), signal.name)
