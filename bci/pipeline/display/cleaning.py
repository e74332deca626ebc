"""Clean the displayed signal by the filters of `bci.pipeline.cleaning`.

- EOG: adaptive regression from the start of the displayed signal, without training
- line noise: tracking and subtraction
- artifact subspace reconstruction (ASR): comparison with a baseline of recent signal
"""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from bci.channels.description import AVERAGED
from bci.channels.units import POTENTIALS
from bci.head.electrodes import electrode
from bci.pipeline.cleaning.cleaning_settings import Asr, CancelLine, Regress
from bci.pipeline.display.filter import DisplayFilter
from bci.pipeline.filters import SosFilter, Stage
from bci.profiles.pipeline_settings import FilterSettings
from bci.signals import Channel, FloatArray, Signal

_FRONTAL = ("Fp1", "Fpz", "Fp2", "AF7", "AF8")
_BRAIN = (*AVERAGED, "mag", "grad")
_FORGET_S = 10.0
_FEWEST_OF_ASR = 3
Indices = NDArray[np.int64]


class Cleaning(Enum):
    """A cleaning of the displayed signal; the value is its name in the scope."""

    LINE = "line noise cancelled"
    EOG = "EOG regressed"
    ASR = "ASR"


@dataclass(frozen=True, eq=False)
class CleaningBaseline:
    """Statistics of recent signal after one filter, by which ASR recognises artifacts."""

    channels: tuple[Channel, ...]
    filter: DisplayFilter
    settings: Asr


def cleanings_named(names: Container[str]) -> frozenset[Cleaning]:
    """Return the cleanings with these names; unknown names are ignored."""
    return frozenset(each for each in Cleaning if each.value in names)


def words_of(cleaning: Cleaning, channels: tuple[Channel, ...]) -> str:
    """Return the name of a cleaning.

    Without EOG channels, EOG regression is named after the frontal channels.
    """
    is_eog = cleaning == Cleaning.EOG and not any(channel.kind == "eog" for channel in channels)
    return "frontal channels regressed" if is_eog else cleaning.value


def why_not_cleaned(
    cleaning: Cleaning,
    channels: tuple[Channel, ...],
    sfreq: float,
    by: DisplayFilter,
    line_hz: float,
) -> str:
    """Return the reason, in a few words, why a cleaning is impossible.

    The result is empty if it is possible. ``by`` is the display filter, ``line_hz`` the
    power-line frequency.
    """
    if by.is_raw:
        return "raw has offsets: choose a filter"
    if cleaning == Cleaning.LINE and line_hz + _canceller(line_hz).follow_hz >= sfreq / 2:
        return "the rate is too low"
    if cleaning == Cleaning.EOG and not len(_sources(channels)):
        return f"no EOG and no {', '.join(_FRONTAL[:-1])} or {_FRONTAL[-1]}"
    if not len(_columns(cleaning, channels)):
        return "no EEG" if cleaning == Cleaning.ASR else "no channel of the brain"
    return ""


def cleaning_stage(
    cleaning: Cleaning,
    channels: tuple[Channel, ...],
    sfreq: float,
    line_hz: float,
    baseline: CleaningBaseline | None,
) -> "OnColumns":
    """Create the stage of a cleaning for samples of all channels.

    ASR needs ``baseline``.
    """
    columns = _columns(cleaning, channels)
    settings: FilterSettings
    if cleaning == Cleaning.LINE:
        settings = _canceller(line_hz)
    elif cleaning == Cleaning.EOG:
        names = tuple(channels[k].name for k in _sources(channels))
        settings = Regress(sources=names, adapt=True, forget_s=_FORGET_S, keep=True)
    else:
        assert baseline is not None
        settings = baseline.settings
    signal = Signal(sfreq, tuple(channels[k] for k in columns))
    return OnColumns(settings.stage(signal), columns)


def learn_baseline(
    channels: tuple[Channel, ...], sfreq: float, by: DisplayFilter, data: FloatArray
) -> CleaningBaseline:
    """Compute the ASR baseline from samples of a stream.

    ``data`` (n_samples, n_channels) is overwritten by the filter ``by``.

    Raises `ValueError` if too little of the signal is clean.
    """
    columns = _columns(Cleaning.ASR, channels)
    signal = Signal(sfreq, tuple(channels[k] for k in columns))
    edges = np.flatnonzero(np.diff(np.isfinite(data).all(axis=1), prepend=False, append=False))
    stretches = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        part = np.ascontiguousarray(data[start:end, columns])
        stage = SosFilter(by.design(sfreq), len(columns), sfreq)
        stage.process(part, 0)
        stretches.append(part[stage.settling :])
    settings = Asr.model_validate({})
    return CleaningBaseline(channels, by, settings.with_learnt(settings.fit(stretches, signal)))


class OnColumns:
    """Wrapper of a stage that processes some of the channels, in place."""

    def __init__(self, stage: Stage, columns: Indices) -> None:
        self._stage, self._columns = stage, columns
        self.settling, self.reset = stage.settling, stage.reset

    def process(self, data: FloatArray, first: int) -> tuple[FloatArray, int]:
        some = np.ascontiguousarray(data[:, self._columns])
        data[:, self._columns] = self._stage.process(some, first)[0]
        return data, first


def _canceller(line_hz: float) -> CancelLine:
    return CancelLine.model_validate({"freq_hz": line_hz})


def _sources(channels: tuple[Channel, ...]) -> Indices:
    eog = [k for k, channel in enumerate(channels) if channel.kind == "eog"]
    frontal = [
        k for k, c in enumerate(channels) if c.kind == "eeg" and electrode(c.name) in _FRONTAL
    ]
    return np.array(eog or frontal, dtype=np.int64)


def _columns(cleaning: Cleaning, channels: tuple[Channel, ...]) -> Indices:
    kinds = [channel.kind for channel in channels]
    if cleaning == Cleaning.LINE:
        return np.flatnonzero([kind in (*POTENTIALS, "mag", "grad") for kind in kinds])
    if cleaning == Cleaning.EOG:
        sources = _sources(channels)
        others = np.setdiff1d(np.flatnonzero([kind in _BRAIN for kind in kinds]), sources)
        return np.union1d(sources, others) if len(others) else others
    units = Counter(channel.unit for channel in channels if channel.kind == "eeg").most_common(1)
    unit = units[0][0] if units else ""
    found = np.flatnonzero([(c.kind, c.unit) == ("eeg", unit) for c in channels])
    return found if len(found) >= _FEWEST_OF_ASR else found[:0]
