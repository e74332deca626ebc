"""The sentence in the status bar."""

import pytest

from gui.situation import Situation


def decoding(**status: object) -> str:
    known = {"stream": "amp", "model": "me", "lost_samples": 0, **status}
    situation = Situation("type EEG", "amp", signal_alive=True, engine_alive=True, status=known)
    situation.count_samples(100, 10.0)
    return situation.sentence(10.1, 1.0)


def test_a_model_that_stays_as_it_is_needs_no_words() -> None:
    assert decoding(adaptation="off") == "amp is decoded by me, 1.0 ms late, no samples lost"


@pytest.mark.parametrize("adaptation", ["alignment, 12 updates", "supervised, 7 trials"])
def test_a_model_that_adapts_is_said_to(adaptation: str) -> None:
    assert decoding(adaptation=adaptation).startswith(
        f"amp is decoded by me, which adapts ({adaptation}), 1.0 ms late"
    )


def test_a_signal_unlike_the_calibration_is_told_and_one_like_it_needs_no_words() -> None:
    assert "by me, 1.0 ms late" in decoding(drift=1.2, drift_warning=None)
    said = "by me, but the signal is unlike its calibration (drift 2.5), 1.0 ms late"
    assert said in decoding(drift=2.5, drift_warning="far")


@pytest.mark.parametrize("drift", [{}, {"drift": None}, {"drift": "far"}])
def test_a_drift_without_a_number_is_told_all_the_same(drift: dict[str, object]) -> None:
    said = "by me, but the signal is unlike its calibration, 1.0 ms late"
    assert said in decoding(**drift, drift_warning="far")
