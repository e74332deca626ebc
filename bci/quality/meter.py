"""Quality figures of every channel of a live stream, once per second."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, iirpeak

from bci.messages.quality_reasons import describe
from bci.pipeline import kernels
from bci.quality.channel_quality import ChannelQuality
from bci.quality.judge import ChannelJudge
from bci.quality.limits import LIMITS
from bci.signals import Chunk, StreamInfo

Values = NDArray[np.float64]

_SLOW_HZ = 0.5
_HIGH_HZ = 35.0
_LINE_Q = 12.0
_N_NEIGHBOURS = 4
_SETTLING_S = 2.0


@dataclass
class _Sums:
    values: Values
    cross: Values
    unknown: Values
    n: int = 0
    mean_at_start: Values = field(default_factory=lambda: np.empty(0))


class QualityMeter:
    """Judge every channel of a stream once per second."""

    def __init__(self, info: StreamInfo, line_hz: float = 50.0) -> None:
        if not info.sfreq > 0:
            raise ValueError(f"{info.name} is irregular: it has no signal quality")
        self.info = info
        self._n_second = max(1, round(info.sfreq))
        self._settling = round(_SETTLING_S * info.sfreq)
        self._judges = [ChannelJudge(channel) for channel in info.channels]
        self._neighbours, self._has_neighbours = _neighbours(info)
        self._weight = 1.0 - float(np.exp(-2 * np.pi * _SLOW_HZ / info.sfreq))
        self._line = _biquad_peak(line_hz, info.sfreq)
        self._high = _biquad_high(_HIGH_HZ, info.sfreq)
        self._impedances: Values = np.full(info.n_channels, np.nan)
        self._expected: int | None = None
        self._state = np.zeros((kernels.N_ROWS, info.n_channels))
        self._sums = self._begin_second()

    def set_impedances(self, kohm: Values | None) -> None:
        """Set the newest impedances, (n_channels,), in kiloohms; NaN if unknown.

        None leaves them unchanged.
        """
        if kohm is not None:
            self._impedances = kohm

    def push(self, chunk: Chunk) -> list[list[ChannelQuality]]:
        """Process samples; return one list of all channels' qualities per completed second."""
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
        """Restart the filters after a gap, at the signal's present level."""
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
            # A resonator this broad also passes other fast power, about in the line's share.
            "high": np.sqrt(np.maximum(high - line, 0.0)),
            "drift": self._state[kernels.MEAN] - self._sums.mean_at_start,
            "kurtosis": fourth / np.maximum(power, 1e-150) ** 2 - 3.0,
            "correlation": self._correlations(power),
            "impedance_kohm": self._impedances,
        }
        constant = self._state[kernels.N_REPEATS] >= n - 1
        held = (
            np.maximum(self._state[kernels.N_LOWEST], self._state[kernels.N_HIGHEST]) / n
            >= LIMITS.held_share
        )
        extreme = np.maximum(abs(self._state[kernels.LOWEST]), abs(self._state[kernels.HIGHEST]))
        reports = []
        for c, channel in enumerate(self.info.channels):
            figures = {name: float(each[c]) for name, each in measured.items()}
            unknown = float(self._sums.unknown[c]) / n
            shown = self._judges[c].judge(
                figures, unknown, bool(constant[c]), bool(held[c]), float(extreme[c])
            )
            text = describe(shown.reason, shown.figure)
            reports.append(
                ChannelQuality(channel.name, shown.state, text, **figures, reason=shown.reason)
            )
        return reports

    def _correlations(self, power: Values) -> Values:
        if not self._neighbours.size:
            return np.full(self.info.n_channels, np.nan)
        scale = np.sqrt(power[:, None] * power[self._neighbours])
        with_each = np.abs(self._sums.cross / self._sums.n) / np.maximum(scale, 1e-300)
        return np.where(self._has_neighbours, with_each.max(axis=1), np.nan)


def _neighbours(info: StreamInfo) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Find each channel's nearest channels of the same kind, (n_channels, k).

    Also returns whether each channel has any neighbour, (n_channels,).
    """
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
        # Missing neighbours are filled with the nearest, so that no channel is its own neighbour.
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
