"""Calibrate a model's confidence: temperature and decision threshold."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bci.decisions import reaches
from bci.engine.evidence import Evidence
from bci.evaluation.metrics import are_unequal, exact_interval
from bci.models.confidence import (
    calibration_error,
    equal_shares,
    error_interval,
    fit_temperature,
    temper,
)
from bci.models.confidence_card import DEFAULT_THRESHOLD, FEWEST_DECIDED, ConfidenceCard
from bci.models.false_decisions import (
    NO_COMMAND,
    THRESHOLDS,
    Commands,
    choose_threshold,
    commands_of,
    crossed_rate,
    independent_after,
    minutes_needed,
    rest_rate,
)
from bci.pipeline.pipeline import Pipeline
from bci.profiles.profile import Profile
from bci.training.cross_validation import HeldOut, padded, together
from bci.training.fold_streams import Streamed


def calibrate_confidence(
    held_out: list[HeldOut],
    rest: list[Streamed],
    surer: float,
    at_chance: bool,
    pipeline: Pipeline,
    profile: Profile,
    balanced: bool = False,
) -> ConfidenceCard:
    """Derive temperature and threshold from held-out predictions.

    ``rest`` are predictions of the final decoder for recordings of rest. ``surer`` is the ratio of
    the final decoder's log odds to those of the folds' decoders; see `bci.training.fold_streams`.
    For a model ``at_chance``, the limit of false positives is never marked as met. ``balanced``
    states that the decoder assumes equally frequent classes. If the trials are not, each class
    then has the same weight in the temperature and in the calibration error.
    """
    probabilities, truth = together(held_out)
    balanced = balanced and are_unequal(truth.astype(np.str_))
    weights = equal_shares(truth) if balanced else None
    crossed = _crossed(held_out, balanced)
    before = calibration_error(probabilities, truth, weights)
    error = calibration_error(crossed, truth, weights)
    temperature = fit_temperature(probabilities, truth, weights)
    if error > before:
        # The temperature made probabilities worse on folds that it was not fitted on.
        temperature, crossed, error = 1.0, probabilities, before
    low, high = error_interval(crossed, truth, weights=weights)
    output = profile.output
    by_hand = output.decision_threshold
    card = ConfidenceCard(
        temperature=round(temperature * surer, 4),
        surer=round(surer, 4),
        error_before=round(before, 4),
        error=round(error, 4),
        error_low=round(low, 4),
        error_high=round(high, 4),
        asked_per_min=output.false_positives_per_min,
        needed_min=round(minutes_needed(output.false_positives_per_min), 3),
        default_threshold=DEFAULT_THRESHOLD if by_hand is None else by_hand,
        evidence_s=output.evidence_s or 0.0,
    )
    decided = [(each.streamed, temperature) for each in held_out if each.streamed is not None]
    decided += [(each, temperature * surer) for each in rest]
    return _with_decisions(card, decided, at_chance, pipeline, profile) if decided else card


def _crossed(held_out: list[HeldOut], balanced: bool) -> NDArray[np.float64]:
    """Scale each fold's probabilities by the temperature fitted on the other folds."""
    crossed = []
    for k, each in enumerate(held_out):
        others = [other for i, other in enumerate(held_out) if i != k] or held_out
        probabilities, truth = together(others)
        weights = equal_shares(truth) if balanced else None
        crossed.append(temper(each.probabilities, fit_temperature(probabilities, truth, weights)))
    return padded(crossed)


def _with_decisions(
    card: ConfidenceCard,
    streamed: list[tuple[Streamed, float]],
    at_chance: bool,
    pipeline: Pipeline,
    profile: Profile,
) -> ConfidenceCard:
    """Add the threshold to the card, with counts of its decisions at rest and at cues.

    ``streamed`` has each stream of predictions with its decoder's temperature.
    """
    hop_s = pipeline.hop / pipeline.chain.sfreq
    span_s, max_per_min = card.evidence_s, profile.output.false_positives_per_min
    n_windows = Evidence(span_s, hop_s, pipeline.hop).n_windows
    lasting = independent_after(pipeline.n_samples, pipeline.hop, n_windows)
    runs = [
        _commands(each, temperature, Evidence(span_s, hop_s, pipeline.hop), profile.paradigm.quiet)
        for each, temperature in streamed
    ]
    threshold = choose_threshold(runs, hop_s, max_per_min, lasting)
    held_to = card.default_threshold if threshold is None else threshold
    decided_at = partial(_at_cues, [each for each, _ in streamed], runs)
    most_wrong = profile.output.wrong_share
    raised = _raised(decided_at, held_to, most_wrong)
    held_to = held_to if raised is None else raised
    figures: dict[str, object] = {
        "threshold": threshold,
        "raised_to": raised,
        "asked_wrong": most_wrong,
    }
    rate = rest_rate(runs, hop_s, held_to, lasting)
    if rate.minutes:
        bound = rate.bound_per_min
        crossed = crossed_rate(runs, hop_s, max_per_min, lasting)
        figures |= {
            "promised": threshold is not None and bound <= max_per_min and not at_chance,
            "rest_min": round(rate.minutes, 3),
            "false_positives": rate.count,
            "false_positives_per_min": round(rate.per_min, 3),
            "bound_per_min": round(bound, 3),
            "crossed_per_min": None if crossed is None else round(crossed.per_min, 3),
        }
    cues, decided, right = decided_at(held_to)
    figures |= {"cues": cues, "decided": decided, "right": right}
    if decided:
        low, high = exact_interval(right, decided)
        figures |= {"right_low": round(low, 4), "right_high": round(high, 4)}
    return card.model_copy(update=figures)


def _commands(
    each: Streamed, temperature: float, evidence: Evidence, quiet: str | None
) -> Commands:
    """Return the commands that the predictions of a stream would give."""
    tempered = (
        replace(p, probabilities=temper(p.probabilities, temperature)) for p in each.predictions
    )
    return commands_of([evidence.add(prediction) for prediction in tempered], each.in_rest, quiet)


def _raised(
    decided_at: Callable[[float], tuple[int, int, int]], held_to: float, most_wrong: float
) -> float | None:
    """Find the lowest threshold with few enough wrong decisions at cues.

    Only thresholds above ``held_to`` are tried. ``decided_at`` returns the numbers of cues, of
    decided cues and of correctly decided cues at a threshold. ``most_wrong`` is the largest
    share of wrong decisions. None if ``held_to`` itself is good enough, or if no threshold is.
    """
    for threshold in (held_to, *THRESHOLDS[held_to < THRESHOLDS].tolist()):
        _, decided, right = decided_at(threshold)
        if decided >= FEWEST_DECIDED and decided - right <= most_wrong * decided:
            return None if threshold == held_to else float(threshold)
    return None


def _at_cues(
    streamed: list[Streamed], runs: list[Commands], threshold: float
) -> tuple[int, int, int]:
    """Count cues, those with a decision, and those whose first one was correct."""
    cues = decided = right = 0
    for each, run in zip(streamed, runs, strict=True):
        commanded = reaches(run.confidence, threshold) & (run.number != NO_COMMAND)
        for label, windows in each.cued:
            cues += 1
            given = windows[commanded[windows]]
            if len(given):
                decided += 1
                right += each.classes[run.number[given[0]]] == label
    return cues, decided, right
