"""Numbers and due times of frames, from hand-made swaps."""

import numpy as np
import pytest

from bci.stimulus.frames import FrameClock, PacedBy, Swap

PERIOD = 1 / 60
SYNC, TIMER = PacedBy.VERTICAL_SYNC, PacedBy.TIMER


def shown(clock: FrameClock, asked: float, swapped: float) -> Swap:
    """Ask for a frame at one time and show it at another, both in periods."""
    return clock.swapped(clock.next(asked * PERIOD), swapped * PERIOD)


def test_frames_follow_one_another_a_period_apart() -> None:
    clock = FrameClock(PERIOD, SYNC)
    swaps = [shown(clock, k, k + 1) for k in range(5)]
    assert [swap.number for swap in swaps] == [0, 1, 2, 3, 4]
    assert sum(swap.dropped for swap in swaps) == 0
    assert clock.next(5 * PERIOD).due == pytest.approx(6 * PERIOD)


@pytest.mark.parametrize("paced_by", [SYNC, TIMER])
def test_a_frame_that_is_shown_two_periods_late_drops_two(paced_by: PacedBy) -> None:
    clock = FrameClock(PERIOD, paced_by)
    shown(clock, 0, 1)
    swap = shown(clock, 1, 4)
    assert (swap.number, swap.dropped, swap.is_late) == (3, 2, False)
    following = shown(clock, 4, 5)
    assert (following.number, following.dropped) == (4, 0)


def test_a_frame_that_is_begun_too_late_takes_the_next_place_of_the_grid() -> None:
    clock = FrameClock(PERIOD, SYNC)
    shown(clock, 0, 1)
    frame = clock.next(2.4 * PERIOD)
    assert frame.number == 2
    assert frame.due == pytest.approx(3 * PERIOD)
    assert clock.swapped(frame, 3 * PERIOD).dropped == 1


def test_frames_of_a_timer_stay_on_the_grid_after_late_ones() -> None:
    clock = FrameClock(PERIOD, TIMER)
    shown(clock, 0, 0)
    late = shown(clock, 0.1, 1.7)
    assert (late.number, late.dropped, late.is_late) == (1, 0, True)
    after = shown(clock, 1.8, 2.1)
    assert (after.number, after.dropped, after.is_late) == (2, 0, False)
    assert clock.next(2.2 * PERIOD).due == pytest.approx(3 * PERIOD)


def test_the_clock_finds_the_period_and_ignores_single_late_reports() -> None:
    true, rng = 1 / 59.94, np.random.default_rng(0)
    clock, off = FrameClock(PERIOD, SYNC), []
    for k in range(3000):
        now = k * true
        frame = clock.next(now)
        at = (k + 1) * true
        off.append(frame.due - at)
        clock.swapped(frame, at + (0.004 if rng.random() < 0.01 else 0.0))
    assert 1 / clock.period_s == pytest.approx(59.94, abs=0.02)
    assert np.abs(off[1000:]).max() < 0.001


def test_numbers_continue_after_a_pause_that_is_no_loss() -> None:
    clock = FrameClock(PERIOD, TIMER)
    shown(clock, 0, 0)
    clock.restart()
    swap = shown(clock, 600, 600)
    assert (swap.number, swap.dropped) == (1, 0)
