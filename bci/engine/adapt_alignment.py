"""Adapt a decoder's alignment to the signal while decoding, without labels.

The adaptation is off by default.
"""

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
"""Time until a window's weight falls to 1/e.

It spans several trials, so that the reference does not follow a single class.
"""


class Adaptation:
    """Adapt a decoder's alignment to the windows that it decodes, without labels.

    The alignment's reference is a running mean with the time constant `TIME_CONSTANT_S`. One
    window per second updates it, after that window's prediction is published. So no prediction
    depends on an update by its own window. Withheld windows do not update it. A copy of
    ``decoder`` is adapted; ``decoder`` and the stored model stay unchanged.

    One update takes 0.1 ms with 16 channels, 0.7 ms with 64, 7 ms with 128 and 46 ms with 306.
    These are times of tangent space on one thread of a two-core computer; networks take a little
    less.

    Raises `MismatchError` if the decoder has no alignment that can be adapted.
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
        """True if the decoder can resume from a published state."""
        return self._resumable is not None and self._resumable.alignment().nbytes <= MAX_BYTES

    @property
    def state(self) -> AlignmentState | None:
        """State of the alignment; None before the first window or if not resumable."""
        if self._resumable is None or self._pace.last is None:
            return None
        alignment = self._resumable.alignment()
        if alignment.nbytes > MAX_BYTES:
            return None
        return AlignmentState(alignment, self._pace.last, self.n_updates)

    def resume(self, state: AlignmentState) -> None:
        """Continue from ``state``, as after the windows that led to it.

        Raises `ValueError` if the decoder cannot resume this alignment.
        """
        if self._resumable is None:
            raise ValueError("the decoder cannot resume an alignment")
        self._resumable.resume(state.alignment)
        self._pace.last, self.n_updates = state.end, state.n_updates

    def learn(self, window: Window) -> None:
        """Adapt to a window whose prediction is published.

        At most one window per second counts.
        """
        passed_s = self._pace.passed(window)
        if passed_s is None:
            return
        weight = 1.0 - math.exp(-passed_s / TIME_CONSTANT_S)
        self._inner.follow(np.ascontiguousarray(window.data), weight)
        self.n_updates += 1
