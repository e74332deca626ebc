import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bci.clock.dejitter import DeviceClock, SampleClock, number_samples


def stamp_in_chunks(
    clock: SampleClock, raw: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    parts = [
        clock.stamp(raw[i : i + size], final=i + size >= len(raw)) for i in range(0, len(raw), size)
    ]
    return (
        np.concatenate([part.timestamps for part in parts]),
        np.concatenate([part.indices for part in parts]),
    )


@pytest.mark.parametrize("sfreq", [52.0, 250.0, 2000.0])
def test_every_single_lost_sample_is_counted_where_stamps_are_regular(sfreq: float) -> None:
    n = 20_000
    kept = np.random.default_rng(0).random(n) > 0.01
    kept[: round(2 * sfreq)] = True
    kept[-1] = True
    true_index = np.flatnonzero(kept)
    clock = SampleClock(sfreq)
    times, indices = stamp_in_chunks(clock, 100 + true_index / sfreq, 37)
    np.testing.assert_array_equal(indices, true_index)
    assert clock.lost_samples == n - kept.sum()
    np.testing.assert_allclose(times, 100 + true_index / sfreq, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_jitter_of_arrival_makes_no_gap_and_is_smoothed(seed: int) -> None:
    sfreq, n = 250.0, 30_000
    rng = np.random.default_rng(seed)
    true = np.arange(n) / sfreq
    delay = np.repeat(np.abs(rng.normal(0, 0.02, n // 10)), 10)
    clock = SampleClock(sfreq)
    times, indices = stamp_in_chunks(clock, true + delay, 10)
    assert (clock.gaps, clock.clock_jumps) == (0, 0)
    np.testing.assert_array_equal(indices, np.arange(n))
    late = times[n // 2 :] - true[n // 2 :]
    assert np.std(late) < 0.1 * np.std(delay)
    assert np.abs(np.diff(times[n // 2 :]) * sfreq - 1).max() < 0.05


def test_a_rate_off_its_nominal_is_followed_without_gaps() -> None:
    for sfreq in (250.0, 2000.0):
        true = np.arange(20_000) / (sfreq * 1.005)
        clock = SampleClock(sfreq)
        times, _ = stamp_in_chunks(clock, true, 16)
        assert (clock.gaps, clock.clock_jumps) == (0, 0)
        assert clock.sfreq == pytest.approx(sfreq * 1.005, rel=5e-4)
        np.testing.assert_allclose(times[-1000:], true[-1000:], atol=1e-3)


def test_a_pause_is_lost_samples() -> None:
    raw = np.concatenate([np.arange(1000), np.arange(2250, 3000)]) / 250.0
    clock = SampleClock(250.0)
    _, indices = stamp_in_chunks(clock, raw, 10)
    assert (clock.gaps, clock.lost_samples) == (1, 1250)
    assert indices[-1] == 2999


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_clock_that_is_set_moves_neither_stamps_nor_index(jump: float) -> None:
    clock = SampleClock(250.0)
    for k in range(500):
        raw = 10 + np.arange(10 * k, 10 * k + 10) / 250.0 + (jump if k >= 250 else 0.0)
        got = clock.stamp(raw, arrived=50 + 0.04 * (k + 1))
    assert (clock.clock_jumps, clock.gaps, clock.lost_samples) == (1, 0, 0)
    assert got.indices[-1] == 4999
    assert got.timestamps[-1] == pytest.approx(raw[-1] - jump, abs=1e-6)


def test_a_pause_in_arrival_separates_lost_samples_from_a_clock_jump() -> None:
    clock = SampleClock(250.0)
    for k in range(200):
        late = 5.0 if k >= 100 else 0.0
        clock.stamp(np.arange(10 * k, 10 * k + 10) / 250.0 + late, arrived=0.04 * (k + 1) + late)
    assert (clock.clock_jumps, clock.gaps, clock.lost_samples) == (0, 1, 1250)


def test_a_gap_in_a_replay_faster_than_real_time_is_lost_samples() -> None:
    clock = SampleClock(250.0)
    for k in range(200):
        late = 300.0 if k >= 100 else 0.0
        clock.stamp(np.arange(10 * k, 10 * k + 10) / 250.0 + late, arrived=0.0004 * k)
    assert (clock.clock_jumps, clock.gaps, clock.lost_samples) == (0, 1, 75_000)


def test_stamps_that_are_no_numbers_count_as_on_time() -> None:
    raw = np.arange(1000) / 250.0
    raw[500:510] = np.nan
    raw[700] = np.inf
    clock = SampleClock(250.0)
    times, indices = stamp_in_chunks(clock, raw, 7)
    assert (clock.gaps, clock.clock_jumps) == (0, 0)
    np.testing.assert_allclose(times, np.arange(1000) / 250.0, atol=1e-6)
    np.testing.assert_array_equal(indices, np.arange(1000))


@hypothesis_settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(-2, 20, allow_nan=False), min_size=300, max_size=400),
    st.lists(st.integers(1, 90), min_size=1, max_size=20),
)
def test_the_outcome_does_not_depend_on_how_stamps_are_chunked(
    steps: list[float], sizes: list[int]
) -> None:
    raw = np.cumsum(np.array(steps) / 100.0)
    whole, _ = number_samples(raw, 100.0)
    clock, row, turn, times, indices = SampleClock(100.0), 0, 0, [], []
    while row < len(raw):
        size = sizes[turn % len(sizes)]
        part = clock.stamp(raw[row : row + size], final=row + size >= len(raw))
        times.append(part.timestamps)
        indices.append(part.indices)
        row, turn = row + size, turn + 1
    assert np.concatenate(times).tobytes() == whole.timestamps.tobytes()
    assert np.concatenate(indices).tobytes() == whole.indices.tobytes()
    assert (np.diff(whole.indices) >= 1).all()


def test_an_irregular_stream_has_no_sample_clock() -> None:
    with pytest.raises(ValueError, match="rate above 0"):
        SampleClock(0.0)


def test_a_device_clock_takes_the_shortest_way_and_follows_drift() -> None:
    rng = np.random.default_rng(3)
    clock, drift, ahead = DeviceClock(), 50e-6, 1.7e9
    errors = []
    for step in range(6000):
        taken = 100.0 + 0.01 * step
        on_device = ahead + taken * (1 + drift)
        arrived = taken + 0.004 + rng.exponential(0.003)
        errors.append(clock.to_lsl(np.array([on_device]), arrived)[0] - taken)
    # The offset is known except for the shortest delay of 4 ms, despite a drift of 3 ms per minute.
    assert 0.0035 < np.median(errors[1500:]) < 0.005
    assert np.ptp(errors[1500:]) < 0.002


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_device_clock_that_is_set_does_not_move_the_lsl_times(jump: float) -> None:
    clock = DeviceClock()
    for second in range(20):
        on_device = float(second) + (jump if second >= 10 else 0.0)
        (taken,) = clock.to_lsl(np.array([on_device]), 50.0 + second)
        assert taken == pytest.approx(50.0 + second, abs=1e-6)


def test_a_device_clock_set_by_less_than_a_second_is_right_again_after_one() -> None:
    clock = DeviceClock()
    errors = []
    for step in range(3000):
        taken = 0.01 * step
        on_device = taken - (0.5 if taken >= 10 else 0.0)
        errors.append(clock.to_lsl(np.array([on_device]), taken + 0.005)[0] - taken)
    assert max(np.abs(errors[:1000])) < 0.006
    assert max(np.abs(errors[1210:])) < 0.006


@pytest.mark.parametrize("true_rate", [200.0, 225.0, 300.0, 333.0])
def test_a_rate_far_from_what_it_is_called_is_followed(true_rate: float) -> None:
    clock = SampleClock(250.0)
    raw = np.arange(4000) / true_rate
    stamps = clock.stamp(raw)
    assert clock.sfreq == pytest.approx(true_rate, rel=0.01)
    assert np.abs(stamps.timestamps - raw)[2000:].max() < 0.04
    assert clock.lost_samples == 0
    clock.stamp(raw[-1] + 1.0 + np.arange(1, 500) / true_rate)
    assert clock.gaps == 1
    assert clock.lost_samples == pytest.approx(true_rate, rel=0.03)


def test_a_sample_count_that_stood_still_shows_as_a_gap() -> None:
    clock = DeviceClock()
    times = [clock.to_lsl(np.array([n / 100]), n / 100 + 7.0)[0] for n in range(500)]
    times += [clock.to_lsl(np.array([n / 100]), n / 100 + 12.0)[0] for n in range(500, 600)]
    assert times[500] - times[499] == pytest.approx(5.01)
