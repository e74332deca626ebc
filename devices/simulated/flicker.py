"""Responses of a simulated person to flicker: steady-state (SSVEP) and to codes (c-VEP).

Not a model of a brain. A flicker of one frequency leaves oscillations at it and at its harmonics,
each smaller, from several places of the visual cortex with a lag between them; higher frequencies
leave less (Norcia, Appelbaum, Ales, Cottereau and Rossion, J. Vis. 15 (2015) 4). A code leaves
a wave after each edge, smaller where an edge follows soon after another. Alpha waxes and wanes
over the same places. No decoder of ours is built on these courses.
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
# Of the fundamental, at its harmonics.
_HARMONICS = (1.0, 0.45, 0.25, 0.12)
_CODE_UV = 16.0
_RISE_S = 0.15
# Filters settle before the first trial.
_FIRST_S = 3.0
# Courses of responses to codes are kept at this rate.
_GRID_HZ = 2000.0


@dataclass(frozen=True, slots=True)
class FlickerTraits:
    """Responses of a simulated person to flicker.

    Parameters
    ----------
    response : float
        Size of the responses; 1 is the usual size.
    latency_s : float
        From the screen to the visual cortex, in seconds.
    jitter_s : float
        Range of the latency over trials, in seconds.
    phases : tuple of 8 float
        Lags of the harmonics and of the second place, in radians.
    """

    response: float = 1.0
    latency_s: float = 0.13
    jitter_s: float = 0.004
    phases: tuple[float, ...] = (0.0, 0.7, 1.9, 2.6, 0.9, 2.0, 0.3, 1.1)


def flicker_traits_of(seed: int) -> FlickerTraits:
    """Draw the traits of a person; the same seed gives the same ones."""
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
    """Look at one of several targets that flicker at a frequency each."""
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
    """Look at one of several targets that flicker by a code each; a marker a cycle."""
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
    """Look at the targets of a profile, by its name or file.

    Raises
    ------
    ProfileError
        If nothing flickers in it.
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
    """All targets in random order, again and again; each repeats for some cycles."""
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
    """Latency of a trial, from the number that is drawn for it."""
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
    """Response to each code, after its latency, over a cycle; (n_targets, n_samples)."""
    n = round(codes.cycle_s * _GRID_HZ)
    bits = code_bits(codes)
    number = np.minimum((np.arange(n) / _GRID_HZ * codes.rate_hz).astype(int), codes.n_bits - 1)
    times = np.arange(round(0.3 * _GRID_HZ)) / _GRID_HZ
    # A negative wave and a later positive one, after the first edge has reached the cortex.
    rising = np.exp(-0.5 * ((times - 0.06 - later_s) / 0.018) ** 2)
    rising = -0.4 * np.exp(-0.5 * ((times - 0.02 - later_s) / 0.012) ** 2) + rising
    falling = -0.5 * np.exp(-0.5 * ((times - 0.07 - later_s) / 0.02) ** 2)
    courses = np.zeros((len(bits), n))
    for course, row in zip(courses, bits, strict=True):
        shown = row[number].astype(np.int64)
        change = shown - np.roll(shown, 1)
        edges = np.flatnonzero(change)
        since = np.diff(edges, prepend=edges[-1] - n) / _GRID_HZ
        # The cortex recovers within a tenth of a second.
        recovered = 1.0 - np.exp(-since / 0.04)
        for edge, share in zip(edges, recovered, strict=True):
            kernel = rising if change[edge] > 0 else falling
            course[(edge + np.arange(len(kernel))) % n] += share * kernel
    return courses
