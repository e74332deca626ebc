"""How good each channel of a live stream is, told once a second from one pass over its samples."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, iirpeak

from bci.channels.units import UNKNOWN, factor
from bci.messages.quality_reasons import Reason, describe
from bci.pipeline import kernels
from bci.types import Channel, Chunk, StreamInfo

Values = NDArray[np.float64]

_SLOW_HZ = 0.5
_HIGH_HZ = 35.0
_LINE_Q = 12.0
_N_NEIGHBOURS = 4
# A verdict gets worse after so many seconds in a row that say so, and better after so many.
_SECONDS_TO_WORSE, _SECONDS_TO_BETTER = 2, 3
_SETTLING_S = 2.0
# Channels that no electrode is behind.
_NOT_JUDGED = ("stim", "misc", "trig", "markers", "ref_meg")
# What a microvolt of scalp EEG is at other sensors, in their working unit, so that the limits
# mean the same.
_PER_UV = {
    "eeg": ("uV", 1.0), "eog": ("uV", 1.0), "seeg": ("uV", 5.0), "ecog": ("uV", 5.0),
    "mag": ("T", 1.5e-14), "grad": ("T/m", 4e-13),
}  # fmt: skip


class State(IntEnum):
    """Of a channel; not judged where a good amplitude cannot be told from a bad one."""

    GOOD = 0
    DOUBTFUL = 1
    BAD = 2
    NOT_JUDGED = -1

    @property
    def word(self) -> Literal["good", "doubtful", "bad", "not judged"]:
        """The state in words."""
        return _WORDS[self]


_WORDS: dict[State, Literal["good", "doubtful", "bad", "not judged"]] = {
    State.GOOD: "good", State.DOUBTFUL: "doubtful", State.BAD: "bad",
    State.NOT_JUDGED: "not judged",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a channel is doubtful, and from where on bad.

    Amplitudes are as in scalp EEG, in microvolts; other sensors are scaled. The values are
    those at which people who run EEG look at an electrode, not diagnostic ones. ``high_share``,
    of the power above 35 Hz, is for EEG whose unit is unknown: in public recordings it is 0.4 at
    most while electrodes are well, and 0.6 to 0.9 in white noise.
    """

    line_share: tuple[float, float] = (0.5, 0.9)
    high_uv: tuple[float, float] = (12.0, 40.0)
    high_share: tuple[float, float] = (0.45, 0.55)
    rms_uv: tuple[float, float] = (120.0, 500.0)
    drift_uv_s: tuple[float, float] = (300.0, 3000.0)
    kurtosis: tuple[float, float] = (15.0, 60.0)
    least_correlation: tuple[float, float] = (0.35, 0.1)
    impedance_kohm: tuple[float, float] = (50.0, 500.0)
    held_share: float = 0.1
    rail_uv: float = 50_000.0


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """One channel, this second.

    Parameters
    ----------
    state : State
        Settled: it does not flicker.
    text : str
        The reason for people, with its figure; empty where the channel is good.
    rms : float
        Of what is faster than half a hertz, in the channel's unit.
    line_share : float
        Share of the power that lies at the line frequency, 0 to 1.
    high : float
        Rms above 35 Hz without the line, in the channel's unit; muscle, mostly.
    drift : float
        Of the slow mean, in the channel's unit a second.
    kurtosis : float
        Excess; 0 for Gaussian noise, large for jumps and blinks.
    correlation : float
        Largest magnitude with a neighbour; NaN where positions are unknown.
    impedance_kohm : float
        NaN where it is not measured.
    reason : Reason or None
        Why it is not good, or why that cannot be told; None where it is good.
    """

    name: str
    state: State
    text: str
    rms: float
    line_share: float
    high: float
    drift: float
    kurtosis: float
    correlation: float
    impedance_kohm: float
    reason: Reason | None = None


class _Finding(NamedTuple):
    """Finding of one second about a channel."""

    state: State = State.GOOD
    reason: Reason | None = None
    figure: float = 0.0


_GOOD = _Finding()


@dataclass
class _Verdict:
    """What is shown of a channel, and what the last seconds said instead."""

    shown: _Finding = _GOOD
    seconds: int = 0
    towards: State = State.GOOD


@dataclass
class _Sums:
    """What one second added up to."""

    values: Values
    cross: Values
    unknown: Values
    n: int = 0
    mean_at_start: Values = field(default_factory=lambda: np.empty(0))


