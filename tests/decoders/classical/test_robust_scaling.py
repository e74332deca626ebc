"""Median and interquartile range of each channel, compared with a plain computation."""

import numpy as np
import pytest

from decoders.classical.robust_scaling import RobustScaling

LIMIT = 5.0


@pytest.fixture
def windows() -> np.ndarray:
    """Return windows, (30, 4, 50), of magnetometers and gradiometers, one of them flat."""
    rng = np.random.default_rng(0)
    level = np.array([2e-12, -5e-11, 0.0, 3.0])[:, None]
    spread = np.array([1e-13, 4e-12, 0.0, 1.0])[:, None]
    return (level + spread * rng.normal(size=(30, 4, 50))).astype(np.float32)


def test_windows_are_scaled_as_by_a_plain_computation(windows: np.ndarray) -> None:
    windows[3, 0, :20] = 1e-9
    windows[4, 1, :9] = -1e-9

    scaled = RobustScaling.fit(windows)(windows)

    for channel in (0, 1, 3):
        values = windows[:, channel].astype(np.float64)
        low, high = np.quantile(values, [0.25, 0.75])
        plain = (values - np.median(values)) / ((high - low) / 1.349)
        np.testing.assert_allclose(
            scaled[:, channel], np.clip(plain, -LIMIT, LIMIT), rtol=1e-4, atol=1e-4
        )
    assert (scaled[3, 0, :20] == LIMIT).all()
    assert (scaled[4, 1, :9] == -LIMIT).all()
    assert not scaled[:, 2].any()


def test_a_normal_channel_comes_out_at_unit_variance_whatever_outliers_there_are(
    windows: np.ndarray,
) -> None:
    clean = RobustScaling.fit(windows)
    assert clean(windows)[:, [0, 1, 3]].std(axis=(0, 2)) == pytest.approx(1, abs=0.05)

    soiled = windows.copy()
    soiled[0, :, :25] = 1e6  # under 2 % of each channel

    after = RobustScaling.fit(soiled)
    live = [0, 1, 3]
    assert after.scale[live, 0] == pytest.approx(clean.scale[live, 0], rel=0.05)
    assert (np.abs(after.centre - clean.centre)[live] < 0.05 * clean.scale[live]).all()


def test_one_window_is_scaled_as_among_many_and_is_left_as_it_was(windows: np.ndarray) -> None:
    scaling, before = RobustScaling.fit(windows), windows.copy()
    alone = scaling(windows[7])
    np.testing.assert_array_equal(alone, scaling(windows)[7])
    np.testing.assert_array_equal(windows, before)
    again = RobustScaling.from_arrays(scaling.arrays(), 4)
    np.testing.assert_array_equal(again(windows[7]), alone)


def test_a_spread_that_is_none_is_refused(windows: np.ndarray) -> None:
    arrays = RobustScaling.fit(windows).arrays()
    with pytest.raises(ValueError, match=r"scaling\.spread' is not above 0"):
        RobustScaling.from_arrays(arrays | {"scaling.spread": np.zeros((4, 1))}, 4)
