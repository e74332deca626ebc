"""The filter `interpolate_bad`: it replaces channels of bad quality by an interpolation.

It is in this package because `QualityMeter` decides which channels are bad. So the limits and the
hysteresis are the same as in the dashboard.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bci.errors import shortened
from bci.head.electrodes import fit_sphere, standard_directions
from bci.head.splines import spline_weights
from bci.pipeline import filters
from bci.pipeline.cleaning import kernels
from bci.profiles.pipeline_settings import FilterSettings, Hertz
from bci.quality.channel_quality import State
from bci.quality.meter import QualityMeter
from bci.signals import Channel, Chunk, FloatArray, Signal, StreamInfo

_FADE_S = 0.1
_LEAST_SOURCES = 4
# A verdict lasts as long as the fault, but a change to another one takes three seconds.
_MEMORY_S = 10.0


class InterpolateBad(FilterSettings):
    """Interpolate EEG channels while their quality is bad.

    It must be the first filter, because quality is judged on the raw signal. It removes the offset
    with ``cutoff_hz``, as ``remove_dc`` does. Windows are rejected while more than ``max_share``
    of the EEG channels are bad. ``line_hz`` is the power-line frequency.
    """

    kind: Literal["interpolate_bad"] = "interpolate_bad"
    max_share: float = Field(0.25, gt=0, lt=1)
    cutoff_hz: Hertz = 0.5
    line_hz: Hertz = 50.0

    def stage(self, signal: Signal) -> filters.Stage:
        return BadChannelInterpolation(signal, self.max_share, self.cutoff_hz, self.line_hz)


class BadChannelInterpolation:
    """Replace bad channels by the spherical-spline interpolation of the other channels.

    A verdict applies from the end of the second that was judged. The signal is faded over 0.1 s.


    Raises `ValueError` if too few EEG channels have a position.
    """

    decimation = 1

    def __init__(self, signal: Signal, max_share: float, cutoff_hz: float, line_hz: float) -> None:
        self._info = StreamInfo("pipeline", "EEG", signal.sfreq, signal.channels)
        eeg = [i for i, channel in enumerate(signal.channels) if channel.kind == "eeg"]
        directions = _directions([signal.channels[i] for i in eeg])
        is_placed = np.isfinite(directions).all(axis=1)
        self._judged = np.array(eeg, dtype=np.int64)
        self._placed, self._directions = self._judged[is_placed], directions[is_placed]
        if len(self._placed) <= _LEAST_SOURCES:
            raise ValueError(
                f"{len(self._placed)} EEG channels have a known place, {_LEAST_SOURCES + 1} are "
                "needed to interpolate; give the channels their 10-05 names (pipeline.names)"
            )
        unplaced = [signal.channels[i].name for i in self._judged[~is_placed]]
        self.remarks: tuple[str, ...] = ()
        if unplaced:
            self.remarks = (f"at no known place, so never interpolated: {shortened(unplaced)}",)
        self._max_share, self._line_hz = max_share, line_hz
        self._high_pass = filters.SosFilter(
            filters.highpass(cutoff_hz, signal.sfreq), len(signal.channels), signal.sfreq
        )
        self._second = max(1, round(signal.sfreq))
        self._fade = max(1, round(_FADE_S * signal.sfreq))
        # Until the first verdict, after some four seconds, no channel is interpolated.
        self.settling = self._high_pass.settling
        self.memory = round(_MEMORY_S * signal.sfreq)
        self._scratch = np.empty(len(signal.channels))
        self.reset()

    @property
    def interpolated(self) -> tuple[str, ...]:
        """Names of the channels that are interpolated now."""
        return tuple(self._info.channels[i].name for i in sorted(self._replaced))

    def report(self) -> dict[str, float]:
        """Share of bad EEG channels as ``bad share``, and the value 1 per interpolated channel."""
        shares = {"bad share": round(len(self._bad) / len(self._judged), 4)}
        return shares | dict.fromkeys(self.interpolated, 1.0)

    def reset(self) -> None:
        self._high_pass.reset()
        self._meter = QualityMeter(self._info, self._line_hz)
        self._bad: frozenset[int] = frozenset()
        self._replaced: frozenset[int] = frozenset()
        self._replaced_before: frozenset[int] = frozenset()
        # Of the newest chunk: first row, row behind the last, channels that no output depends on.
        self._unused: list[tuple[int, int, frozenset[int]]] = []
        self._rows = np.empty(0, dtype=np.int64)
        self._before = self._after = np.empty((0, self._info.n_channels))
        self._age = 0
        self._changed_at = -self._fade
        self.newest_rejected = -1

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        row = 0
        self._unused.clear()
        while row < len(data):
            n = min(len(data) - row, self._second - self._age % self._second)
            part = data[row : row + n]
            # The meter uses indices only to find gaps, and there is no gap until a reset.
            reports = self._meter.push(Chunk(part, np.empty(0), self._age))
            self._high_pass.process(part, first + row)
            self._mix(part, row)
            row += n
            self._age += n
            if self._is_too_bad:
                self.newest_rejected = first + row - 1
            for report in reports:
                self._judge([i for i in self._judged if report[i].state == State.BAD])
        return data, first

    @property
    def _is_too_bad(self) -> bool:
        return len(self._bad) > self._max_share * len(self._judged)

    def clear_unused(self, is_bad: NDArray[np.bool_]) -> None:
        """Clear the marks of values that no output depends on.

        ``is_bad`` (n_samples, n_channels) marks values of the newest chunk.
        """
        for start, end, channels in self._unused:
            is_bad[start:end, list(channels)] = False

    def _mix(self, data: FloatArray, row: int) -> None:
        if not len(self._rows):
            return
        changing = min(max(self._changed_at + self._fade - self._age, 0), len(data))
        # While it changes, a channel counts that was interpolated before and will be.
        self._unused += [
            (row, row + changing, self._replaced & self._replaced_before),
            (row + changing, row + len(data), self._replaced),
        ]
        after_change = self._age - self._changed_at + np.arange(1, len(data) + 1)
        shares = np.minimum(after_change / self._fade, 1.0)
        kernels.mix_rows(data, self._rows, self._before, self._after, shares, self._scratch)

    def _judge(self, bad: Sequence[int]) -> None:
        """Update the interpolation if the set of bad channels has changed."""
        if frozenset(bad) == self._bad and self._rows.size == len(self._replaced):
            return
        before = self._replaced_before = self._replaced
        self._bad = frozenset(bad)
        sound = [k for k, i in enumerate(self._placed) if i not in self._bad]
        can = not self._is_too_bad and len(sound) >= _LEAST_SOURCES
        self._replaced = frozenset(self._bad & set(self._placed.tolist())) if can else frozenset()
        weights_before = dict(zip(self._rows.tolist(), self._after, strict=True))
        self._rows = np.array(sorted(before | self._replaced), dtype=np.int64)
        shape = len(self._rows), self._info.n_channels
        self._before, self._after = np.zeros(shape), np.zeros(shape)
        lost = [k for k, i in enumerate(self._placed) if i in self._replaced]
        spline = spline_weights(self._directions[sound], self._directions[lost]) if lost else None
        for k, channel in enumerate(self._rows.tolist()):
            self._before[k] = weights_before.get(channel, self._itself(channel))
            if spline is not None and channel in self._replaced:
                target = [int(self._placed[i]) for i in lost].index(channel)
                self._after[k, self._placed[sound]] = spline[target]
            else:
                self._after[k] = self._itself(channel)
        self._changed_at = self._age

    def _itself(self, channel: int) -> NDArray[np.float64]:
        row = np.zeros(self._info.n_channels)
        row[channel] = 1.0
        return row

    def response(self, freqs_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        return self._high_pass.response(freqs_hz)


def _directions(channels: Sequence[Channel]) -> NDArray[np.float64]:
    """Unit vectors from the centre of the head to the electrodes, (n, 3); NaN if unknown.

    They follow from the 10-05 names, as in a montage map, so that they are the same in every
    stream. If a name is unknown, the stated positions of all channels are used.
    """
    directions = standard_directions([channel.name for channel in channels])
    stated = [channel.position for channel in channels]
    if np.isfinite(directions).all() or None in stated or len(stated) < _LEAST_SOURCES:
        return directions
    places = np.array(stated, dtype=np.float64)
    offsets = places - fit_sphere(places)[0]
    return np.asarray(offsets / np.linalg.norm(offsets, axis=1, keepdims=True))