class QualityMeter:
    """Follows the quality of every channel of a stream.

    Parameters
    ----------
    info : StreamInfo
        A regular stream.
    line_hz : float
        Frequency of the power line, 50 or 60.
    limits : Limits
    """

    def __init__(
        self, info: StreamInfo, line_hz: float = 50.0, limits: Limits | None = None
    ) -> None:
        if not info.sfreq > 0:
            raise ValueError(f"{info.name} is irregular: it has no signal quality")
        self.info = info
        self._limits = limits or Limits()
        self._n_second = max(1, round(info.sfreq))
        self._settling = round(_SETTLING_S * info.sfreq)
        self._scale = np.array([_per_uv(channel) for channel in info.channels])
        self._unjudged = [_why_unjudged(channel) for channel in info.channels]
        self._neighbours, self._has_neighbours = _neighbours(info)
        self._weight = 1.0 - float(np.exp(-2 * np.pi * _SLOW_HZ / info.sfreq))
        self._line = _biquad_peak(line_hz, info.sfreq)
        self._high = _biquad_high(_HIGH_HZ, info.sfreq)
        self._verdicts = [
            _Verdict(_Finding(State.NOT_JUDGED, why)) if why else _Verdict()
            for why in self._unjudged
        ]
        self._impedances: Values = np.full(info.n_channels, np.nan)
        self._expected: int | None = None
        self._state = np.zeros((kernels.N_ROWS, info.n_channels))
        self._sums = self._begin_second()

    def set_impedances(self, kohm: Values | None) -> None:
        """Take the newest impedances, (n_channels,), in kiloohms; NaN where unknown."""
        if kohm is not None:
            self._impedances = kohm

    def push(self, chunk: Chunk) -> list[list[ChannelQuality]]:
        """Take samples; one list of all channels for every second that they completed."""
        if self._expected is None or chunk.first != self._expected:
            self._restart(chunk)
        self._expected = chunk.end
        reports, row = [], 0
        while row < len(chunk.data):
            n = min(len(chunk.data) - row, self._n_second - self._sums.n)
            self._measure(chunk.data[row : row + n])
            row += n
            if self._sums.n == self._n_second:
                report = self._judge()
                if report is not None:
                    reports.append(report)
                self._sums = self._begin_second()
        return reports

    def _restart(self, chunk: Chunk) -> None:
        """After a gap the filters begin anew, at the level that the signal has now."""
        self._state[:] = 0.0
        self._state[kernels.MEAN] = np.nan_to_num(chunk.data[0]) if len(chunk.data) else 0.0
        self._wait = self._settling
        self._sums = self._begin_second()

    def _begin_second(self) -> _Sums:
        self._state[kernels.LOWEST], self._state[kernels.HIGHEST] = np.inf, -np.inf
        self._state[kernels.N_LOWEST : kernels.N_REPEATS + 1] = 0.0
        n = self.info.n_channels
        cross = np.zeros(self._neighbours.shape)
        return _Sums(np.zeros((4, n)), cross, np.zeros(n), 0, self._state[kernels.MEAN].copy())

    def _measure(self, data: NDArray[np.float32]) -> None:
        known = np.isfinite(data)
        if not known.all():
            self._sums.unknown += len(data) - known.sum(axis=0)
            data = np.nan_to_num(data, nan=0.0, posinf=0.0, neginf=0.0)
        kernels.measure_quality(
            data, self._neighbours, self._weight, self._line, self._high, self._state,
            self._sums.values, self._sums.cross,
        )  # fmt: skip
        self._sums.n += len(data)

    def _judge(self) -> list[ChannelQuality] | None:
        self._wait -= self._sums.n
        if self._wait > 0:
            return None
        n, (power, fourth, line, high) = self._sums.n, self._sums.values / self._sums.n
        measured = {
            "rms": np.sqrt(power),
            "line_share": np.clip(line / np.maximum(power, 1e-300), 0, 1),
            # A resonator this broad has about the line's share of the fast power, too.
            "high": np.sqrt(np.maximum(high - line, 0.0)),
            "drift": self._state[kernels.MEAN] - self._sums.mean_at_start,
            "kurtosis": fourth / np.maximum(power, 1e-150) ** 2 - 3.0,
            "correlation": self._correlations(power),
            "impedance_kohm": self._impedances,
        }
        constant = self._state[kernels.N_REPEATS] >= n - 1
        held = (
            np.maximum(self._state[kernels.N_LOWEST], self._state[kernels.N_HIGHEST]) / n
            >= self._limits.held_share
        )
        reports = []
        for c, channel in enumerate(self.info.channels):
            values = {name: float(each[c]) for name, each in measured.items()}
            unknown = float(self._sums.unknown[c]) / n
            found = self._verdict(c, values, unknown, bool(constant[c]), bool(held[c]))
            shown = _settle(self._verdicts[c], found)
            text = describe(shown.reason, shown.figure)
            reports.append(
                ChannelQuality(channel.name, shown.state, text, **values, reason=shown.reason)
            )
        return reports

    def _correlations(self, power: Values) -> Values:
        if not self._neighbours.size:
            return np.full(self.info.n_channels, np.nan)
        scale = np.sqrt(power[:, None] * power[self._neighbours])
        with_each = np.abs(self._sums.cross / self._sums.n) / np.maximum(scale, 1e-300)
        return np.where(self._has_neighbours, with_each.max(axis=1), np.nan)

    def _verdict(
        self, c: int, values: dict[str, float], unknown: float, constant: bool, held: bool
    ) -> _Finding:
        """Judge a channel by this second."""
        if self.info.channels[c].kind in _NOT_JUDGED:
            return _GOOD
        if unknown > 0.5:
            return _Finding(State.BAD, Reason.NO_VALUES)
        if unknown:
            # Its other figures are those of a signal with zeros in it.
            return _Finding(State.DOUBTFUL, Reason.VALUES_MISSING, unknown)
        limits, scale = self._limits, self._scale[c]
        level = (
            max(abs(self._state[kernels.LOWEST, c]), abs(self._state[kernels.HIGHEST, c])) / scale
        )
        if constant:
            return _Finding(State.BAD, Reason.RAILED if level > limits.rail_uv else Reason.FLAT)
        if held:
            return _Finding(State.BAD, Reason.CLIPPED)
        microvolts = {name: abs(values[name]) / scale for name in ("rms", "high", "drift")}
        # From what has one cause to what has many.
        doubtful, bad = limits.least_correlation
        checks = [
            (values["impedance_kohm"], limits.impedance_kohm, Reason.IMPEDANCE),
            (values["line_share"], limits.line_share, Reason.LINE_NOISE),
            (microvolts["drift"], limits.drift_uv_s, Reason.DRIFTING),
            (values["kurtosis"], limits.kurtosis, Reason.JUMPS),
            (microvolts["high"], limits.high_uv, Reason.MUSCLE),
            (microvolts["rms"], limits.rms_uv, Reason.VERY_LARGE),
        ]
        if self._unjudged[c] == Reason.NO_UNIT:
            share = (values["high"] / max(values["rms"], 1e-150)) ** 2
            checks.append((share, limits.high_share, Reason.MUSCLE))
        checks.append((-values["correlation"], (-doubtful, -bad), Reason.UNLIKE_NEIGHBOURS))
        # A comparison with NaN, where the unit or the position is unknown, is never true.
        for value, (_, worst), reason in checks:
            if value >= worst:
                return _Finding(State.BAD, reason, value)
        for value, (first, _), reason in checks:
            if value >= first:
                return _Finding(State.DOUBTFUL, reason, value)
        why = self._unjudged[c]
        return _Finding(State.NOT_JUDGED, why) if why else _GOOD


