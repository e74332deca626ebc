"""A chain of filter stages, built from settings for one stream."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bci.channels.units import factor, working_unit
from bci.errors import MismatchError, PluginError, shortened
from bci.pipeline import filters, kernels
from bci.plugins.shapes import STAGE
from bci.profiles import pipeline_settings as settings
from bci.profiles.stream_options import apply_stream_options
from bci.signals import Channel, FloatArray, Signal, StreamInfo


@dataclass(frozen=True)
class FilteredChunk:
    """Output of a chain for one block of input.

    ``data`` (n_samples, n_channels) float32 and ``first`` are at the chain's output rate.
    ``newest_bad`` is the index of the newest output sample for which an input value had to be
    held because it was not finite; -1 if there is none. Values of channels that the first stage
    interpolates in full do not count. ``newest_rejected`` is that of the newest sample that a
    stage rejected.
    """

    data: FloatArray
    first: int
    newest_bad: int
    newest_rejected: int = -1


class Chain:
    """Selection of channels, then filters, for consecutive blocks of a stream.

    Values that are not finite are replaced by the channel's last finite value before any filter,
    and reported. The output starts with the first sample whose values are all finite. Call `reset`
    after a gap, since the filters' state does not apply to later samples. Channels are converted
    to the unit of the pipeline: microvolts or teslas.

    Raises `MismatchError` if the stream lacks a channel, has one in a unit that cannot be
    converted, or has too low a rate for a filter. The message names the channel or filter.
    """

    def __init__(
        self,
        wanted: settings.PipelineSettings,
        info: StreamInfo,
        # Units of the selected channels, such as those a model was trained in; None: the default
        units: Sequence[str] | None = None,
    ) -> None:
        info = apply_stream_options(info, wanted)
        self._picks = np.array(pick_channels(wanted, info))
        self._takes_all = np.array_equal(self._picks, np.arange(info.n_channels))
        stated = [info.channels[i] for i in self._picks]
        self.picked = tuple(
            replace(channel, unit=unit)
            for channel, unit in zip(
                stated, units or [working_unit(c.unit) for c in stated], strict=True
            )
        )
        self._factors = _factors(stated, self.picked, info.name)
        self.channels = self.picked
        self.remarks: list[str] = []
        self.sfreq = info.sfreq
        self.decimation = 1
        self.settling = 0
        # Input samples until the weight of the past is 1 %; at least `settling`
        self.memory = 0
        self._reporting: list[tuple[str, filters.Stage]] = []
        self._rejecting: list[tuple[int, filters.Stage]] = []
        self._stages: list[filters.Stage] = []
        self._rates: list[float] = []
        if info.sfreq <= 0:
            raise MismatchError(
                f"{info.name}: an irregular stream cannot be filtered; "
                "choose a stream with a sampling rate"
            )
        for position, step in enumerate(wanted.filters):
            try:
                self._append(step)
            except ValueError as error:
                raise MismatchError(
                    f"{info.name} at {info.sfreq:g} Hz: filters.{position} ({step.kind}): {error}"
                ) from error
        self._held = np.zeros(len(self._picks), dtype=np.float32)
        # Reused from chunk to chunk, since allocation takes longer than filtering.
        self._scratch = np.empty((0, len(self._picks)), dtype=np.float32)
        self._is_bad = np.empty(0, dtype=np.bool_)
        self._started = False
        self._unsound = np.zeros(len(self._picks), dtype=np.bool_)
        self.non_finite = 0

    def _append(self, step: settings.FilterSettings) -> None:
        n_channels, sfreq = len(self.channels), self.sfreq
        stage = _build(step, Signal(sfreq, self.channels))
        self.channels = getattr(stage, "channels", None) or self.channels
        self.remarks += getattr(stage, "remarks", ())
        self.settling += stage.settling * self.decimation
        self.memory += max(stage.settling, getattr(stage, "memory", 0)) * self.decimation
        if hasattr(stage, "report"):
            self._reporting.append((step.kind, stage))
        self.decimation *= stage.decimation
        self.sfreq /= stage.decimation
        if hasattr(stage, "newest_rejected"):
            self._rejecting.append((self.decimation, stage))
        previous = self._stages[-1] if self._stages else None
        # Consecutive cascades are joined, for one pass over the chunk instead of two.
        if isinstance(stage, filters.SosFilter) and isinstance(previous, filters.SosFilter):
            both = np.vstack([previous.sos, stage.sos])
            self._stages[-1] = filters.SosFilter(both, n_channels, sfreq)
        else:
            self._stages.append(stage)
            self._rates.append(sfreq)

    def reset(self) -> None:
        """Clear the state of all filters, as after a gap."""
        self._started = False
        for stage in self._stages:
            stage.reset()

    def process(self, data: FloatArray, first: int) -> FilteredChunk:
        """Filter the next block (n_samples, n_channels), which starts at absolute index ``first``.

        The result is valid until the next call.
        """
        newest_bad = -1
        if not self._started:
            # The first values set the filters' state, so all of them must be finite.
            leading = self._count_leading_bad_rows(data)
            self._started = leading < len(data)
            newest_bad = first + leading - 1 if leading else -1
            data, first = data[leading:], first + leading
        n_samples = len(data)
        if n_samples > len(self._scratch):
            self._scratch = np.empty((n_samples, len(self._picks)), dtype=np.float32)
            self._is_bad = np.empty(n_samples, dtype=np.bool_)
        out, is_bad = self._scratch[:n_samples], self._is_bad[:n_samples]
        if self._takes_all:
            out[:] = data
        else:
            kernels.take(data, self._picks, out)
        if self._factors is not None:
            kernels.scale(out, self._factors)
        n_held = kernels.hold_finite(out, self._held, is_bad)
        begin = first
        for stage in self._stages:
            out, first = stage.process(out, first)
        if n_held:
            self.non_finite += n_held
            values = self._bad_values(data)
            self._unsound |= values.any(axis=0)
            # Behind another stage, a channel may already be part of the others.
            if self._stages and hasattr(self._stages[0], "clear_unused"):
                self._stages[0].clear_unused(values)
                is_bad[:] = values.any(axis=1)
            if is_bad.any():
                newest_bad = begin + int(np.flatnonzero(is_bad)[-1])
        if newest_bad > 0:
            newest_bad = -(-newest_bad // self.decimation)
        newest_rejected = -1
        for rate, stage in self._rejecting:
            if (newest := stage.newest_rejected) >= 0:  # type: ignore[attr-defined]
                newest_rejected = max(newest_rejected, -(-newest * rate // self.decimation))
        return FilteredChunk(out, first, newest_bad, newest_rejected)

    def reports(self) -> list[tuple[str, dict[str, float]]]:
        """Return the filter's kind and the values of each reporting stage.

        They are in the order of the chain.
        """
        return [(kind, stage.report()) for kind, stage in self._reporting]  # type: ignore[attr-defined]

    @property
    def interpolated(self) -> tuple[str, ...]:
        """Names of the channels that a stage interpolates at present."""
        found = (getattr(stage, "interpolated", ()) for stage in self._stages)
        return tuple(name for names in found for name in names)

    def _count_leading_bad_rows(self, data: FloatArray) -> int:
        bad = self._bad_values(data)
        good_rows = np.flatnonzero(~bad.any(axis=1))
        leading = int(good_rows[0]) if len(good_rows) else len(data)
        self.non_finite += int(bad[:leading].sum())
        self._unsound |= bad[:leading].any(axis=0)
        return leading

    def _bad_values(self, data: FloatArray) -> NDArray[np.bool_]:
        picked = data[:, self._picks]
        if self._factors is not None:
            picked = (picked * self._factors).astype(np.float32)
        bad: NDArray[np.bool_] = ~(np.abs(picked) < kernels.LARGEST)
        return bad

    def take_unsound(self) -> list[int]:
        """Return the stream's channel indices with non-finite values since the last call."""
        columns = np.asarray(self._picks)[self._unsound]
        self._unsound[:] = False
        return [int(column) for column in columns]

    def group_delay_s(self) -> float:
        """Return the group delay in seconds, averaged over the pass band (-3 dB) by power."""
        freqs = np.linspace(0.05, 0.5 * self.sfreq * 0.999, 4000)
        gain = np.ones(len(freqs), dtype=np.complex128)
        for stage in self._stages:
            gain = gain * stage.response(freqs)
        phase = np.unwrap(np.angle(gain))
        delay = -np.gradient(phase, 2 * np.pi * freqs)
        power = np.abs(gain) ** 2
        weight = np.where(power >= 0.5 * power.max(), power, 0.0)
        return float(np.sum(delay * weight) / np.sum(weight))


