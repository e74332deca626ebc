"""Time lines of senders: lost samples, late samples, another clock or rate."""

from dataclasses import dataclass
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bci.clock.dejitter import SampleClock, number_samples

SFREQ = 250.0
N = 10_000
Stamps = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """The time stamps of a stream, and their right interpretation."""

    stamps: Stamps
    lost: int = 0
    gaps: int | None = None
    jumps: int = 0
    rate: float = SFREQ
    nominal: float = SFREQ


def even(n: int = N, sfreq: float = SFREQ, start: float = 100.0) -> Stamps:
    return start + np.arange(n) / sfreq


def without(lost: slice | NDArray[np.bool_], n: int = N, sfreq: float = SFREQ) -> Stamps:
    kept = np.ones(n, dtype=bool)
    kept[lost] = False
    return 100.0 + np.flatnonzero(kept) / sfreq


def pushed(
    late_s: float = 0.0, at_s: float = 20.0, chunk: int = 10, jitter_s: float = 0.0005, n: int = N
) -> Stamps:
    """Return chunks stamped when pushed; one is delayed, and later ones catch up."""
    ends = 100.0 + (np.arange(n // chunk) + 1) * chunk / SFREQ
    ends += np.random.default_rng(0).exponential(jitter_s, n // chunk)
    held = min(int(at_s * SFREQ / chunk), len(ends) - 1)
    ends[held:] = np.maximum(ends[held:], ends[held] + late_s)
    return np.repeat(ends, chunk) - np.tile(np.arange(chunk)[::-1], n // chunk) / SFREQ


def moved(stamps: Stamps, by_s: float, rows: slice) -> Stamps:
    stamps = stamps.copy()
    stamps[rows] += by_s
    return stamps


def at_random(share: float, chunk: int = 1, n: int = N) -> NDArray[np.bool_]:
    lost = np.repeat(np.random.default_rng(1).random(n // chunk) < share, chunk)
    lost[:chunk] = lost[-chunk:] = False
    return lost


def normal(scale_s: float, n: int, each: int = 1) -> Stamps:
    return np.repeat(np.random.default_rng(2).normal(0, scale_s, n // each), each)


def bursts(length_s: float) -> Stamps:
    return np.ceil(even() / length_s) * length_s + 0.002


def overlapping() -> Stamps:
    shift = np.random.default_rng(0).uniform(-0.03, 0.03, N // 250)
    return even() + np.repeat(shift, 250)


LINES = {
    "regular": Line(even()),
    "1 lost after the first sample": Line(without(slice(1, 2)), 1, 1),
    "2 lost after three samples": Line(without(slice(3, 5)), 2, 1),
    "500 lost after five samples": Line(without(slice(5, 505)), 500, 1),
    "1 lost in the middle": Line(without(slice(5000, 5001)), 1, 1),
    "many lost in the middle": Line(without(slice(5000, 8000)), 3000, 1),
    "1 lost before the last sample": Line(without(slice(N - 2, N - 1)), 1, 1),
    "1 of 100 lost from the start": Line(without(at_random(0.01)), int(at_random(0.01).sum())),
    "1 of 10 lost from the start": Line(without(at_random(0.1)), int(at_random(0.1).sum())),
    "1 of 100 chunks of 2 lost from the start": Line(
        without(at_random(0.01, 2)), int(at_random(0.01, 2).sum())
    ),
    "1 of 50 chunks of 10 lost from the start": Line(
        without(at_random(0.02, 10)), int(at_random(0.02, 10).sum())
    ),
    "a first sample 3 s before the others": Line(np.r_[97.0, even()], 749, 1),
    "a gap of half an hour": Line(np.r_[even(5000), even(5000, start=1920.0)], 450_000, 1),
    "a gap that is no whole number of samples": Line(
        np.r_[even(5000), even(5000, start=121.0 + 0.0014)], 250, 1
    ),
    **{
        f"a hiccup of {ms} ms": Line(pushed(ms / 1000))
        for ms in (30, 60, 80, 100, 120, 150, 200, 250, 300, 350, 400, 1500)
    },
    **{
        f"a hiccup of {ms} ms in chunks of {chunk}": Line(pushed(ms / 1000, chunk=chunk))
        for ms in (30, 150, 400)
        for chunk in (1, 4, 25, 64, 250)
    },
    "a hiccup at the start": Line(pushed(0.3, at_s=0.08)),
    "a hiccup every five seconds": Line(
        np.r_[tuple(pushed(0.12, 2.0, n=1250) + 5.0 * k for k in range(8))]
    ),
    "a hiccup of stamps that are even": Line(moved(even(), 0.15, slice(5000, 5040))),
    "10 lost in a hiccup": Line(moved(pushed(0.15), 0.04, slice(5010, None)), 10, 1),
    "1 lost after a hiccup": Line(moved(pushed(0.15), 0.004, slice(5500, None)), 1, 1),
    "bursts of 16 ms with equal stamps": Line(bursts(0.016)),
    "bursts of 40 ms with equal stamps": Line(bursts(0.040)),
    "chunks of a second that overlap by 30 ms": Line(overlapping()),
    "jitter of a millisecond": Line(even() + normal(0.001, N)),
    "10 lost in jitter of a millisecond": Line(
        without(slice(5000, 5010)) + normal(0.001, N - 10), 10, 1
    ),
    "chunks that jitter by 20 ms": Line(even() + np.abs(normal(0.02, N, 10))),
    "Unix time": Line(even(start=1.7e9)),
    "one stamp far ahead": Line(moved(even(), 200_000.0, slice(5000, 5001))),
    "one stamp far behind": Line(moved(even(), -200_000.0, slice(5000, 5001))),
    "one stamp 2 s ahead": Line(moved(even(), 2.0, slice(5000, 5001))),
    "one stamp 2 s behind": Line(moved(even(), -2.0, slice(5000, 5001))),
    "three wild stamps": Line(moved(even(), 1e5, slice(5000, 5003))),
    "a first stamp far ahead": Line(moved(even(), 200_000.0, slice(0, 1))),
    "a clock that starts again near 0": Line(np.r_[even(5000, start=9e4), even(5000, start=5.0)],
                                             jumps=1),
    "a clock set back by an hour": Line(moved(even(), -3600.0, slice(5000, None)), jumps=1),
    "a clock set ahead by a week": Line(moved(even(), 6e5, slice(5000, None)), jumps=1),
    "0.1 % slower": Line(even(sfreq=249.75), rate=249.75),
    "0.1 % faster": Line(even(sfreq=250.25), rate=250.25),
    "499.83 of 500 Hz for half an hour": Line(
        even(899_694, 499.83), rate=499.83, nominal=500.0
    ),
    "500.6 of 500 Hz for half an hour": Line(even(901_080, 500.6), rate=500.6, nominal=500.0),
    **{
        f"{share:g} times the nominal rate": Line(even(sfreq=share * SFREQ), rate=share * SFREQ)
        for share in (0.5, 0.672, 0.8, 1.28, 2.0, 10.0, 1000.0)
    },
    "no numbers among the stamps": Line(
        np.where(np.arange(N) % 500 < 3, np.nan, even())
    ),
    "nothing but stamps that are no numbers": Line(np.full(N, np.nan)),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, N])
@pytest.mark.parametrize("by_s", [200_000.0, -200_000.0, 1e9, -1e9, 2.0])
def test_a_wrong_first_stamp_moves_neither_its_sample_nor_the_others(
    by_s: float, size: int
) -> None:
    clock, times, _ = follow(Line(moved(even(), by_s, slice(0, 1))), size)
    np.testing.assert_allclose(times, even(), atol=1e-6)
    assert (clock.lost_samples, clock.clock_jumps) == (0, 0)


@pytest.mark.parametrize("by_s", [200_000.0, -200_000.0])
def test_a_wrong_second_stamp_moves_no_sample(by_s: float) -> None:
    told, _ = number_samples(moved(even(), by_s, slice(1, 2)), SFREQ)
    np.testing.assert_allclose(told.timestamps, even(), atol=1e-6)


# Single samples at the start and at the loss in the middle; the rest at once, to save time.
SINGLY = (*[1] * 60, 440)


def follow(line: Line, *sizes: int) -> tuple[SampleClock, Stamps, NDArray[np.int64]]:
    """Stamp a time line in chunks of ``sizes``, which are used cyclically."""
    clock, n, row, turn, told = SampleClock(line.nominal), len(line.stamps), 0, cycle(sizes), []
    while row < n:
        stop = row + next(turn)
        told.append(clock.stamp(line.stamps[row:stop], final=stop >= n))
        row = stop
    return (
        clock,
        np.concatenate([part.timestamps for part in told]),
        np.concatenate([part.indices for part in told]),
    )


@pytest.mark.parametrize("name", LINES)
def test_what_is_lost_late_or_another_clock_is_distinguished_from_a_file(name: str) -> None:
    line = LINES[name]
    told, clock = number_samples(line.stamps, line.nominal)
    assert (clock.lost_samples, clock.clock_jumps) == (line.lost, line.jumps)
    if line.gaps is not None:
        assert clock.gaps == line.gaps
    assert clock.sfreq == pytest.approx(line.rate, rel=1e-3)
    assert told.indices[-1] - told.indices[0] + 1 == len(line.stamps) + line.lost
    assert np.isfinite(told.timestamps).all()


@pytest.mark.parametrize("sizes", [SINGLY, (7,), (64,)], ids=["singly", "7", "64"])
@pytest.mark.parametrize("name", [name for name in LINES if "half an hour" not in name])
def test_the_same_is_reported_of_stamps_that_come_in_chunks(
    name: str, sizes: tuple[int, ...]
) -> None:
    line = LINES[name]
    whole, clock = number_samples(line.stamps, line.nominal)
    chunked, times, indices = follow(line, *sizes)
    assert times.tobytes() == whole.timestamps.tobytes()
    assert indices.tobytes() == whole.indices.tobytes()
    assert (chunked.lost_samples, chunked.gaps) == (clock.lost_samples, clock.gaps)


@hypothesis_settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(1, 40)), min_size=1, max_size=30),
    st.sampled_from([52.0, 250.0, 2000.0]),
)
def test_what_is_removed_from_even_stamps_is_what_is_lost(
    removed: list[tuple[int, int]], sfreq: float
) -> None:
    kept = np.ones(0, dtype=bool)
    for length, lost in removed:
        kept = np.r_[kept, np.ones(length, dtype=bool), np.zeros(lost, dtype=bool)]
    kept = np.r_[kept, np.ones(4 * round(sfreq), dtype=bool)]
    # The same number lost at equal distances is a lower rate, and reported as such.
    lengths = {length for length, _ in removed}
    if len(removed) > 4 and len(lengths) < 3:
        return
    told, clock = number_samples(7.0 + np.flatnonzero(kept) / sfreq, sfreq)
    assert clock.lost_samples == np.count_nonzero(~kept)
    np.testing.assert_array_equal(told.indices, np.flatnonzero(kept))


@hypothesis_settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(0.0, 0.4), min_size=2, max_size=12),
    st.integers(1, 30),
    st.lists(st.integers(1, 90), min_size=1, max_size=10),
)
def test_lateness_that_is_caught_up_loses_nothing_in_any_chunks(
    late: list[float], chunk: int, sizes: list[int]
) -> None:
    stamps = np.r_[
        tuple(pushed(s, 1.0, chunk, n=chunk * 60) + k * chunk * 60 / SFREQ
              for k, s in enumerate([0.0, *late, 0.0]))
    ]  # fmt: skip
    whole, clock = number_samples(stamps, SFREQ)
    split, row, turn, indices = SampleClock(SFREQ), 0, 0, []
    while row < len(stamps):
        size = sizes[turn % len(sizes)]
        part = split.stamp(stamps[row : row + size], final=row + size >= len(stamps))
        indices.append(part.indices)
        row, turn = row + size, turn + 1
    assert np.concatenate(indices).tobytes() == whole.indices.tobytes()
    assert clock.lost_samples == 0


def live(stamps: Stamps, arrived: Stamps, chunk: int = 10) -> SampleClock:
    clock = SampleClock(SFREQ)
    for k in range(0, len(stamps), chunk):
        clock.stamp(stamps[k : k + chunk], float(arrived[min(k + chunk, len(stamps)) - 1]))
    return clock


def test_a_loss_in_a_backlog_is_seen() -> None:
    stamps = without(slice(5000, 5750))
    arrived = stamps + 0.01
    # The engine is delayed from the 18th second, and reads six seconds at once.
    arrived[(stamps > 118) & (stamps < 124)] = 124.01
    clock = live(stamps, arrived)
    assert (clock.lost_samples, clock.gaps, clock.clock_jumps) == (750, 1, 0)


def test_a_clock_set_in_a_backlog_is_no_loss() -> None:
    stamps = even()
    arrived = stamps + 0.01
    arrived[(stamps > 118) & (stamps < 124)] = 124.01
    clock = live(moved(stamps, 3600.0, slice(5000, None)), arrived)
    assert (clock.lost_samples, clock.clock_jumps) == (0, 1)


def test_stamps_that_are_ahead_of_the_file_are_a_clock_that_was_set() -> None:
    stamps = moved(even(), 3600.0, slice(5000, None))
    _, clock = number_samples(stamps, SFREQ, latest=200.0)
    assert (clock.lost_samples, clock.clock_jumps) == (0, 1)


def test_a_loss_that_later_stamps_undo_is_forgiven() -> None:
    # Late by 12 s for 11 s, which is longer than samples are held back.
    stamps = moved(even(), 12.0, slice(5000, 7750))
    told, clock = number_samples(stamps, SFREQ)
    assert (clock.lost_samples, clock.gaps) == (0, 0)
    assert (np.diff(told.indices) >= 1).all()


def test_only_samples_off_the_line_wait() -> None:
    clock = SampleClock(SFREQ)
    assert len(clock.stamp(even(1000)).indices) == 1000
    late = even()[1000:] + 0.1
    assert len(clock.stamp(late[:20]).indices) == 0
    assert clock.n_waiting == 20
    assert len(clock.stamp(late[20:80]).indices) == 80
    assert (clock.n_waiting, clock.lost_samples) == (0, 25)


def test_a_sender_whose_clock_moved_while_it_was_gone_loses_the_pause_alone() -> None:
    clock = SampleClock(SFREQ)
    clock.stamp(even(1000))
    clock.resume(-5000.0)
    # No sample is held back, since the gap is known.
    assert len(clock.stamp(even(10, start=106.0) - 5000.0).indices) == 10
    assert (clock.lost_samples, clock.clock_jumps) == (500, 0)
