"""Recorded samples get the engine's numbers, even if some are missing or extra."""

import numpy as np
import pytest

from bci.clock.dejitter import Position
from bci.verification.placement import UNKNOWN, Placement, place

SFREQ = 100.0
N = 1000


def stamps_of(indices: np.ndarray) -> np.ndarray:
    return 50.0 + indices / SFREQ


def position(sample: int, index: int) -> Position:
    stamp = float(stamps_of(np.array(index)))
    return Position(stamp, sample, index, stamp + 1.0)


def placed(stamps: np.ndarray, *positions: Position, seams: int = 1) -> Placement:
    found = place(stamps, SFREQ, positions, positions[:seams])
    assert found is not None
    return found


def test_samples_are_counted_from_the_first_that_the_engine_received() -> None:
    stamps = stamps_of(np.arange(-100, N))
    found = placed(stamps, position(0, 0), position(600, 600))
    np.testing.assert_array_equal(found.indices[100:], np.arange(N))
    assert (found.indices[:100] == UNKNOWN).all()
    assert (found.n_lacking, found.gaps, found.is_whole) == (0, [], True)
    assert found.offsets[0].ahead_s == pytest.approx(1.0, abs=1e-9)


def test_a_gap_is_where_the_engine_found_it() -> None:
    kept = np.r_[0:400, 450:N]
    positions = position(0, 0), position(400, 450), position(700, 750)
    found = placed(stamps_of(kept), *positions, seams=2)
    np.testing.assert_array_equal(found.indices, kept)
    assert found.gaps == [450]


def test_samples_that_only_the_recorder_received_are_left_out() -> None:
    # The engine lost its connection for 50 samples that the recorder has.
    positions = position(0, 0), position(400, 450), position(700, 750)
    found = placed(stamps_of(np.arange(N)), *positions, seams=2)
    assert (found.indices[400:450] == UNKNOWN).all()
    np.testing.assert_array_equal(found.indices[450:], np.arange(450, N))
    assert found.n_lacking == 0


def test_samples_that_only_the_engine_received_are_reported() -> None:
    kept = np.r_[0:300, 320:N]
    positions = position(0, 0), position(200, 200), position(500, 500), position(800, 800)
    found = placed(stamps_of(kept), *positions)
    assert found.n_lacking == 300
    assert (found.indices[200:480] == UNKNOWN).all()
    np.testing.assert_array_equal(found.indices[480:], np.arange(500, N))


def test_a_recording_that_began_later_is_counted_back_from_a_later_position() -> None:
    kept = np.arange(250, N)
    found = placed(stamps_of(kept), position(0, 0), position(600, 600))
    np.testing.assert_array_equal(found.indices, kept)
    assert not found.is_whole


def test_a_recording_that_began_later_is_counted_back_over_the_first_gap_too() -> None:
    kept = np.r_[250:400, 450:N]
    positions = position(0, 0), position(400, 450), position(700, 750)
    found = placed(stamps_of(kept), *positions, seams=2)
    np.testing.assert_array_equal(found.indices, kept)


def test_samples_behind_a_gap_that_the_engine_did_not_tell_of_are_left_out() -> None:
    kept = np.r_[0:700, 750:N]
    found = placed(stamps_of(kept), position(0, 0), position(600, 600))
    np.testing.assert_array_equal(found.indices[:700], np.arange(700))
    assert (found.indices[700:] == UNKNOWN).all()


def test_a_sender_with_one_stamp_a_chunk_is_placed_by_first_samples() -> None:
    # The engine's first sample is the third of its chunk, which its stamp does not show.
    chunk_stamps = stamps_of(np.arange(N) // 10 * 10)
    first = Position(float(chunk_stamps[20]), 0, 0, 0.0)
    later = Position(float(chunk_stamps[500]), 478, 478, 0.0)
    found = placed(chunk_stamps, first, later)
    assert int(found.indices[500]) == 478
    np.testing.assert_array_equal(found.indices[22:], np.arange(N - 22))
    assert (found.indices[:22] == UNKNOWN).all()


def test_a_signal_without_any_known_sample_is_not_placed() -> None:
    assert place(stamps_of(np.arange(N)), SFREQ, (position(0, 5000),), ()) is None
