"""Streams that send nothing."""

import pytest

from bci.quality.silence import SilenceMeter, SilentStreams


@pytest.mark.parametrize(("sfreq", "allowed_s"), [(0.0, float("inf")), (0.5, 6.0), (250.0, 1.5)])
def test_an_irregular_stream_is_never_silent_and_a_slow_one_has_its_time(
    sfreq: float, allowed_s: float
) -> None:
    assert SilenceMeter(sfreq, 0.0).allowed_s == allowed_s


def test_silence_begins_with_the_last_samples_and_ends_with_the_next() -> None:
    meter = SilenceMeter(250.0, 0.0)
    assert not meter.changes(True, 1.0)
    assert not meter.changes(False, 2.5)
    assert meter.changes(False, 2.6)
    assert meter.since == 1.0
    assert not meter.changes(False, 9.0)
    assert meter.changes(True, 9.1)
    assert meter.since is None


def test_a_recorded_stream_without_new_samples_is_silent_after_two_seconds() -> None:
    streams = SilentStreams()
    assert streams.update((("a", 5), ("b", 5)), 0.0) == ()
    assert streams.update((("a", 5), ("b", 6)), 2.0) == ()
    assert streams.update((("a", 5), ("b", 6)), 3.5) == (("a", 3.5),)
    assert streams.update((("a", 6), ("b", 7)), 3.6) == ()
    streams.reset()
    assert streams.update((("a", 6),), 9.0) == ()


def test_two_recorded_streams_of_one_name_are_kept_apart() -> None:
    streams = SilentStreams()
    streams.update((("a", 5), ("a", 5)), 0.0)
    assert streams.update((("a", 5), ("a", 6)), 3.0) == (("a", 3.0),)
