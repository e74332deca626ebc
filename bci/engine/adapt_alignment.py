"""Alignment that follows a signal while it is decoded; off unless it is asked for."""

import copy
import math

import numpy as np

from bci.engine.adaptation_state import MAX_BYTES, AlignmentState
from bci.errors import MismatchError
from bci.interfaces import Decoder, Following, Resumable
from bci.models.confidence import Tempered
from bci.models.drift import Pace
from bci.pipeline.pipeline import Window

TIME_CONSTANT_S = 60.0
"""After so long a window counts for a third: several trials, so that no one class is learnt."""


class Adaptation:
    """Let a decoder's alignment follow the windows that it decodes, labels unknown.

    The reference that windows are aligned by forgets the past with `TIME_CONSTANT_S`. It is
    moved by one window a second, after that window's prediction is out: by its own samples no
    prediction is changed. Windows that were withheld move nothing. The given decoder is never
    changed, a copy is; so neither is the model on the disk.

    One update takes 0.1 ms with 16 channels, 0.7 with 64, 7 with 128 and 46 with 306 (tangent
    space, one thread of a two-core machine; networks a little less).

    Raises `MismatchError` if the decoder has no alignment that could follow.
    """

    def __init__(self, decoder: Decoder, sfreq: float) -> None:
        inner = copy.copy(decoder.inner if isinstance(decoder, Tempered) else decoder)
        if not isinstance(inner, Following):
            raise MismatchError(
                "this model's decoder has no alignment that could follow the signal: set "
                "output.adapt to 'off', or calibrate tangent-space or a network"
            )
        self.decoder: Decoder = (
            Tempered(inner, decoder.temperature) if isinstance(decoder, Tempered) else inner
        )
        self.n_updates = 0
        self._inner = inner
        self._resumable = inner if isinstance(inner, Resumable) else None
        self._pace = Pace(sfreq)

    @property
    def described(self) -> str:
        return f"alignment, {self.n_updates} updates"

    @property
    def is_resumable(self) -> bool:
        """True where the decoder can continue from a state that was published."""
        return self._resumable is not None and self._resumable.alignment().nbytes <= MAX_BYTES

    @property
    def state(self) -> AlignmentState | None:
        """Its state; None before the first window, or where it is not resumable."""
        if self._resumable is None or self._pace.last is None:
            return None
        alignment = self._resumable.alignment()
        if alignment.nbytes > MAX_BYTES:
            return None
        return AlignmentState(alignment, self._pace.last, self.n_updates)

    def resume(self, state: AlignmentState) -> None:
        """Go on from a state, as if the windows up to it had been taken in.

        Raises `ValueError` if the decoder has no such alignment.
        """
        if self._resumable is None:
            raise ValueError("the decoder cannot resume an alignment")
        self._resumable.resume(state.alignment)
        self._pace.last, self.n_updates = state.end, state.n_updates

    def learn(self, window: Window) -> None:
        """Take in a window whose prediction is out."""
        passed_s = self._pace.passed(window)
        if passed_s is None:
            return
        weight = 1.0 - math.exp(-passed_s / TIME_CONSTANT_S)
        self._inner.follow(np.ascontiguousarray(window.data), weight)
        self.n_updates += 1
