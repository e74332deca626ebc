"""Responses of a simulated person to flicker: steady-state (SSVEP) and to codes (c-VEP).

This is no model of a brain. A flicker of one frequency evokes oscillations at this frequency and at
its harmonics, with decreasing amplitude, from several places of the visual cortex with a lag
between them. Higher frequencies evoke less (Norcia, Appelbaum, Ales, Cottereau and Rossion, J. Vis.
15 (2015) 4). A code evokes a wave after each edge, which is smaller if an edge follows soon after
another. Alpha at the same places varies in amplitude. No decoder of this project is based on these
time courses.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import pi

import numpy as np

from bci.errors import ProfileError
from bci.profiles.flicker import MARKER, Codes, Flicker, FlickerTarget
from bci.profiles.profile import load_profile
from bci.stimulus.flicker_codes import code_bits
from devices.simulated.scenarios import Array, Place, Scenario, SimulatedTrial, TaskSource

_OZ: Place = (0.0002, -0.1123, 0.0088)
_LEFT: Place = (-0.029, -0.112, 0.0088)
_RIGHT: Place = (0.03, -0.112, 0.0088)
_POZ: Place = (0.0002, -0.102, 0.05)
_ALPHA_UV, _ALPHA_HZ = 8.0, 10.0
_FUNDAMENTAL_UV = 8.0
# Amplitudes of fundamental and harmonics, relative to the fundamental.
_HARMONICS = (1.0, 0.45, 0.25, 0.12)
_CODE_UV = 16.0
_RISE_S = 0.15
# Start of the first trial, in seconds, so that filters settle before.
_FIRST_S = 3.0
# Sampling rate of the stored responses to codes.
_GRID_HZ = 2000.0


@dataclass(frozen=True, slots=True)
class FlickerTraits:
    """Responses of a simulated person to flicker.

    Parameters
    ----------
    response : float
        Size of the responses; 1 is the usual size.
    latency_s : float
        Delay from the screen to the visual cortex, in seconds.
    jitter_s : float
        Range of the latency over trials, in seconds.
    phases : tuple of 8 float
        Phase lags of the four harmonics at the first and at the second place, in radians.
    """

    response: float = 1.0
    latency_s: float = 0.13
    jitter_s: float = 0.004
    phases: tuple[float, ...] = (0.0, 0.7, 1.9, 2.6, 0.9, 2.0, 0.3, 1.1)


def flicker_traits_of(seed: int) -> FlickerTraits:
    """Draw the traits of a person; the same seed gives the same traits."""
    rng = np.random.default_rng([seed, 17])
    return FlickerTraits(
        response=float(rng.uniform(0.75, 1.25)),
        latency_s=float(rng.uniform(0.11, 0.16)),
        jitter_s=float(rng.uniform(0.002, 0.006)),
        phases=tuple(float(phase) for phase in rng.uniform(0, 2 * pi, 8)),
    )


def ssvep(
    flicker: Flicker,
    traits: FlickerTraits | None = None,
    trial_s: float = 4.0,
    pause_s: tuple[float, float] = (1.0, 1.5),
) -> Scenario:
    """Make the scenario of looking at one of several targets, each with its own frequency."""
    traits = traits or FlickerTraits()
    sources = [_alpha()]
    for number, share in enumerate(_HARMONICS):
        place = (_OZ, _LEFT, _RIGHT, _POZ)[number]
        amplitude = _FUNDAMENTAL_UV * traits.response * share
        lags = traits.phases[number], traits.phases[4 + number]
        for spot, part, lag in ((place, 1.0, lags[0]), (_POZ, 0.5, lags[1])):
            gain = _oscillation(flicker.targets, number + 1, lag, traits)
            sources.append(TaskSource(spot, 0.035, part * amplitude, None, 0.0, gain))
    labels = _labels(flicker.targets)
    own = partial(_trials, labels, 1, trial_s, pause_s)
    return Scenario("ssvep", labels, trial_s, pause_s, tuple(sources), sustained=True, own=own)


def cvep(
    codes: Codes,
    traits: FlickerTraits | None = None,
    cycles: int = 4,
    pause_s: tuple[float, float] = (1.0, 1.5),
) -> Scenario:
    """Make the scenario of looking at one of several targets, each with its own code.

    There is one marker per cycle of the code.
    """
    traits = traits or FlickerTraits()
    labels = _labels(codes.targets)
    amplitude = _CODE_UV * traits.response
    sources = (
        _alpha(),
        TaskSource(_OZ, 0.035, amplitude, None, 0.0, _code_course(codes, traits, 0.0)),
        TaskSource(_POZ, 0.035, 0.6 * amplitude, None, 0.0, _code_course(codes, traits, 0.025)),
    )

    own = partial(_trials, labels, cycles, codes.cycle_s, pause_s)
    return Scenario("cvep", labels, codes.cycle_s, pause_s, sources, sustained=True, own=own)


def watching(profile: str, traits: FlickerTraits | None = None) -> Scenario:
    """Make the scenario of looking at the targets of a profile, given by its name or file.

    Raises
    ------
    ProfileError
        If the profile has no flicker.
    """
    paradigm = load_profile(profile).paradigm
    if paradigm.flicker is not None:
        return ssvep(paradigm.flicker, traits)
    if paradigm.codes is not None:
        return cvep(paradigm.codes, traits)
    raise ProfileError(
        f"{profile}: nothing flickers in this profile; name one with paradigm.flicker or "
        "paradigm.codes"
    )


def _trials(
    labels: tuple[str, ...],
    cycles: int,
    cycle_s: float,
    pause_s: tuple[float, float],
    rng: np.random.Generator,
) -> Iterator[SimulatedTrial]:
    """Yield trials of all targets in random order, without end; each lasts ``cycles`` cycles."""
    time = _FIRST_S
    while True:
        for label in rng.permutation(list(labels)):
            time += float(rng.uniform(*pause_s))
            strength = float(rng.uniform())
            for _ in range(cycles):
                yield SimulatedTrial(time, str(label), strength)
                time += cycle_s


def _labels(targets: "dict[str, FlickerTarget] | tuple[str, ...]") -> tuple[str, ...]:
    return tuple(f"{MARKER}/{name}" for name in targets)


def _alpha() -> TaskSource:
    return TaskSource(
        _OZ, 0.05, _ALPHA_UV, (_ALPHA_HZ, 1.0), 1.0, lambda _label, t, _strength: np.ones(len(t))
    )


def _late(strength: float, traits: FlickerTraits) -> float:
    """Compute the latency of a trial, in seconds, from its ``strength``."""
    return traits.latency_s + traits.jitter_s * (997.0 * strength % 1.0 - 0.5)


def _oscillation(
    targets: dict[str, FlickerTarget], harmonic: int, lag: float, traits: FlickerTraits
) -> Callable[[str, Array, float], Array]:
    def gain(label: str, t: Array, strength: float) -> Array:
        target = targets[label.removeprefix(f"{MARKER}/")]
        since = t - _late(strength, traits)
        phase = 2 * pi * target.frequency_hz * since + pi * target.phase_pi
        size = (0.6 + 0.4 * strength) * (10.0 / target.frequency_hz) ** 0.7
        wave = np.sin(harmonic * phase + lag)
        return np.asarray(size * np.clip(since / _RISE_S, 0, 1) * wave)

    return gain


def _code_course(
    codes: Codes, traits: FlickerTraits, later_s: float
) -> Callable[[str, Array, float], Array]:
    courses = _courses(codes, later_s)
    numbers = {label: k for k, label in enumerate(_labels(codes.targets))}

    def gain(label: str, t: Array, strength: float) -> Array:
        since = t - _late(strength, traits)
        place = np.floor(since % codes.cycle_s * _GRID_HZ).astype(np.int64)
        course = courses[numbers[label], np.minimum(place, courses.shape[1] - 1)]
        return np.asarray((0.6 + 0.4 * strength) * (since > 0) * course)

    return gain


def _courses(codes: Codes, later_s: float) -> Array:
    """Compute the response to each code over a cycle, without latency, (n_targets, n_samples)."""
    n = round(codes.cycle_s * _GRID_HZ)
    bits = code_bits(codes)
    number = np.minimum((np.arange(n) / _GRID_HZ * codes.rate_hz).astype(int), codes.n_bits - 1)
    times = np.arange(round(0.3 * _GRID_HZ)) / _GRID_HZ
    # A negative and a later positive wave after each edge has reached the cortex.
    rising = np.exp(-0.5 * ((times - 0.06 - later_s) / 0.018) ** 2)
    rising = -0.4 * np.exp(-0.5 * ((times - 0.02 - later_s) / 0.012) ** 2) + rising
    falling = -0.5 * np.exp(-0.5 * ((times - 0.07 - later_s) / 0.02) ** 2)
    courses = np.zeros((len(bits), n))
    for course, row in zip(courses, bits, strict=True):
        shown = row[number].astype(np.int64)
        change = shown - np.roll(shown, 1)
        edges = np.flatnonzero(change)
        since = np.diff(edges, prepend=edges[-1] - n) / _GRID_HZ
        # The cortex recovers within 0.1 s.
        recovered = 1.0 - np.exp(-since / 0.04)
        for edge, share in zip(edges, recovered, strict=True):
            kernel = rising if change[edge] > 0 else falling
            course[(edge + np.arange(len(kernel))) % n] += share * kernel
    return courses