def _build(step: settings.FilterSettings, signal: Signal) -> filters.Stage:
    try:
        stage = step.stage(signal)
    except ValueError:
        raise
    # Any other error is a fault of a plug-in, not of the user's settings.
    except Exception as error:
        raise PluginError(
            f"filter {step.kind} cannot be built: {type(error).__name__}: {error}"
        ) from error
    if missing := [each for each in STAGE if not hasattr(stage, each)]:
        raise PluginError(f"filter {step.kind}: its stage lacks {', '.join(missing)}")
    _check_shape(step.kind, stage, signal)
    return stage


def _check_shape(kind: str, stage: filters.Stage, signal: Signal) -> None:
    """Check the shape and type of a stage's output by an empty chunk.

    An empty chunk changes no state.
    """
    n_channels = len(getattr(stage, "channels", None) or signal.channels)
    out, _ = stage.process(np.empty((0, len(signal.channels)), dtype=np.float32), 0)
    if out.shape != (0, n_channels) or out.dtype != np.float32:
        raise PluginError(
            f"filter {kind}: its stage makes of an empty chunk {out.dtype} {out.shape}; it has to "
            f"be float32 (0, {n_channels})"
        )


def _factors(
    stated: Sequence[Channel], wanted: Sequence[Channel], name: str
) -> NDArray[np.float64] | None:
    """Return the factor of each channel to its wanted unit.

    The result is None if all have it already.
    """
    factors = []
    for channel, target in zip(stated, wanted, strict=True):
        found = factor(channel.unit, target.unit)
        if found is None:
            raise MismatchError(
                f"{name}: {channel.name} is in {channel.unit}, which cannot become {target.unit}"
            )
        factors.append(found)
    return None if set(factors) == {1.0} else np.array(factors)


def pick_channels(wanted: settings.PipelineSettings, info: StreamInfo) -> list[int]:
    """Return the indices of the wanted channels in a stream.

    The case of names is ignored.

    Raises `MismatchError` if one is missing; the message names it and the stream's channels.
    """
    if wanted.channels is None:
        picks = [i for i, channel in enumerate(info.channels) if channel.kind in wanted.kinds]
        if not picks:
            kinds = sorted({channel.kind for channel in info.channels})
            raise MismatchError(
                f"{info.name} has no channel of kind {' or '.join(wanted.kinds)} (it has "
                f"{', '.join(kinds)}); name the channels in the profile (pipeline.channels, "
                "pipeline.kind_of)"
            )
        return picks
    by_name = {channel.name.lower(): i for i, channel in enumerate(info.channels)}
    missing = [name for name in wanted.channels if name.lower() not in by_name]
    if missing:
        raise MismatchError(
            f"{info.name} lacks the channels {shortened(missing, 24)}; "
            f"it has {shortened(info.ch_names, 24)}"
        )
    return [by_name[name.lower()] for name in wanted.channels]
