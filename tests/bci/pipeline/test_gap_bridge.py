import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bci.pipeline.gap_bridge import GapBridge
from tests.signals import noise


def test_what_has_no_gap_is_left_as_it_is() -> None:
    data = noise(300, 3, offset=40_000.0)
    filled = data.copy()
    GapBridge(3).fill(filled)
    np.testing.assert_array_equal(filled, data)


def test_a_channel_continues_from_its_last_value_after_a_gap() -> None:
    data = np.array([[1, 5], [2, 5], [np.nan, 5], [np.inf, 5], [40, 5], [41, 5]], dtype=np.float32)
    GapBridge(2).fill(data)
    assert data[:, 0].tolist() == [1, 2, 2, 2, 2, 3]
    assert data[:, 1].tolist() == [5] * 6


def test_a_channel_that_begins_without_values_begins_at_zero() -> None:
    data = np.array([[np.nan], [70], [72]], dtype=np.float32)
    GapBridge(1).fill(data)
    assert data[:, 0].tolist() == [0, 0, 2]


@given(cuts=st.lists(st.integers(1, 199), max_size=8), seed=st.integers(0, 1000))
def test_other_chunks_change_no_bit(cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = noise(200, 4, seed=seed)
    data[rng.random(data.shape) < 0.3] = np.nan
    whole = data.copy()
    GapBridge(4).fill(whole)
    bridge = GapBridge(4)
    parts = np.split(data.copy(), sorted(cuts))
    for part in parts:
        bridge.fill(part)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