def _per_uv(channel: Channel) -> float:
    """Size of a microvolt of scalp EEG in a channel's unit; NaN where that is unknown."""
    unit, size = _PER_UV.get(channel.kind, ("", np.nan))
    return size * (factor(unit, channel.unit) or np.nan)


def _why_unjudged(channel: Channel) -> Reason | None:
    if channel.kind == UNKNOWN:
        return Reason.NO_KIND
    return Reason.NO_UNIT if channel.kind in _PER_UV and np.isnan(_per_uv(channel)) else None


def _settle(verdict: _Verdict, found: _Finding) -> _Finding:
    """Change what is shown only when several seconds in a row agree on the direction."""
    state, shown = found.state, verdict.shown.state
    if state == shown:
        verdict.seconds = 0
        verdict.shown = found
        return found
    worse = state > shown
    same_way = verdict.seconds > 0 and (verdict.towards > shown) == worse
    verdict.seconds = verdict.seconds + 1 if same_way else 1
    verdict.towards = state
    if verdict.seconds >= (_SECONDS_TO_WORSE if worse else _SECONDS_TO_BETTER):
        verdict.shown, verdict.seconds = found, 0
    return verdict.shown


def _neighbours(info: StreamInfo) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each channel its nearest of the same kind, (n_channels, k), and whether it has any."""
    own = np.arange(info.n_channels)
    nearest = np.tile(own[:, None], (1, _N_NEIGHBOURS))
    has_any = np.zeros(info.n_channels, dtype=bool)
    placed = np.array([channel.position is not None for channel in info.channels])
    kinds = np.array([channel.kind for channel in info.channels])
    for kind in np.unique(kinds[placed]):
        members = np.flatnonzero(placed & (kinds == kind))
        k = min(_N_NEIGHBOURS, len(members) - 1)
        if k < 1:
            continue
        at = np.array([info.channels[c].position for c in members], dtype=np.float64)
        distance = np.linalg.norm(at[:, None] - at[None], axis=2)
        np.fill_diagonal(distance, np.inf)
        closest = members[np.argsort(distance, axis=1, kind="stable")[:, :k]]
        # Filled up with the nearest once more, so that no channel is compared with itself.
        nearest[members] = np.column_stack([closest, *[closest[:, 0]] * (_N_NEIGHBOURS - k)])
        has_any[members] = True
    if not has_any.any():
        return np.empty((info.n_channels, 0), dtype=np.int64), has_any
    return nearest, has_any


def _biquad_peak(hz: float, sfreq: float) -> Values:
    if hz >= 0.45 * sfreq:
        return np.zeros(5)
    b, a = iirpeak(hz, _LINE_Q, fs=sfreq)
    return np.array([*b, *a[1:]])


def _biquad_high(hz: float, sfreq: float) -> Values:
    if hz >= 0.45 * sfreq:
        return np.zeros(5)
    b, a = butter(2, hz, "highpass", fs=sfreq)
    return np.array([*b, *a[1:]])
