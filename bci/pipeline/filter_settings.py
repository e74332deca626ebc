"""Settings of the built-in filters; each creates its stage.

Each filter is a plug-in of the group ``bci.filters``, like those of other packages. Stages are
imported late, so that reading a profile does not wait seconds for the kernels to load.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bci.channels.description import AVERAGED
from bci.channels.units import UNKNOWN
from bci.errors import shortened
from bci.pipeline.bipolar import shaft_pairs
from bci.profiles.pipeline_settings import FilterSettings, Hertz, Seconds
from bci.signals import Channel, Signal

if TYPE_CHECKING:
    from bci.pipeline.filters import Stage


class Bandpass(FilterSettings):
    """Causal Butterworth band-pass between two -3 dB corners."""

    kind: Literal["bandpass"] = "bandpass"
    low_hz: Hertz
    high_hz: Hertz
    order: int = Field(4, ge=1, le=10)

    @model_validator(mode="after")
    def _corners_in_order(self) -> "Bandpass":
        if self.low_hz >= self.high_hz:
            raise ValueError(f"low_hz ({self.low_hz}) must be below high_hz ({self.high_hz})")
        return self

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline import filters

        sos = filters.bandpass(self.low_hz, self.high_hz, signal.sfreq, self.order)
        return filters.SosFilter(sos, len(signal.channels), signal.sfreq)


class Notch(FilterSettings):
    """Narrow band-stop, for power-line noise.

    ``harmonics`` counts the multiples of the frequency, including the first.
    """

    kind: Literal["notch"] = "notch"
    freq_hz: Hertz
    q: float = Field(30.0, gt=0, le=1000)
    harmonics: int = Field(1, ge=1, le=20)

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline import filters

        sos = filters.notch(self.freq_hz, signal.sfreq, self.q, self.harmonics)
        return filters.SosFilter(sos, len(signal.channels), signal.sfreq)


class RemoveDc(FilterSettings):
    """First-order high-pass that removes offset and slow drift."""

    kind: Literal["remove_dc"] = "remove_dc"
    cutoff_hz: Hertz = 0.5

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline import filters

        sos = filters.highpass(self.cutoff_hz, signal.sfreq)
        return filters.SosFilter(sos, len(signal.channels), signal.sfreq)


class CommonAverage(FilterSettings):
    """Subtract the mean of all channels of a kind (EEG, sEEG ...) from them."""

    kind: Literal["common_average"] = "common_average"

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline import filters

        kinds = [channel.kind for channel in signal.channels]
        brain = [kind for kind in AVERAGED if kind in kinds]
        if not brain and UNKNOWN in kinds:
            remark = (
                "the kinds of the channels are unknown, so the common average is that of all of "
                "them; name them in the profile (pipeline.names, pipeline.kind_of)"
            )
            return filters.CommonAverageReference(remarks=(remark,))
        remarks = []
        others = [channel.name for channel in signal.channels if channel.kind not in brain]
        if brain and others:
            remarks.append(f"not part of the common average: {shortened(others)}")
        unplaced = [c.name for c in signal.channels if c.kind == "eeg" and c.position is None]
        if unplaced:
            remarks.append(
                f"treated as EEG, and part of the common average, by the stream's type alone: "
                f"{shortened(unplaced)}; if one is no EEG but, for example, an EOG, state that in "
                "the profile (pipeline.names, pipeline.kind_of)"
            )
        if not brain or len(set(kinds)) == 1:
            return filters.CommonAverageReference(remarks=tuple(remarks))
        groups: list[NDArray[np.int64]] = [
            np.flatnonzero(np.array(kinds) == kind).astype(np.int64) for kind in brain
        ]
        return filters.CommonAverageReference(groups, tuple(remarks))


Pairs = Annotated[tuple[tuple[str, str], ...], Field(min_length=1, max_length=4096)]


class Bipolar(FilterSettings):
    """Replace the channels by differences of pairs, anode minus cathode.

    ``pairs`` is a list of (anode, cathode) names, or ``shafts`` for all neighbouring contacts of
    depth electrodes.
    """

    kind: Literal["bipolar"] = "bipolar"
    pairs: Pairs | Literal["shafts"]

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline import filters

        names = tuple(channel.name for channel in signal.channels)
        named = shaft_pairs(names) if self.pairs == "shafts" else self.pairs
        pairs = [(_index(anode, names), _index(cathode, names)) for anode, cathode in named]
        return filters.BipolarReference(
            pairs, tuple(_difference(signal.channels[a], signal.channels[c]) for a, c in pairs)
        )


class Decimate(FilterSettings):
    """Keep every ``factor``-th sample after an anti-alias low-pass."""

    kind: Literal["decimate"] = "decimate"
    factor: int = Field(ge=2, le=1000)

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline import filters

        return filters.Decimator(self.factor, len(signal.channels), signal.sfreq)


class Standardize(FilterSettings):
    """Running z-score.

    ``time_constant_s`` is the time until a sample's weight falls to 1/e.
    """

    kind: Literal["standardize"] = "standardize"
    time_constant_s: Seconds = 30.0

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline import filters

        return filters.RunningStandardize(self.time_constant_s, len(signal.channels), signal.sfreq)


def _index(wanted: str, names: tuple[str, ...]) -> int:
    lower = [name.lower() for name in names]
    if wanted.lower() not in lower:
        raise ValueError(f"there is no channel {wanted!r} to pair")
    return lower.index(wanted.lower())


def _difference(anode: Channel, cathode: Channel) -> Channel:
    return replace(anode, name=f"{anode.name}-{cathode.name}", position=None)
