"""Track the state of the signal, by its band powers, while it is decoded."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bci.models.drift import MAX_PAUSE_S, Pace
from bci.profiles.pipeline_settings import Settings
from bci.signals import FloatArray

if TYPE_CHECKING:  # reading a card must not import the pipeline
    from bci.pipeline.pipeline import Window

Array = NDArray[np.float64]

BANDS_HZ = ((4.0, 8.0), (8.0, 13.0), (13.0, 20.0), (20.0, 30.0))
"""Theta, alpha, low and high beta; applied after the pipeline's filters."""

FEWEST_CUES = 5
"""Decisions are suppressed in a state in which fewer calibration trials ended."""

_N_BANDS = len(BANDS_HZ)
_TINY = 1e-30
# Features are limited to this many standard deviations: a broken electrode is far from any state.
_FARTHEST = 6.0


class StatesCard(Settings):
    """States of the signal in calibration, as a hidden Markov model.

    The model has one step per second. The features are the log powers in `BANDS_HZ`, averaged
    over channels, minus ``centre`` and divided by ``scale``. In each state they are Gaussian
    and independent, with ``means`` and ``variances`` (n_states, n_bands). ``moves`` (n_states,
    n_states) is the transition matrix. ``cues`` counts the calibration trials that ended in
    each state, and ``share`` is the state's share of the time. States have numbers only, since
    the calibration does not show their meaning.
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
        """True for each state in which decisions are suppressed."""
        return tuple(n < FEWEST_CUES for n in self.cues)

    def summary(self) -> str:
        """Describe the states, and those in which decisions are suppressed, in sentences."""
        held = [number for number, is_held in enumerate(self.held, 1) if is_held]
        text = f"{len(self.cues)} states of the signal"
        if not held:
            return (
                f"{text}, all with cues: no decision will be suppressed. Add rest with the eyes "
                "closed: bci calibrate ... --rest FILE"
            )
        named = " and ".join(f"state {number}" for number in held)
        share = sum(self.share[number - 1] for number in held)
        return (
            f"{text}. Decisions are suppressed in {named}, {100 * share:.0f} % of the time of "
            f"calibration: fewer than {FEWEST_CUES} trials ended there. The threshold is chosen "
            "without rest in them"
        )


class BandPowers:
    """Function that computes log powers in `BANDS_HZ`, averaged over channels, (n_bands,).

    A window has ``n_samples`` samples. ``sfreq`` is their sampling rate in hertz.
    """

    def __init__(self, n_samples: int, sfreq: float) -> None:
        freqs = np.fft.rfftfreq(n_samples, 1 / sfreq)
        self._bands = np.stack([(freqs >= low) & (freqs < high) for low, high in BANDS_HZ], axis=1)
        self._taper = np.hanning(n_samples)

    def __call__(self, window: FloatArray) -> Array:
        """Return the mean log powers over channels, shape (n_bands,).

        ``window`` has shape (n_channels, n_samples).
        """
        signal = np.ascontiguousarray(window, dtype=np.float64)
        signal -= signal.mean(axis=1, keepdims=True)
        power = np.abs(np.fft.rfft(signal * self._taper, axis=1)) ** 2 @ self._bands
        return np.asarray(np.log(power + _TINY).mean(axis=0))


class SignalStates:
    """Tracker of the signal's state, from one window per second.

    It is the forward filter of a hidden Markov model (Rabiner, Proc. IEEE 77 (1989) 257-286), so it
    uses no later windows. It restarts after a pause of five seconds. ``n_samples`` and ``sfreq``,
    in hertz, are those of the windows. A step takes 0.3 ms with 64 channels and windows of 400
    samples, and 10 ms with 306 channels and windows of 2500 samples.
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
        """Add a window if it is due; return True if it was."""
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
        """True if decisions are suppressed in the present state."""
        return self.state is not None and self._held[self.state - 1]


def likelihoods(features: Array, means: Array, variances: Array) -> Array:
    """Return the relative likelihood of features in each state.

    That of the likeliest is 1.

    ``features`` has shape (..., n_bands), the result (..., n_states).
    """
    bounded = np.clip(features, -_FARTHEST, _FARTHEST)
    away = (bounded[..., None, :] - means) ** 2 / variances + np.log(variances)
    logs = -0.5 * away.sum(axis=-1)
    return np.asarray(np.exp(logs - logs.max(axis=-1, keepdims=True)) + _TINY)
