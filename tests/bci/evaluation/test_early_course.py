"""Accuracy by the time after the cue."""

import numpy as np
import pytest

from bci.evaluation.early_course import course_by_length, right_by_length
from bci.signals import Signal
from bci.training.epochs import Epochs


class ByLate:
    """A decoder that decides ``up`` if the last channel is above its baseline at 0.3 s."""

    classes = ("down", "up")
    baseline = np.array([7.0, 7.0], dtype=np.float32)

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        up = float(window[-1, 35] > 7.0)
        return np.array([1 - up, up])


class Without:
    classes = ("down", "up")

    def predict_proba(self, window: np.ndarray) -> np.ndarray:
        raise AssertionError(f"decides a part of a window of {window.shape}")


def test_windows_at_cues_are_decided_from_their_beginnings_alone() -> None:
    labels = np.array(["up", "down", "up", "up"])
    windows = np.where(labels == "up", 9.0, 5.0)[:, None, None] * np.ones((4, 2, 50))
    epochs = Epochs(
        windows.astype(np.float32), labels, np.arange(4), np.zeros(4, np.int64),
        signal=Signal(100.0, ()),
    )  # fmt: skip

    course = course_by_length(right_by_length(ByLate(), epochs), start_s=0.2, window_s=0.5)

    assert course.seconds == pytest.approx([0.3, 0.4, 0.5, 0.6, 0.7])
    assert course.accuracy.tolist() == [0.25, 0.25, 0.25, 1.0, 1.0]


def test_a_decoder_without_a_baseline_has_no_course() -> None:
    epochs = Epochs(
        np.ones((1, 2, 50), np.float32), np.array(["up"]), np.arange(1), np.zeros(1, np.int64),
        signal=Signal(100.0, ()),
    )  # fmt: skip

    assert right_by_length(Without(), epochs) == []
