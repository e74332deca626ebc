"""The loss that a training reports."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bci.errors import ProfileError
from decoders.neural.aligned_network import cross_entropy
from decoders.neural.training import TrainingSettings, train

WINDOWS = np.random.default_rng(0).normal(size=(40, 2, 8)).astype(np.float32)
# Three trials of one class per trial of the other, which balanced drawing repeats three times.
CLASSES = np.resize(np.array([0, 0, 0, 1]), 40)


class Undecided(nn.Module):
    """A network with constant logits, and a parameter for the optimizer."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros(len(x), 2) + 0 * self.unused


def test_the_loss_is_the_mean_over_the_windows_that_were_drawn() -> None:
    settings = TrainingSettings(epochs=1, batch=16)
    groups = np.zeros(40, dtype=np.int64)
    (step,) = train(Undecided(), WINDOWS, CLASSES, groups, settings, cross_entropy)
    assert step.loss == pytest.approx(np.log(2))


def test_a_training_that_comes_apart_is_an_error_and_no_model() -> None:
    def loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(model, x, y) * float("nan")

    groups = np.zeros(40, dtype=np.int64)
    with pytest.raises(ProfileError, match=r"epoch 1: its loss is not finite; .* smaller lr"):
        train(Undecided(), WINDOWS, CLASSES, groups, TrainingSettings(epochs=3), loss)
