import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci.pipeline.ring import RingBuffer


def numbered(first: int, n: int, n_channels: int = 2) -> tuple[np.ndarray, np.ndarray]:
    index = np.arange(first, first + n)
    return np.repeat(index[:, None], n_channels, axis=1).astype(np.float32), index.astype(float)


@given(st.integers(1, 40), st.lists(st.integers(0, 70), min_size=1, max_size=30))
def test_any_held_window_is_the_samples_that_were_written(capacity: int, sizes: list[int]) -> None:
    ring = RingBuffer(capacity, 2)
    end = 0
    for size in sizes:
        ring.write(*numbered(end, size), end)
        end += size
        for start in range(ring.oldest, end + 1):
            data, timestamps = ring.view(start, end)
            np.testing.assert_array_equal(data[:, 1], np.arange(start, end))
            np.testing.assert_array_equal(timestamps, np.arange(start, end))


def test_a_window_is_contiguous_and_not_a_copy() -> None:
    ring = RingBuffer(10, 2)
    ring.write(*numbered(0, 7), 0)
    ring.write(*numbered(7, 7), 7)
    data, _ = ring.view(4, 14)
    assert data.flags.c_contiguous
    assert data.base is not None
    ring.write(*numbered(14, 1), 14)
    assert data[0, 0] == 14  # the oldest row was overwritten in place


def test_a_reader_that_falls_behind_gets_the_number_of_lost_samples() -> None:
    ring = RingBuffer(10, 2)
    ring.write(*numbered(0, 6), 0)
    got = ring.read(0)
    assert (got.first, len(got.data), got.lost) == (0, 6, 0)
    cursor = got.first + len(got.data)
    ring.write(*numbered(6, 25), 6)
    got = ring.read(cursor)
    assert (got.first, len(got.data), got.lost) == (21, 10, 15)
    np.testing.assert_array_equal(got.data[:, 0], np.arange(21, 31))


def test_two_readers_do_not_disturb_each_other() -> None:
    ring = RingBuffer(10, 2)
    ring.write(*numbered(0, 8), 0)
    assert len(ring.read(0, max_samples=3).data) == 3
    assert len(ring.read(5).data) == 3
    assert len(ring.read(3).data) == 5


def test_lost_samples_read_as_nan_and_keep_their_place() -> None:
    ring = RingBuffer(10, 2)
    ring.write(*numbered(100, 3), 100)
    ring.write(*numbered(105, 2), 105)
    got = ring.latest(10)
    assert got.first == 100
    np.testing.assert_array_equal(got.data[:, 0], [100, 101, 102, np.nan, np.nan, 105, 106])


def test_a_gap_longer_than_the_ring_leaves_only_what_followed() -> None:
    ring = RingBuffer(5, 1)
    ring.write(*numbered(0, 5, 1), 0)
    ring.write(*numbered(10**12, 2, 1), 10**12)
    data, _ = ring.view(10**12 - 3, 10**12 + 2)
    np.testing.assert_array_equal(np.isnan(data[:, 0]), [True, True, True, False, False])


def test_a_cleared_ring_begins_again_at_any_index() -> None:
    ring = RingBuffer(10, 2)
    ring.write(*numbered(0, 17), 0)
    ring.clear()
    assert len(ring.latest(10).data) == 0
    ring.write(*numbered(4, 3), 4)
    assert (ring.oldest, ring.end) == (4, 7)
    np.testing.assert_array_equal(ring.latest(10).data[:, 0], [4, 5, 6])


def test_a_view_that_was_overwritten_is_recognised() -> None:
    ring = RingBuffer(4, 1)
    ring.write(*numbered(0, 4, 1), 0)
    got = ring.latest(4)
    assert ring.still_holds(got.first)
    ring.write(*numbered(4, 1, 1), 4)
    assert not ring.still_holds(got.first)


def test_samples_cannot_be_rewritten_and_unheld_ones_not_read() -> None:
    ring = RingBuffer(4, 1)
    ring.write(*numbered(0, 6, 1), 0)
    with pytest.raises(ValueError, match="already written"):
        ring.write(*numbered(5, 1, 1), 5)
    with pytest.raises(IndexError, match="2-6 are"):
        ring.view(1, 4)


def test_a_segment_begins_with_the_first_sample_behind_a_gap() -> None:
    ring = RingBuffer(10, 2)
    assert len(ring.since_gap().data) == 0
    ring.write(*numbered(5, 4), 5)
    assert (ring.segment, ring.since_gap().first, len(ring.since_gap().data)) == (5, 5, 4)
    ring.mark_gap()
    assert (ring.segment, len(ring.since_gap().data)) == (None, 0)
    # A loss before decimation may not change the index.
    ring.write(*numbered(9, 3), 9)
    assert (ring.segment, ring.since_gap().first, len(ring.since_gap().data)) == (9, 9, 3)
    ring.write(*numbered(15, 2), 15)
    assert (ring.segment, len(ring.since_gap().data)) == (15, 2)
