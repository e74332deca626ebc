"""Breaks in a file: the times of its samples and annotations."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bci.recording.breaks import UNKNOWN, Break, TimeLine, lost


def test_rows_behind_a_break_come_later_by_what_was_lost() -> None:
    line = TimeLine(10, 10.0, [Break(4, 100), Break(8, 1)])
    np.testing.assert_array_equal(line.indices, [0, 1, 2, 3, 104, 105, 106, 107, 109, 110])
    np.testing.assert_allclose(line.place([0.35, 0.4, 0.8]), [0.35, 10.4, 10.9])


def test_breaks_outside_the_rows_and_twins_count_for_nothing() -> None:
    breaks = [Break(0, 5), Break(10, 5), Break(3, 1), Break(3, 7), Break(5, 0)]
    indices = TimeLine(10, 10.0, breaks).indices
    assert indices[0] == 0
    assert indices[-1] == 16


def test_unknown_length_is_one_sample() -> None:
    assert [lost(length, 100.0) for length in (0.0, float("nan"), -1.0, 0.001, 2.0)] == [
        UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 200,
    ]  # fmt: skip


@given(
    breaks=st.lists(st.tuples(st.integers(-5, 60), st.integers(-3, 10**6)), max_size=6),
    row=st.integers(0, 49),
    sfreq=st.sampled_from([100.0, 250.0, 256.0, 1000.0]),
)
def test_what_is_noted_on_a_row_stays_on_it(
    breaks: list[tuple[int, int]], row: int, sfreq: float
) -> None:
    line = TimeLine(50, sfreq, [Break(*each) for each in breaks])
    assert round(float(line.place([row / sfreq])[0]) * sfreq) == line.indices[row]
    assert (np.diff(line.indices) >= 1).all()
