"""The simulated signal: background, task, artifacts and line noise at every sensor."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bci.signals import Channel, FloatArray, Marker
from devices.simulated.montages import positions
from devices.simulated.person import SimulatedPerson
from devices.simulated.scenarios import Scenario, TaskSource
from devices.simulated.sources import Array, Blinks, Pink, Rhythms, spread

_N_BACKGROUND = 40
# Length of a block, in seconds. Blocks make the signal independent of how it is read.
_BLOCK_S = 0.1
_EYES = (0.0, 0.0848, 0.0)
# Beyond this distance, a blink decreases with the square of the distance.
_BLINK_REACH_M = 0.05
# Value at other sensors that corresponds to 1 uV at the scalp.
_SCALES = {"eeg": 1.0, "eog": 1.0, "seeg": 4.0, "mag": 1.5e-14, "grad": 4e-13}


@dataclass(frozen=True, slots=True)
class Amplitudes:
    """Amplitudes of all parts except the task, in microvolts at the scalp."""

    background_uv: float = 9.0
    sensor_uv: float = 1.0
    blink_uv: float = 180.0
    blinks_per_min: float = 15.0
    line_uv: float = 4.0
    line_hz: float = 50.0
    offset_uv: float = 4000.0
    walk_uv: float = 5.0


class SimulatedSignal:
    """An endless signal with cues; the same seed and run give the same signal, bit by bit."""

    def __init__(
        self,
        channels: tuple[Channel, ...],  # Channels with positions
        sfreq: float,
        scenario: Scenario,
        seed: int,
        run: int = 1,  # Each run has its own noise, order of cues and pauses
        levels: Amplitudes | None = None,
        trials_per_label: int = 1,  # Trials per label in a round
    ) -> None:
        levels = levels or Amplitudes()
        # Each part has its own random numbers, so that a change of one does not affect the others.
        rngs = [np.random.default_rng(s) for s in np.random.SeedSequence([seed, run]).spawn(7)]
        self._sfreq = sfreq
        self._n_block = max(1, round(_BLOCK_S * sfreq))
        places = positions(channels)
        self._scale = np.array([_SCALES[channel.kind] for channel in channels])
        self._background = Pink(_N_BACKGROUND, sfreq, rngs[0])
        mixing = levels.background_uv * _background_mixing(channels, places, rngs[0])
        rhythms = [_rhythm(source, sfreq) for source in scenario.sources]
        self._swinging = [i for i, rhythm in enumerate(rhythms) if rhythm is not None]
        self._rhythms = Rhythms([r for r in rhythms if r is not None], sfreq, rngs[1])
        task = [s.amplitude_uv * _pattern(channels, places, s) for s in scenario.sources]
        has_eyes = any(channel.kind != "seeg" for channel in channels)
        self._blinks = Blinks(levels.blinks_per_min, sfreq, rngs[2])
        blink = levels.blink_uv * has_eyes * _blink_pattern(places)
        self._mixing = np.vstack([mixing, *task, blink]).astype(np.float32)
        self._line_hz = levels.line_hz
        self._line_gain = levels.line_uv * np.sqrt(2) * rngs[3].uniform(0.5, 1.5, len(channels))
        self._line_phase = rngs[3].uniform(0, 0.6, len(channels))
        self._sensor_uv = np.float32(levels.sensor_uv)
        self._sensor_rng = rngs[4]
        self._walk = rngs[3].normal(0, levels.offset_uv, len(channels)).astype(np.float32)
        self._walk_step = np.float32(levels.walk_uv / np.sqrt(sfreq))
        self.person = SimulatedPerson(scenario, sfreq, rngs[5], rngs[6], trials_per_label)
        self._n = 0

    def blocks(self) -> Iterator[tuple[FloatArray, list[Marker]]]:
        """Yield blocks of 0.1 s: samples (n, n_channels), and the cues in this time.

        The time of a marker is in seconds from the beginning.
        """
        while True:
            times = np.arange(self._n, self._n + self._n_block) / self._sfreq
            gains, markers = self.person.act(times)
            self._n += self._n_block
            yield self._make(times, gains), markers

    def _make(self, times: Array, gains: Array) -> FloatArray:
        n = len(times)
        courses = np.empty((n, len(self._mixing)), dtype=np.float32)
        courses[:, :_N_BACKGROUND] = self._background.next(n)
        gains[:, self._swinging] *= self._rhythms.next(n).T
        courses[:, _N_BACKGROUND:-1] = gains
        courses[:, -1] = self._blinks.next(n)
        noise = self._sensor_rng.standard_normal((2, n, len(self._scale)), dtype=np.float32)
        walk = self._walk + np.cumsum(self._walk_step * noise[1], axis=0)
        self._walk = walk[-1]
        phase = 2 * np.pi * self._line_hz * times[:, None] + self._line_phase
        line = (self._line_gain * np.sin(phase)).astype(np.float32)
        total = courses @ self._mixing + self._sensor_uv * noise[0] + walk + line
        return np.asarray(total * self._scale, dtype=np.float32)


def _rhythm(source: TaskSource, sfreq: float) -> tuple[float, float] | None:
    if source.rhythm is None:
        return None
    hz, width_hz = source.rhythm
    # If the sampling rate is too low for the rhythm, its frequency is reduced.
    return min(hz, 0.4 * sfreq), min(width_hz, 0.05 * sfreq)


def _blink_pattern(places: Array) -> Array:
    """Compute the strength of a blink at each sensor, (n_channels,).

    It is small if all sensors are far from the eyes.
    """
    eyes = np.array(_EYES)
    nearest = float(np.linalg.norm(places - eyes, axis=1).min())
    return spread(places, eyes, 0.035) * min(1.0, (_BLINK_REACH_M / nearest) ** 2)


def _pattern(channels: tuple[Channel, ...], places: Array, source: TaskSource) -> Array:
    """Compute the gain of a source at each sensor, (n_channels,)."""
    total = np.zeros(len(channels))
    for place, weight in ((source.place, 1.0), *source.also):
        weights = spread(places, np.array(place), source.width_m)
        total += weight * _along_gradients(
            channels, places, np.array(place), source.width_m, weights
        )
    return total


def _along_gradients(
    channels: tuple[Channel, ...], places: Array, place: Array, width_m: float, weights: Array
) -> Array:
    """Replace the weights of planar gradiometers by the slope of the field in their direction."""
    for i, channel in enumerate(channels):
        if channel.kind == "grad":
            up = places[i] / np.linalg.norm(places[i])
            across = np.cross(up, (0.0, 0.0, 1.0) if abs(up[2]) < 0.9 else (1.0, 0.0, 0.0))
            along = np.cross(up, across) if channel.name.endswith("y") else across
            weights[i] *= 1.6 * float(along @ (place - places[i])) / width_m
    return weights


def _background_mixing(
    channels: tuple[Channel, ...], places: Array, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Make the weights of random sources all over the head, (n_sources, n_channels).

    Together they have unit power at every sensor.
    """
    directions = rng.normal(size=(_N_BACKGROUND, 3))
    directions[:, 2] = np.abs(directions[:, 2])
    radius = np.linalg.norm(places, axis=1).mean()
    sources = radius * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    rows = [
        _along_gradients(channels, places, source, 0.04, spread(places, source))
        for source in sources
    ]
    mixing = np.stack(rows)
    return np.asarray(mixing / np.sqrt((mixing**2).sum(axis=0, keepdims=True) + 1e-12))
