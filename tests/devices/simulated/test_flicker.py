"""A simulated person who looks at targets that flicker."""

from dataclasses import replace

import numpy as np
import pytest

from bci.errors import DeviceError
from bci.profiles.flicker import Flicker
from bci.profiles.profile import load_profile
from bci.signals import Marker
from devices.simulated import flicker
from devices.simulated.montages import occipital
from devices.simulated.scenarios import Scenario
from devices.simulated.signal import Amplitudes, SimulatedSignal
from devices.simulated.simulator import SimulatorDevice, SimulatorSettings
from devices.simulated.subject import SubjectSettings, simulate_run

QUIET = Amplitudes(
    background_uv=0.5, sensor_uv=0.1, blink_uv=0.0, line_uv=0.0, offset_uv=0.0, walk_uv=0.0
)
SFREQ = 250.0


def two_targets() -> Flicker:
    targets = {"A": {"frequency_hz": 8.0}, "B": {"frequency_hz": 13.0}}
    return Flicker.model_validate({"targets": targets})


def followed(scenario: Scenario, markers: list[Marker], seconds: float) -> np.ndarray:
    """Signal of a person who follows these markers, at Oz, without alpha."""
    scenario = replace(scenario, sources=scenario.sources[1:])
    signal = SimulatedSignal(occipital(4), SFREQ, scenario, 1, levels=QUIET)
    signal.person.follow(True)
    waiting, parts, blocks = list(markers), [], signal.blocks()
    while sum(map(len, parts)) < seconds * SFREQ:
        now = sum(map(len, parts)) / SFREQ
        while waiting and waiting[0].time <= now:
            signal.person.receive(waiting.pop(0))
        parts.append(next(blocks)[0])
    return np.concatenate(parts)[:, 0]


def strongest_hz(course: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(course * np.hanning(len(course)))) ** 2
    hz = np.fft.rfftfreq(len(course), 1 / SFREQ)
    return float(hz[np.argmax(np.where((hz > 4) & (hz < 40), power, 0))])


def test_the_response_follows_the_attended_target_until_something_else_is_cued() -> None:
    scenario = flicker.ssvep(two_targets(), trial_s=2.0)
    markers = [Marker(1.0, "flicker/B"), Marker(9.0, "selection/2/A"), Marker(10.0, "flicker/A")]
    course = followed(scenario, markers, 14.0)
    assert strongest_hz(course[500:1000]) == pytest.approx(13.0, abs=0.6)
    # Longer than a trial of its own.
    assert strongest_hz(course[1500:2250]) == pytest.approx(13.0, abs=0.6)
    assert strongest_hz(course[2750:]) == pytest.approx(8.0, abs=0.6)
    shown, rest = course[1500:2250].std(), course[2300:2500].std()
    assert shown > 3 * rest


def test_a_code_leaves_the_same_course_in_every_cycle() -> None:
    codes = load_profile("cvep").paradigm.codes
    assert codes is not None
    scenario = flicker.cvep(codes)
    markers = [Marker(1.0 + k * codes.cycle_s, "flicker/C") for k in range(5)]
    course = followed(scenario, markers, 6.2)
    starts = [round((1.2 + k * codes.cycle_s) * SFREQ) for k in (1, 2, 3)]
    cycles = [course[start : start + 250] for start in starts]
    assert np.corrcoef(cycles)[0, 1] > 0.9
    assert np.corrcoef(cycles)[0, 2] > 0.9


def test_a_run_has_each_target_as_often_and_a_marker_a_cycle() -> None:
    recording = simulate_run(SubjectSettings(1, "cvep", 4), 1)
    assert recording.info.simulated
    labels = [marker.label for marker in recording.markers]
    assert {labels.count(f"flicker/{name}") for name in "ABCDEFGH"} == {4}
    times = [m.time for m in recording.markers if m.label == "flicker/A"]
    np.testing.assert_allclose(np.diff(times), 1.05, atol=1e-9)
    again = simulate_run(SubjectSettings(1, "cvep", 4), 1)
    assert recording.data.tobytes() == again.data.tobytes()


def test_people_differ_and_a_profile_without_flicker_is_refused() -> None:
    assert flicker.flicker_traits_of(1) == flicker.flicker_traits_of(1)
    assert flicker.flicker_traits_of(1) != flicker.flicker_traits_of(2)
    settings = SimulatorSettings(task="ssvep", flicker="motor-imagery")
    with pytest.raises(DeviceError, match="motor-imagery: nothing flickers in this profile"):
        SimulatorDevice(settings).open()
