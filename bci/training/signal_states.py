"""Find states of the signal in a calibration, without labels.

The method is expectation maximisation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bci.errors import RecordingError
from bci.models.drift import Pace
from bci.models.signal_states import (
    BANDS_HZ,
    Array,
    BandPowers,
    SignalStates,
    StatesCard,
    likelihoods,
)
from bci.pipeline.pipeline import Window
from bci.training.epochs import StreamedRun, trial_of
from bci.training.fold_streams import Streamed

N_STATES = 3
_LEAST_S = 120
_N_STEPS = 30
# Share of the calibration's variance that is added to each state's variance.
_FLOOR = 0.05
# Pseudo-counts of staying in a state and of changing it, so that a state lasts some seconds.
_STAY, _MOVE = 21.0, 1.0


def describe_states(runs: Sequence[StreamedRun], rest: Sequence[StreamedRun]) -> StatesCard:
    """Find the states in runs and rest, and count the trials that end in each.

    This is the Baum-Welch algorithm for Gaussian features (Rabiner, Proc. IEEE 77 (1989) 257-286).
    The initial states are equal parts of the seconds, sorted along the first principal component,
    so the result is not random.

    Raises
    ------
    RecordingError
        If the recordings have less than two minutes.
    """
    sequences = [_features(run) for run in (*runs, *rest)]
    n_seconds = sum(map(len, sequences))
    if n_seconds < _LEAST_S:
        raise RecordingError(
            f"output.state_gate finds states in {_LEAST_S / 60:g} min of calibration and rest, "
            f"and there are {n_seconds / 60:.1f} min: record more, or leave it out"
        )
    every = np.concatenate(sequences)
    centre, scale = every.mean(axis=0), every.std(axis=0) + 1e-6
    means, variances, moves, share = _fit(
        [(each - centre) / scale for each in sequences if len(each)]
    )
    card = StatesCard(
        centre=_rounded(centre),
        scale=_rounded(scale),
        means=tuple(map(_rounded, means)),
        variances=tuple(map(_rounded, variances)),
        moves=tuple(map(_rounded, moves)),
        cues=(0,) * N_STATES,
        share=_rounded(share),
    )
    return card.model_copy(update={"cues": _cues_by_state(card, runs)})


def _rounded(row: Array) -> tuple[float, ...]:
    return tuple(float(f"{number:.6g}") for number in row)


def _features(run: StreamedRun) -> Array:
    """Return the band powers once per second, shape (n_seconds, n_bands)."""
    pipeline = run.pipeline
    powers, pace = BandPowers(pipeline.n_samples, pipeline.chain.sfreq), Pace(pipeline.chain.sfreq)
    taken = [powers(window.data) for window in run.windows if pace.passed(window) is not None]
    return np.array(taken).reshape(len(taken), len(BANDS_HZ))


def _fit(sequences: list[Array]) -> tuple[Array, Array, Array, Array]:
    """Fit the states to features, each (n_seconds, n_bands).

    Return their means, variances, transition matrix and shares of the time.
    """
    every = np.concatenate(sequences)
    main = every @ np.linalg.svd(every, full_matrices=False)[2][0]
    rank = np.argsort(np.argsort(main))
    shares = np.eye(N_STATES)[rank * N_STATES // len(rank)]
    moves = np.full((N_STATES, N_STATES), _MOVE) + (_STAY - _MOVE) * np.eye(N_STATES)
    moves /= moves.sum(axis=1, keepdims=True)
    for _ in range(_N_STEPS):
        weights = shares.sum(axis=0)[:, None] + 1e-9
        means = shares.T @ every / weights
        variances = np.maximum(shares.T @ every**2 / weights - means**2, 0.0) + _FLOOR
        found = [_smooth(likelihoods(own, means, variances), moves) for own in sequences]
        shares = np.concatenate([share for share, _ in found])
        seen = sum((moved for _, moved in found), np.zeros_like(moves))
        moves = seen + _MOVE + (_STAY - _MOVE) * np.eye(N_STATES)
        moves /= moves.sum(axis=1, keepdims=True)
    return means, variances, moves, shares.mean(axis=0)


def _smooth(densities: Array, moves: Array) -> tuple[Array, Array]:
    """Return the probability of each state at each second, and transitions.

    The transitions are expected counts.
    """
    forward, backward = np.empty_like(densities), np.ones_like(densities)
    belief = np.full(len(moves), 1 / len(moves))
    for k, density in enumerate(densities):
        belief = density * (belief @ moves if k else belief)
        forward[k] = belief = belief / belief.sum()
    moved = np.zeros_like(moves)
    for k in range(len(densities) - 1, 0, -1):
        ahead = densities[k] * backward[k]
        pairs = forward[k - 1][:, None] * moves * ahead
        moved += pairs / pairs.sum()
        backward[k - 1] = moves @ ahead
        backward[k - 1] /= backward[k - 1].sum()
    shares = forward * backward
    return shares / shares.sum(axis=1, keepdims=True), moved


def outside_held(streamed: Streamed, run: StreamedRun, card: StatesCard) -> Streamed:
    """Remove the windows whose state suppresses decisions from rest and cues.

    ``streamed`` are the predictions of ``run``.
    """
    ends = {window.end for window, states in _followed(card, run) if states.holds_back}
    held = np.array([each.end in ends for each in streamed.predictions], dtype=np.bool_)
    cued = tuple((label, windows[~held[windows]]) for label, windows in streamed.cued)
    return replace(streamed, in_rest=streamed.in_rest & ~held, cued=cued)


def _followed(card: StatesCard, run: StreamedRun) -> Iterator[tuple[Window, SignalStates]]:
    """Yield each window, with the states as they are when it is decided."""
    pipeline = run.pipeline
    states = SignalStates(card, pipeline.n_samples, pipeline.chain.sfreq)
    for window in run.windows:
        yield window, states
        states.add(window)


def _cues_by_state(card: StatesCard, runs: Sequence[StreamedRun]) -> tuple[int, ...]:
    """Count the calibration trials by the state at their ends.

    The state is the one that the engine would find.
    """
    counts = [0] * len(card.cues)
    for run in runs:
        ended: dict[int, int] = {}
        for window, states in _followed(card, run):
            trial = trial_of(window.taken, run.trials, run.pipeline)
            if trial is not None and states.state is not None:
                ended[trial] = states.state
        for state in ended.values():
            counts[state - 1] += 1
    return tuple(counts)
