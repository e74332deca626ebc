"""States of the signal by its band powers, and the state that it is in while it is decoded."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bci.models.drift import MAX_PAUSE_S, Pace
from bci.profiles.pipeline_settings import Settings
from bci.signals import FloatArray

if TYPE_CHECKING:  # a card is read without the pipeline
    from bci.pipeline.pipeline import Window

Array = NDArray[np.float64]

BANDS_HZ = ((4.0, 8.0), (8.0, 13.0), (13.0, 20.0), (20.0, 30.0))
"""Theta, alpha, low and high beta; what the pipeline's filters leave of them."""

FEWEST_CUES = 5
"""Decisions are held back in a state in which fewer trials of calibration ended."""

_N_BANDS = len(BANDS_HZ)
_TINY = 1e-30
# Standard deviations of calibration. A broken electrode is far from every state.
_FARTHEST = 6.0


class StatesCard(Settings):
    """States of the signal in calibration: a hidden Markov model, one step a second.

    The features are the log powers of `BANDS_HZ`, each a mean over channels, less ``centre`` and
    over ``scale``. In a state they are Gaussian and independent, with ``means`` and ``variances``
    (n_states, n_bands). ``moves`` (n_states, n_states) are the probabilities of the next state.
    ``cues`` counts the trials of calibration that ended in each state, ``share`` is its part of the
    time. States have no names: nothing in calibration shows what a person did.
    """

    centre: tuple[float, ...] = Field(min_length=_N_BANDS, max_length=_N_BANDS)
    scale: tuple[float, ...] = Field(min_length=_N_BANDS, max_length=_N_BANDS)
    means: tuple[tuple[float, ...], ...] = Field(min_length=1, max_length=10)
    variances: tuple[tuple[float, ...], ...]
    moves: tuple[tuple[float, ...], ...]
    cues: tuple[int, ...]
    share: tuple[float, ...]

    @model_validator(mode="after")
    def _is_a_model(self) -> "StatesCard":
        n = len(self.means)
        rows = (*self.means, *self.variances)
        if len(self.variances) != n or any(len(row) != _N_BANDS for row in rows):
            raise ValueError("means and variances are not one row a state and one number a band")
        if min(*self.scale, *map(min, self.variances)) <= 0:
            raise ValueError("scale and variances must be above 0")
        moves = self.moves
        if [len(row) for row in moves] != [n] * n or len(self.cues) != n or len(self.share) != n:
            raise ValueError("moves, cues and share are not of every state")
        if min(map(min, moves)) <= 0 or any(abs(sum(row) - 1) > 1e-3 for row in moves):
            raise ValueError("moves are not probabilities")
        return self

    @property
    def held(self) -> tuple[bool, ...]:
        """For each state, whether decisions are held back in it."""
        return tuple(n < FEWEST_CUES for n in self.cues)

    def summary(self) -> str:
        """The states and what is held back in them, in short sentences."""
        held = [number for number, is_held in enumerate(self.held, 1) if is_held]
        text = f"{len(self.cues)} states of the signal"
        if not held:
            return (
                f"{text}, all with cues: no decision will be held back. Add rest with the eyes "
                "closed: bci calibrate ... --rest FILE"
            )
        named = " and ".join(f"state {number}" for number in held)
        share = sum(self.share[number - 1] for number in held)
        return (
            f"{text}. Decisions are held back in {named}, {100 * share:.0f} % of the time of "
            f"calibration: fewer than {FEWEST_CUES} trials ended there. The threshold is chosen "
            "without rest in them"
        )


class BandPowers:
    """Log powers of `BANDS_HZ` of windows with ``n_samples`` at ``sfreq`` hertz."""

    def __init__(self, n_samples: int, sfreq: float) -> None:
        freqs = np.fft.rfftfreq(n_samples, 1 / sfreq)
        self._bands = np.stack([(freqs >= low) & (freqs < high) for low, high in BANDS_HZ], axis=1)
        self._taper = np.hanning(n_samples)

    def __call__(self, window: FloatArray) -> Array:
        """Mean log powers over channels of a window (n_channels, n_samples), (n_bands,)."""
        signal = np.ascontiguousarray(window, dtype=np.float64)
        signal -= signal.mean(axis=1, keepdims=True)
        power = np.abs(np.fft.rfft(signal * self._taper, axis=1)) ** 2 @ self._bands
        return np.asarray(np.log(power + _TINY).mean(axis=0))


class SignalStates:
    """Follow the state of the signal, by one window a second whose prediction is out.

    The forward filter of a hidden Markov model (Rabiner, Proc. IEEE 77 (1989) 257-286): it looks at
    no later window. After a pause of five seconds it begins again. ``n_samples`` and ``sfreq``, in
    hertz, are of the windows.

    A step takes 0.3 ms with 64 channels and windows of 400 samples, 10 ms with 306 of 2500.
    """

    def __init__(self, card: StatesCard, n_samples: int, sfreq: float) -> None:
        self._powers = BandPowers(n_samples, sfreq)
        self._pace = Pace(sfreq)
        self._centre, self._scale = np.array(card.centre), np.array(card.scale)
        self._means, self._variances = np.array(card.means), np.array(card.variances)
        self._moves = np.array(card.moves)
        self._held = card.held
        self._belief: Array | None = None

    def add(self, window: "Window") -> bool:
        """Take in a window, if one is due; return whether it was."""
        passed_s = self._pace.passed(window)
        if passed_s is None:
            return False
        if passed_s >= MAX_PAUSE_S:
            self._belief = None
        features = (self._powers(window.data) - self._centre) / self._scale
        odds = likelihoods(features, self._means, self._variances)
        if self._belief is not None:
            for _ in range(round(passed_s)):
                self._belief = self._belief @ self._moves
            odds *= self._belief
        self._belief = odds / odds.sum()
        return True

    @property
    def state(self) -> int | None:
        """Number of the likeliest state, from 1; None until a second has passed."""
        return None if self._belief is None else int(self._belief.argmax()) + 1

    @property
    def holds_back(self) -> bool:
        """True where no decision is to be made."""
        return self.state is not None and self._held[self.state - 1]


def likelihoods(features: Array, means: Array, variances: Array) -> Array:
    """Gaussian densities of features (..., n_bands) in each state, the likeliest being 1."""
    bounded = np.clip(features, -_FARTHEST, _FARTHEST)
    away = (bounded[..., None, :] - means) ** 2 / variances + np.log(variances)
    logs = -0.5 * away.sum(axis=-1)
    return np.asarray(np.exp(logs - logs.max(axis=-1, keepdims=True)) + _TINY)
