"""Resampling is causal, independent of chunks, and equal to scipy's polyphase filter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import signal

from bci.errors import MismatchError
from bci.pipeline.resampling import Resampler
from bci.signals import Chunk
from tests.signals import chunked, noise


def resampled(chunks: list[Chunk], sfreq: float, wanted: float) -> list[Chunk]:
    resampler = Resampler(sfreq, wanted, chunks[0].data.shape[1])
    return [resampler.push(chunk) for chunk in chunks]


def joined(chunks: list[Chunk]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([c.data for c in chunks]), np.concatenate([c.timestamps for c in chunks])


@pytest.mark.parametrize(
    ("sfreq", "wanted"), [(160, 250), (1000, 250), (256, 250), (250, 500), (512, 128), (250, 160)]
)
def test_output_is_that_of_a_polyphase_filter(sfreq: float, wanted: float) -> None:
    data = noise(2000, 3)
    (made,) = resampled(chunked(data, sfreq, 2000), sfreq, wanted)
    gcd = np.gcd(int(sfreq), int(wanted))
    up, down = int(wanted) // gcd, int(sfreq) // gcd
    half = 10 * max(up, down)
    taps = up * signal.firwin(2 * half + 1, 1 / max(up, down), window=("kaiser", 5.0))
    expected = signal.upfirdn(taps, data.astype(np.float64), up, down, axis=0)
    np.testing.assert_allclose(
        made.data, expected[made.first : made.first + len(made.data)], atol=1e-4
    )
    np.testing.assert_allclose(made.timestamps, np.arange(made.first, made.end) / wanted, atol=1e-9)
    assert made.end == -(-2000 * up // down)


@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=12))
@hypothesis_settings(max_examples=25, deadline=None)
def test_no_bit_depends_on_the_chunks(sizes: list[int]) -> None:
    data = noise(1200, 4)
    whole, times = joined(resampled(chunked(data, 160.0, 1200, first=77), 160.0, 250.0))
    parts, part_times = joined(resampled(chunked(data, 160.0, sizes, first=77), 160.0, 250.0))
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_array_equal(part_times, times)


@pytest.mark.parametrize(("sfreq", "wanted"), [(160.0, 250.0), (1000.0, 250.0)])
def test_no_output_depends_on_a_later_input(sfreq: float, wanted: float) -> None:
    data = noise(1000, 2)
    changed = data.copy()
    changed[600:] += 100
    (before,) = resampled(chunked(data, sfreq, 1000), sfreq, wanted)
    (after,) = resampled(chunked(changed, sfreq, 1000), sfreq, wanted)
    earlier = before.timestamps < 600 / sfreq - 1e-9
    np.testing.assert_array_equal(before.data[earlier], after.data[earlier])
    assert (before.data[~earlier][:5] != after.data[~earlier][:5]).any()


def test_the_delay_is_that_of_a_burst() -> None:
    resampler = Resampler(160.0, 250.0, 1)
    assert resampler.delay_s == pytest.approx(0.0625)
    t = np.arange(640) / 160.0
    burst = (np.exp(-(((t - 2) / 0.1) ** 2)) * np.cos(2 * np.pi * 12 * (t - 2)))[:, None]
    made = resampler.push(Chunk(burst.astype(np.float32), t, 0))
    peak = made.timestamps[np.argmax(np.abs(signal.hilbert(made.data[:, 0])))]
    assert peak - 2 == pytest.approx(resampler.delay_s, abs=0.004)
    assert made.data.max() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("sfreq", "wanted"), [(160.0, 250.0), (1000.0, 100.0)])
@pytest.mark.parametrize("lost", [1, 3, 500])
def test_a_gap_stays_a_gap_and_nothing_spans_it(sfreq: float, wanted: float, lost: int) -> None:
    data = noise(2000, 2)
    stamps = np.arange(2000) / sfreq
    resampler = Resampler(sfreq, wanted, 2)
    before = resampler.push(Chunk(data[:1000], stamps[:1000], 0))
    at = 1000 + lost
    after = resampler.push(Chunk(data[at:], stamps[at:], at))
    assert after.first > before.end
    fresh = Resampler(sfreq, wanted, 2).push(Chunk(data[at:], stamps[at:], at))
    n = after.end - max(after.first, fresh.first)
    assert n > 20
    np.testing.assert_array_equal(after.data[-n:], fresh.data[-n:])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 3e38])
def test_a_bad_value_spreads_over_the_filter_and_no_further(bad: float) -> None:
    data = noise(1000, 2)
    clean = data.copy()
    data[500, 1] = bad
    (made,) = resampled(chunked(data, 160.0, 1000), 160.0, 250.0)
    (expected,) = resampled(chunked(clean, 160.0, 1000), 160.0, 250.0)
    np.testing.assert_array_equal(made.data[:, 0], expected.data[:, 0])
    near = (made.timestamps >= 500 / 160) & (made.timestamps < 521 / 160)
    np.testing.assert_array_equal(made.data[~near, 1], expected.data[~near, 1])
    assert not (np.abs(made.data[near, 1]) < 1e30).any()


def test_inputs_for_an_output_are_those_that_complete_it() -> None:
    resampler = Resampler(160.0, 250.0, 1)
    first = 0
    for _ in range(200):
        n = resampler.inputs_for(1)
        made = resampler.push(Chunk(np.zeros((n, 1), np.float32), np.zeros(n), first))
        first += n
        if first > 30:
            assert len(made.data) >= 1


def test_rates_without_a_fraction_between_them_are_refused() -> None:
    with pytest.raises(MismatchError, match=r"250 Hz cannot be resampled to 0.1 Hz"):
        Resampler(250.0, 0.1, 1)
    Resampler(300.3074951171875, 250.0, 1)
