"""Time lines over real LSL: an inlet's lost samples, and its findings on clock and rate."""

import uuid
from dataclasses import replace

import numpy as np
import pylsl
import pytest

from bci.lsl.inlet import SignalInlet
from bci.lsl.losses import LossLog
from bci.lsl.outlet import SignalOutlet
from bci.signals import Chunk
from tests.bci.clock.test_time_line import LINES, SFREQ
from tests.signals import eeg_info, noise
from tests.streams import connected, find, receive, send, wait_until


@pytest.fixture
def name() -> str:
    return f"amp-{uuid.uuid4().hex[:8]}"


def push(outlet: SignalOutlet, stamps: np.ndarray) -> np.ndarray:
    """Send samples whose values are their numbers; return all of them."""
    data = np.repeat(np.arange(len(stamps), dtype=np.float32)[:, None], 2, axis=1)
    for row in range(0, len(stamps), 10):
        outlet.push(Chunk(data[row : row + 10], stamps[row : row + 10], row))
    return data


@pytest.mark.parametrize(
    "line",
    [
        "2 lost after three samples", "1 of 100 lost from the start", "a hiccup of 30 ms",
        "a hiccup of 400 ms", "10 lost in a hiccup", "bursts of 40 ms with equal stamps",
        "one stamp far ahead", "one stamp far behind", "0.5 times the nominal rate",
        "1.28 times the nominal rate",
    ],
)  # fmt: skip
def test_an_inlet_counts_as_the_table_says(name: str, line: str) -> None:
    expected = LINES[line]
    with connected(eeg_info(2, SFREQ, name)) as (outlet, inlet):
        # Later samples are needed to interpret the last ones.
        last = expected.stamps[-1] + np.arange(1, 200) / expected.rate
        sent = push(outlet, np.r_[expected.stamps, last])
        chunks = receive(inlet, len(sent), timeout=30.0)
        np.testing.assert_array_equal(np.concatenate([c.data for c in chunks]), sent)
        assert inlet.stats.lost_samples == expected.lost
        indices = np.concatenate([np.arange(c.first, c.end) for c in chunks])
        assert indices[-1] - indices[0] + 1 == len(sent) + expected.lost
        assert inlet.stats.effective_rate == pytest.approx(expected.rate, rel=1e-3)


def test_unix_time_is_reported_and_replaced_by_the_moments_of_arrival(name: str) -> None:
    with connected(eeg_info(2, SFREQ, name)) as (outlet, inlet):
        push(outlet, 1.7e9 + np.arange(500) / SFREQ)
        chunks = receive(inlet, 500)
        (finding,) = inlet.stats.findings
        assert "Unix time" in finding
        assert "moments of arrival" in finding
        assert abs(chunks[-1].timestamps[-1] - pylsl.local_clock()) < 60.0
        assert all((np.diff(c.timestamps) > 0).all() for c in chunks)


def test_stamps_of_another_clock_are_reported_and_mended_if_asked(name: str) -> None:
    with connected(eeg_info(2, SFREQ, name)) as (outlet, inlet):
        mended = SignalInlet(find(name), by_arrival=True)
        wait_until(lambda: outlet.has_consumers)
        start = pylsl.local_clock() - 5000.0
        data = np.zeros((10, 2), dtype=np.float32)

        def both() -> bool:
            outlet.push(Chunk(data, start + np.arange(10) / SFREQ, 0))
            inlet.pull(100, 0.02)
            mended.pull(100, 0.02)
            return bool(inlet.stats.samples and mended.stats.samples)

        wait_until(both)
        assert "another clock" in inlet.stats.findings[0]
        assert "behind the LSL clock" in inlet.stats.findings[0]
        assert "timing.stamps: arrival" in inlet.stats.findings[0]
        assert inlet.keeping.is_off_clock
        assert "moments of arrival" in mended.stats.findings[0]
        mended.close()


def test_a_wrong_rate_is_reported_until_the_true_one_is_given(name: str) -> None:
    with connected(eeg_info(2, 320.0, name)) as (outlet, inlet):
        given = SignalInlet(find(name), given_hz=250.0)
        stamps = pylsl.local_clock() - 10.0 + np.arange(2000) / 250.0
        push(outlet, stamps)
        receive(inlet, 2000)
        (finding,) = inlet.stats.findings
        assert "nominal rate is 320 Hz" in finding
        assert "timing.sfreq" in finding
        wait_until(lambda: (given.pull(2000, 0.02), given.stats.samples > 100)[1])
        assert (given.info.sfreq, given.stats.findings) == (250.0, ())
        given.close()


def test_the_seam_of_a_replay_that_begins_again_is_no_loss(name: str) -> None:
    info = replace(eeg_info(2, SFREQ, name), loop_gap=125)
    with connected(info) as (outlet, inlet):
        assert inlet.info.loop_gap == 125
        log = LossLog(name)
        start = pylsl.local_clock() - 20.0
        played = np.arange(1000) / SFREQ
        push(outlet, np.r_[start + played, start + 4.5 + played])
        chunks = receive(inlet, 2000)
        # It is still a gap, so no window mixes the end with the beginning.
        assert {c.first for c in chunks} >= {0, 1125}
        stats = inlet.stats
        assert (stats.lost_samples, stats.gaps, stats.loops) == (0, 0, 1)
        assert log.news(stats) == [f"{name}: the replay began again; nothing was lost"]
        assert log.news(stats) == []


def test_losses_are_logged_with_time_and_number(name: str) -> None:
    with connected(eeg_info(2, SFREQ, name)) as (outlet, inlet):
        log = LossLog(name)
        start = pylsl.local_clock() - 20.0
        push(outlet, start + np.r_[np.arange(1000), np.arange(1012, 2000)] / SFREQ)
        receive(inlet, 1988)
        stats = inlet.stats
        assert stats.lost_at == pytest.approx(start + 1012 / SFREQ, abs=1e-2)
        (sentence,) = log.news(stats)
        assert sentence.startswith(f"{name} lost 12 samples at ")
        assert sentence.endswith("; 12 in all")
        (undone,) = log.news(replace(stats, lost_samples=0, gaps=0))
        assert undone == f"{name}: 12 samples counted as lost came late, none was lost"


def test_a_step_of_the_clock_is_noted_at_its_sample(name: str) -> None:
    with connected(eeg_info(2, 250.0, name)) as (outlet, inlet):
        data = noise(2000, 2)
        start = send(outlet, data[:1000])
        send(outlet, data[1000:], 1000, start - 100.0)
        receive(inlet, 2000)
        assert (inlet.stats.clock_jumps, inlet.stats.gaps) == (1, 0)
        first, behind = inlet.seams
        assert (first.stamp, first.sample, first.index) == (start, 0, 0)
        assert (behind.stamp, behind.sample, behind.index) == (start - 96.0, 1000, 1000)
