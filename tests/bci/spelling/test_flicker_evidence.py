"""Evidence of windows after the onset of a flicker, summed up to a selection."""

import numpy as np
import pytest

from bci.errors import ProfileError
from bci.spelling.flicker_evidence import FlickerEvidence, FlickerWindows
from bci.spelling.posterior import uniform

ONSET = 100.0


def evidence(confidence: float = 0.9, max_s: float = 4.0, offset_s: float = 0.0) -> FlickerEvidence:
    windows = FlickerWindows.of(("A", "B"), ("A", "B"), 0.14, 1.0, 250.0, offset_s)
    made = FlickerEvidence(uniform(2), windows.stopping(max_s, 0.1, confidence), windows)
    made.shown(ONSET, "selection/1")
    made.shown(ONSET, "flicker/A")
    return made


def test_windows_from_before_the_response_are_left_out() -> None:
    made = evidence()
    made.received(ONSET + 1.1, np.array([0.0, 1.0]))
    np.testing.assert_array_equal(made.posterior, [0.5, 0.5])
    made.received(ONSET + 1.2, np.array([0.8, 0.2]))
    np.testing.assert_allclose(made.posterior, [0.8, 0.2], rtol=1e-6)


def test_the_onset_is_the_light_and_not_its_marker() -> None:
    made = evidence(offset_s=0.25)
    made.received(ONSET + 1.35, np.array([0.0, 1.0]))
    np.testing.assert_array_equal(made.posterior, [0.5, 0.5])
    made.received(ONSET + 1.45, np.array([0.8, 0.2]))
    np.testing.assert_allclose(made.posterior, [0.8, 0.2], rtol=1e-6)


def test_an_overlapping_window_counts_by_its_new_part() -> None:
    made = evidence()
    for k in range(6):
        made.received(ONSET + 1.2 + 0.1 * k, np.array([0.8, 0.2]))
    odds = made.posterior[0] / made.posterior[1]
    assert odds == pytest.approx(4.0**1.5, rel=1e-5)


def test_the_selection_ends_at_the_confidence_or_at_the_longest_flicker() -> None:
    made = evidence(confidence=0.9)
    verdicts = [made.received(ONSET + 1.2 + 0.1 * k, np.array([0.8, 0.2])) for k in range(20)]
    n = next(k for k, verdict in enumerate(verdicts) if verdict is not None) + 1
    assert n == 7  # 4 ** (1 + 0.6) = 9.2 to 1
    unsure = evidence(confidence=0.99, max_s=2.14)
    for k in range(11):
        verdict = unsure.received(ONSET + 1.16 + 0.1 * k, np.array([0.45, 0.55]))
    assert verdict is not None
    assert (verdict.number, verdict.n_updates) == (1, 11)


def test_without_a_prediction_there_is_no_verdict() -> None:
    made = evidence()
    assert made.give_up() is None
    made.received(ONSET + 1.2, np.array([0.7, 0.3]))
    verdict = made.give_up()
    assert verdict is not None
    assert verdict.number == 0


def test_symbols_follow_the_classes_by_name() -> None:
    windows = FlickerWindows.of(("A", "B", "C"), ("C", "A"), 0.1, 1.0, 250.0)
    assert windows.order == (2, 0)
    with pytest.raises(ProfileError, match="the model has no class for D"):
        FlickerWindows.of(("A", "B"), ("A", "D"), 0.1, 1.0, 250.0)
