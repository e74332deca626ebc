"""Settings of the filters that remove artifacts, as in a profile."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bci.channels.description import AVERAGED
from bci.profiles.pipeline_settings import FilterSettings, Hertz, Label, Seconds
from bci.signals import FloatArray, Signal

if TYPE_CHECKING:
    from bci.pipeline.filters import Stage

_UNTRAINED = "it has to be trained: calibrate a model with this profile, and run that"

Names = Annotated[tuple[Label, ...], Field(min_length=1, max_length=64)]


class Regress(FilterSettings):
    """Regress artifact channels out of the other channels, by recursive least squares.

    ``sources`` is a kind of channels (``eog``, ``emg``), or a list of names. The filter removes
    these channels from the signal unless ``keep`` is True. With ``adapt``, the coefficients adapt
    to the signal with the time constant ``forget_s``; without trained ones they start from zero.
    """

    kind: Literal["regress"] = "regress"
    sources: Label | Names = "eog"
    adapt: bool = False
    forget_s: Seconds = 30.0
    keep: bool = False

    def fit(
        self, stretches: Sequence[FloatArray], signal: Signal
    ) -> dict[str, NDArray[np.generic]]:
        """Compute the covariances of the sources and the other channels.

        ``stretches`` are each (n_samples, n_channels) without gaps. Raises ValueError if they are
        empty, a source is missing, or every channel is a source.
        """
        from bci.pipeline.cleaning import regress

        sources, targets = self._split(signal)
        if not sum(map(len, stretches)):
            raise ValueError("there is no signal to learn from; record a run")
        return regress.covariances(stretches, sources, targets)

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline.cleaning.regress import Regression

        sources, targets = self._split(signal)
        if not self.adapt and not self.learnt:
            raise ValueError(f"{_UNTRAINED}; or set adapt: true, to start from zero")
        forget_s = self.forget_s if self.adapt else None
        return Regression(
            signal.channels, sources, targets, signal.sfreq, self.learnt, forget_s, self.keep
        )

    def _split(self, signal: Signal) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the indices of the sources, and of the other channels."""
        if isinstance(self.sources, str):
            chosen = [i for i, each in enumerate(signal.channels) if each.kind == self.sources]
            if not chosen:
                raise ValueError(
                    f"there is no channel of kind {self.sources!r}; add it to pipeline.kinds or "
                    "pipeline.channels, or name the sources"
                )
        else:
            names = [each.name.lower() for each in signal.channels]
            if missing := [name for name in self.sources if name.lower() not in names]:
                raise ValueError(f"there is no channel {missing[0]!r} to regress out")
            chosen = [names.index(name.lower()) for name in self.sources]
        sources = np.unique(np.array(chosen, dtype=np.int64))
        others = np.setdiff1d(np.arange(len(signal.channels)), sources).astype(np.int64)
        if not len(others):
            raise ValueError("all channels are sources, so there is none to clean")
        return sources, others


class Asr(FilterSettings):
    """Artifact subspace reconstruction, trained on the clean part of the recordings.

    Components beyond ``cutoff`` standard deviations of clean signal are replaced: 20 is mild, 5
    strict. Every ``step_s`` seconds, the last ``window_s`` seconds are judged. At most the share
    ``max_removed`` of the components is replaced. The filter is causal, so about the first
    ``step_s`` seconds of an artifact pass.
    """

    kind: Literal["asr"] = "asr"
    cutoff: float = Field(7.0, ge=1, le=1000)
    window_s: float = Field(0.25, ge=0.05, le=10)
    step_s: float = Field(0.03, ge=0.005, le=1)
    max_removed: float = Field(0.66, gt=0, le=1)

    def fit(
        self, stretches: Sequence[FloatArray], signal: Signal
    ) -> dict[str, NDArray[np.generic]]:
        """Compute mixing matrix and thresholds of ASR from the clean parts of a signal.

        ``stretches``, each (n_samples, n_channels) without gaps, may have artifacts; these are
        left out. Raises ValueError if less than 15 s are clean, or if the channels are fewer than
        3 or of kinds that a common average does not mix.
        """
        from bci.pipeline.cleaning.asr_calibration import calibrate_asr

        self._check(signal)
        return calibrate_asr(stretches, signal.sfreq, self.cutoff, self.window_s)

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline.cleaning.asr import SubspaceReconstruction

        self._check(signal)
        if not self.learnt:
            raise ValueError(_UNTRAINED)
        return SubspaceReconstruction(
            self.learnt, self.window_s, self.step_s, self.max_removed, len(signal.channels),
            signal.sfreq,
        )  # fmt: skip

    @staticmethod
    def _check(signal: Signal) -> None:
        kinds = {each.kind for each in signal.channels}
        if len(kinds) > 1 and not kinds <= set(AVERAGED):
            raise ValueError(
                f"it takes channels of one kind, not {' and '.join(sorted(kinds))}; put regress "
                "before it, which drops the others, or set pipeline.kinds"
            )
        if len(signal.channels) < 3:
            raise ValueError("it needs 3 channels or more")


class CancelLine(FilterSettings):
    """Subtract power-line noise and its harmonics at the line's present frequency.

    The frequency is tracked up to ``follow_hz`` from ``freq_hz``. ``harmonics`` counts the
    multiples, including the first. Each notch is ``width_hz`` wide.
    """

    kind: Literal["cancel_line"] = "cancel_line"
    freq_hz: Hertz = 50.0
    follow_hz: float = Field(0.3, ge=0, le=2)
    harmonics: int = Field(3, ge=1, le=20)
    width_hz: float = Field(0.5, ge=0.05, le=5)

    def stage(self, signal: Signal) -> "Stage":
        from bci.pipeline.cleaning.cancel_line import LineCanceller

        return LineCanceller(
            self.freq_hz, self.follow_hz, self.harmonics, self.width_hz, len(signal.channels),
            signal.sfreq,
        )  # fmt: skip
