"""Offsets of a sender's clock: their drift and their error bound."""

import math

import pytest

from bci.lsl.clock_offset import DRIFT_ERROR_PPM, RENEWED_S, USUAL_PPM, ClockOffset, OffsetHistory

# Error bound of a new offset; stamps use it within the next second.
FRESH_S = 1e-4 + RENEWED_S * USUAL_PPM * 1e-6


def history(seconds: int, ppm: float, error_s: float = 1e-4) -> OffsetHistory:
    """Return one measurement per two seconds; a fast clock has a falling offset."""
    found = OffsetHistory(ClockOffset(-3.0, error_s, 0.0))
    for t in range(2, seconds, 2):
        found.add(ClockOffset(-3.0 - 1e-6 * ppm * t, error_s, float(t)))
    return found


def test_drift_is_known_after_half_a_minute() -> None:
    assert math.isnan(history(26, 80.0).drift_ppm)
    assert history(40, 80.0).drift_ppm == pytest.approx(80.0, abs=0.01)


def test_a_measurement_over_a_slow_way_changes_the_drift_little() -> None:
    found = history(40, 80.0)
    found.add(ClockOffset(-3.0 - 80e-6 * 40 + 5e-3, 1e-2, 40.0))
    assert found.drift_ppm == pytest.approx(80.0, abs=5.0)


def test_the_error_grows_with_age_and_a_known_drift_is_followed() -> None:
    late = history(40, 50.0).best(48.0)
    assert history(40, 50.0).best(38.0).error_s == pytest.approx(FRESH_S)
    assert late.error_s == pytest.approx(FRESH_S + 10 * DRIFT_ERROR_PPM * 1e-6)
    assert late.offset_s == pytest.approx(-3.0 - 50e-6 * 48)
    # While the drift is unknown, that of a bad clock is assumed.
    assert history(4, 0.0).best(12.0).error_s == pytest.approx(FRESH_S + 10 * USUAL_PPM * 1e-6)


def test_a_measurement_over_a_slow_way_is_not_taken_until_the_others_are_old() -> None:
    found = history(4, 0.0)
    found.add(ClockOffset(-3.004, 5e-3, 4.0))
    assert found.best(4.5).offset_s == -3.0
    found = history(4, 0.0)
    found.add(ClockOffset(-3.004, 2e-3, 25.0))
    assert found.best(25.0).offset_s == -3.004


def test_the_newest_measurement_again_is_left_out() -> None:
    found = history(4, 0.0)
    found.add(ClockOffset(9.0, 1e-6, 2.0))
    assert found.best(2.0).offset_s == -3.0
