import numpy as np
import pytest

from bci.scores import confusion, information_transfer_rate, kappa, score_accuracy


def test_accuracy_comes_with_its_exact_interval_and_chance() -> None:
    truth = np.array(["a"] * 8 + ["b"] * 12)
    accuracy = score_accuracy(truth, np.array(["a"] * 8 + ["b"] * 6 + ["a"] * 6))
    assert accuracy.value == 0.7
    assert accuracy.chance == 0.6
    # Clopper-Pearson for 14 of 20, from the beta quantiles.
    assert (accuracy.low, accuracy.high) == pytest.approx((0.4572, 0.8811), abs=1e-4)
    assert accuracy.p_value == pytest.approx(0.2500, abs=1e-3)


def test_information_transfer_rate_is_wolpaws() -> None:
    assert information_transfer_rate(1.0, 2, 4.0) == 15.0
    assert information_transfer_rate(0.5, 2, 4.0) == 0.0
    assert information_transfer_rate(0.2, 4, 4.0) == 0.0
    assert information_transfer_rate(0.9, 2, 60.0) == pytest.approx(0.531, abs=1e-3)
    assert information_transfer_rate(0.8, 4, 60.0) == pytest.approx(0.961, abs=1e-3)


def test_kappa_and_confusion_are_by_class() -> None:
    truth = np.array(["a", "a", "b", "b"])
    decided = np.array(["a", "b", "b", "b"])
    assert kappa(truth, decided) == pytest.approx(0.5)
    assert confusion(truth, decided, ("a", "b")) == [[1, 1], [0, 2]]
    assert np.isnan(kappa(np.array(["a", "a"]), np.array(["a", "a"])))
