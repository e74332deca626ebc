"""The confidence card of a model: use of held-out folds, and cases without a promise."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bci.models.confidence import calibration_error, fit_temperature, temper
from bci.models.confidence_card import ConfidenceCard
from bci.profiles.profile import Output, Profile
from bci.signals import Prediction
from bci.training.calibrate_confidence import calibrate_confidence
from bci.training.cross_validation import HeldOut
from bci.training.fold_streams import Streamed

CLASSES = ("left", "right")
HOP_S = 0.1
PIPELINE = SimpleNamespace(hop=10, n_samples=100, chain=SimpleNamespace(sfreq=100.0))
PROFILE = Profile.model_validate(
    {
        "task": "test",
        "pipeline": {"window_s": 1.0, "hop_s": HOP_S},
        "paradigm": {"classes": {"left": "left", "right": "right"}, "rest": "rest"},
    }
)


def fold(overconfidence: float, seed: int, n: int = 400) -> HeldOut:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, n)
    truth = (rng.uniform(size=n) < 1 / (1 + np.exp(-logits))).astype(int)
    stated = 1 / (1 + np.exp(-overconfidence * logits))
    return HeldOut(CLASSES, np.column_stack([1 - stated, stated]), truth)


def streamed(confidences: np.ndarray, cued: tuple = ()) -> Streamed:
    """Return predictions of the right hand with these confidences, at rest or at cues."""
    predictions = [
        Prediction(CLASSES, np.array([1 - c, c]), 10 * k, 10 * k + 100, k * HOP_S)
        for k, c in enumerate(confidences)
    ]
    in_rest = np.ones(len(predictions), dtype=bool)
    for _, windows in cued:
        in_rest[windows] = False
    return Streamed(CLASSES, predictions, in_rest, cued)


def card(held_out: list[HeldOut], rest: list[Streamed] | None = None, **given) -> ConfidenceCard:
    surer, at_chance = given.get("surer", 1.0), given.get("at_chance", False)
    profile = PROFILE.model_copy(update={"output": given.get("output", Output())})
    return calibrate_confidence(held_out, rest or [], surer, at_chance, PIPELINE, profile)


def test_the_calibration_error_is_of_folds_that_the_temperature_was_not_fitted_on() -> None:
    held_out = [fold(8.0, 0), fold(2.0, 1)]
    probabilities = np.concatenate([each.probabilities for each in held_out])
    truth = np.concatenate([each.truth for each in held_out])
    swapped = [fit_temperature(each.probabilities, each.truth) for each in held_out[::-1]]
    crossed = np.concatenate(
        [temper(each.probabilities, t) for each, t in zip(held_out, swapped, strict=True)]
    )
    made = card(held_out)
    assert made.error == pytest.approx(calibration_error(crossed, truth), abs=1e-4)
    own = temper(probabilities, fit_temperature(probabilities, truth))
    assert made.error > calibration_error(own, truth) + 0.01
    assert made.error_low <= made.error <= made.error_high
    assert made.error < made.error_before
    assert made.temperature > 1.5


def test_a_temperature_that_does_not_carry_over_to_other_folds_is_left_at_one() -> None:
    made = card([fold(1.6, 0), fold(0.6, 1)])
    assert made.temperature == 1.0
    assert made.error == made.error_before
    assert "no temperature makes it smaller" in made.calibration()


def test_a_temperature_at_its_limit_is_reported() -> None:
    rng = np.random.default_rng(0)
    guesses = []
    for _ in range(2):
        stated = rng.uniform(0.9, 1.0, 100)
        probabilities = np.column_stack([1 - stated, stated])
        guesses.append(HeldOut(CLASSES, probabilities, np.resize([0, 1], 100)))
    made = card(guesses)
    assert made.temperature == pytest.approx(20.0, rel=0.01)
    assert "at its upper limit: the probabilities tell nothing" in made.calibration()


def test_a_surer_served_decoder_has_a_higher_temperature_than_its_folds() -> None:
    held_out = [fold(4.0, 0), fold(4.0, 1)]
    plain, surer = card(held_out), card(held_out, surer=1.5)
    assert surer.temperature == pytest.approx(1.5 * plain.temperature, rel=1e-3)
    assert surer.error == plain.error
    assert "whose log odds are 1.50 times less" in surer.calibration()


def with_rest(n: int, top: float, cued: tuple = (), seed: int = 0) -> list[HeldOut]:
    """Return two folds of calibrated probabilities, the first with rest below ``top``."""
    rng = np.random.default_rng(seed)
    honest = [fold(1.0, 0, 2000), fold(1.0, 1, 2000)]
    confidences = rng.uniform(0.5, top, n)
    for _, windows in cued:
        confidences[windows] = 0.98
    first = HeldOut(CLASSES, honest[0].probabilities, honest[0].truth, streamed(confidences, cued))
    return [first, honest[1]]


def test_enough_quiet_rest_is_promised_and_too_little_is_not() -> None:
    enough, few = card(with_rest(1200, 0.8)), card(with_rest(600, 0.8))
    assert enough.promised
    assert enough.rest_min == 2.0
    assert enough.false_positives == 0
    assert enough.bound_per_min == pytest.approx(1.498, abs=1e-3)
    assert "Promised: at most 2 false decisions a minute at rest" in enough.decisions(False)
    assert not few.promised
    assert few.threshold == pytest.approx(0.8, abs=0.02)
    said = few.decisions(False)
    assert "it takes 1.5 min of held-out rest or more. Counted: 0 in 1.0 min" in said
    assert "too little rest, 1.0 min of 1.5" in few.summary()
    assert "at most 3.0 (95 % confidence)" in said


def test_rest_of_the_served_decoder_counts_and_is_tempered_as_it_is_served() -> None:
    rest = [streamed(np.random.default_rng(1).uniform(0.5, 0.9, 1200))]
    plain, surer = (card(with_rest(600, 0.6), rest, surer=s) for s in (1.0, 2.0))
    assert plain.rest_min == surer.rest_min == 3.0
    assert plain.promised
    assert surer.promised
    # 0.9 at twice the temperature: odds of 9 become odds of 3.
    assert plain.threshold == pytest.approx(0.9, abs=0.02)
    assert surer.threshold == pytest.approx(0.75, abs=0.02)


def test_a_model_at_chance_promises_nothing_however_quiet() -> None:
    made = card(with_rest(1200, 0.8), at_chance=True)
    assert not made.promised
    assert made.threshold is not None
    assert "the model is not distinguishable from chance" in made.decisions(False)


def test_a_decoder_that_is_always_sure_has_no_threshold_and_a_rate() -> None:
    held_out = with_rest(1200, 0.8)
    held_out[0] = HeldOut(
        CLASSES, held_out[0].probabilities, held_out[0].truth, streamed(np.full(1200, 0.99999))
    )
    made = card(held_out)
    assert made.threshold is None
    assert not made.promised
    # A window lasts 1 s, so every second has an independent decision.
    assert made.false_positives_per_min == 60.0
    assert "2 false decisions a minute at rest: no threshold is that quiet" in made.decisions(False)
    assert "A class for rest (paradigm.rest_class: true) helps" in made.decisions(False)
    assert "A class for rest" not in made.decisions(True)


def test_wrong_commands_at_cues_are_reported_with_their_share() -> None:
    cued = tuple(
        (label, np.arange(start, start + 10))
        for label, start in zip(
            ("right", "right", "left", "right"), (50, 150, 250, 350), strict=True
        )
    )
    made = card(with_rest(1200, 0.8, cued))
    assert (made.cues, made.decided, made.right) == (4, 4, 3)
    assert (made.right_low, made.right_high) == (
        pytest.approx(0.194, abs=1e-3),
        pytest.approx(0.994, abs=1e-3),
    )
    assert (
        "Of 4 held-out cues 4 had a decision. The first one was right in 3 (0.75" in made.summary()
    )


def cues_of(*asked: str) -> tuple:
    """Return cues of ten windows each, from the fifth second, ten seconds apart."""
    return tuple((label, np.arange(50 + 100 * k, 60 + 100 * k)) for k, label in enumerate(asked))


def with_cues(confidences: tuple[float, ...], right: tuple[bool, ...]) -> list[HeldOut]:
    """Return two folds with quiet rest; the first has one command per confidence."""
    cued = cues_of(*("right" if each else "left" for each in right))
    held_out = with_rest(1200, 0.6, cued)
    predictions = list(held_out[0].streamed.predictions)
    for confidence, (_, windows) in zip(confidences, cued, strict=True):
        for k in windows:
            stated = np.array([1 - confidence, confidence])
            predictions[k] = replace(predictions[k], probabilities=stated)
    streamed = replace(held_out[0].streamed, predictions=predictions)
    return [replace(held_out[0], streamed=streamed), held_out[1]]


def test_the_threshold_rises_until_few_enough_commands_are_wrong() -> None:
    sure, unsure = (0.9,) * 6, (0.7,) * 5
    made = card(with_cues(sure + unsure, (True,) * 6 + (False,) * 5))
    assert made.threshold < 0.7 < made.raised_to == made.held_to < 0.92
    assert (made.decided, made.right) == (6, 6)
    assert made.promised
    assert "The threshold is raised to" in made.summary()
    # A limit that allows them leaves the threshold that rest requires.
    loose = card(with_cues(sure + unsure, (True,) * 6 + (False,) * 5), output=Output(wrong_share=1))
    assert (loose.raised_to, loose.decided, loose.right) == (None, 11, 6)


def test_a_model_whose_sure_commands_are_wrong_too_is_reported() -> None:
    made = card(with_cues((0.95,) * 6 + (0.8,) * 4, (False,) * 6 + (True,) * 4))
    assert made.raised_to is None
    assert made.too_many_wrong
    assert "No threshold with 5 decisions or more keeps wrong ones to 25 %" in made.decisions(False)


def test_a_few_wrong_commands_show_no_threshold_to_be_useless() -> None:
    made = card(with_cues((0.9,) * 4, (False, False, False, True)))
    assert made.too_many_wrong
    assert "too few to keep wrong decisions to 25 %: it takes 5" in made.summary()
    assert "No threshold" not in made.summary()


def test_a_rate_on_rest_of_its_own_choice_is_called_that() -> None:
    quiet = streamed(np.random.default_rng(1).uniform(0.5, 0.8, 1200))
    crossed = card(with_rest(1200, 0.8), [quiet])
    assert crossed.crossed_per_min is not None
    assert "At the threshold that the other runs ask for" in crossed.decisions(False)
    alone = card(with_rest(1200, 0.8))
    assert alone.crossed_per_min is None
    assert "also the one that the threshold was chosen on" in alone.decisions(False)


def test_a_threshold_by_hand_holds_where_none_is_chosen() -> None:
    made = card([fold(1.0, 0), fold(1.0, 1)], output=Output(decision_threshold=0.9))
    # No windows were streamed, so no threshold is chosen and no cue is counted.
    assert (made.threshold, made.rest_min, made.cues) == (None, None, None)
    assert made.held_to == 0.9


def test_a_card_of_an_earlier_version_promises_nothing() -> None:
    old = ConfidenceCard(
        temperature=1.0, error_before=0.1, error=0.1, threshold=0.9,
        false_positives_per_min=1.6, asked_per_min=2.0,
    )  # fmt: skip
    assert not old.promised
    assert "1.6 false decisions a minute at rest, without a bound" in old.decisions(False)
